import { DAY, HOUR } from '../../core/time.ts'
import { QUARTER } from '../../core/zone.ts'

/** The blocks in which all figures are added up, smallest first; each is made of the one before. */
export const SPANS = [QUARTER, HOUR, 4 * HOUR, DAY]
/** Those of products, of which there are many: a long time is few blocks. */
export const LONG_SPANS = [...SPANS, 4 * DAY, 16 * DAY, 64 * DAY, 256 * DAY]

/** Blocks of one span that stand in a row, from the start of the first to the end of the last. */
export type Run = { span: number; from: number; to: number }

/** The fewest blocks that make up the time from one instant to another, both at quarters of an hour. */
export function cover(from: number, to: number, spans: number[]): Run[] {
  const runs: Run[] = []
  for (let at = from; at < to; ) {
    const span = spans.findLast((one) => at % one === 0 && at + one <= to)
    if (span === undefined) throw new Error(`${at} is at no quarter of an hour`)
    const last = runs.at(-1)
    if (last?.span === span) last.to += span
    else runs.push({ span, from: at, to: at + span })
    at += span
  }
  return runs
}

/** One block, and which edge of the wanted buckets it belongs to. */
export type Block = { edge: number; span: number; start: number }

/**
 * How buckets of time are put together from the days of UTC: the sum of all days before an edge, and,
 * since it mostly stands within a day, of the blocks from there to the edge or, where those are fewer,
 * less the blocks from the edge to the end of that day. So few rows make up many buckets.
 */
export type Plan = {
  from: number
  to: number
  edges: { midnight: number; sign: 1 | -1 }[]
  blocks: Block[]
}

export function planOf(edges: number[]): Plan {
  const blocks: Block[] = []
  const anchors = edges.map((at, edge) => {
    const midnight = at - (at % DAY)
    const before = blocksOf(edge, midnight, at)
    const behind = blocksOf(edge, at, midnight + DAY)
    const isBefore = before.length <= behind.length
    blocks.push(...(isBefore ? before : behind))
    return isBefore
      ? { midnight, sign: 1 as const }
      : { midnight: midnight + DAY, sign: -1 as const }
  })
  const midnights = anchors.map(({ midnight }) => midnight)
  return { from: Math.min(...midnights), to: Math.max(...midnights), edges: anchors, blocks }
}

const blocksOf = (edge: number, from: number, to: number): Block[] =>
  cover(from, to, SPANS).flatMap(({ span, from: first, to: end }) =>
    Array.from({ length: (end - first) / span }, (_, index) => ({
      edge,
      span,
      start: first + index * span,
    })),
  )

/** Figures by name. */
export type Sums<Name extends string> = Record<Name, number>

/** What a plan finds: the sums of whole days by their start, and of the blocks of each edge. */
export type Found<Name extends string> = Sums<Name> & { edge: number | null; start: number | null }

/** The figures of each bucket, of which there is one less than there are edges. */
export function bucketsOf<Name extends string>(
  plan: Plan,
  names: readonly Name[],
  found: Found<Name>[],
): Sums<Name>[] {
  const days = new Map(found.map((row) => [row.edge === null ? row.start : null, row]))
  const parts = new Map(found.map((row) => [row.edge, row]))
  const columns = names.map((name) => {
    const before = new Map<number, number>()
    let sum = 0
    for (let midnight = plan.from; midnight <= plan.to; midnight += DAY) {
      before.set(midnight, sum)
      sum += days.get(midnight)?.[name] ?? 0
    }
    const upTo = plan.edges.map(
      ({ midnight, sign }, edge) =>
        (before.get(midnight) ?? 0) + sign * (parts.get(edge)?.[name] ?? 0),
    )
    return [name, upTo] as const
  })
  return plan.edges.slice(1).map((_, bucket) => {
    const figures = columns.map(([name, upTo]) => [
      name,
      (upTo[bucket + 1] ?? 0) - (upTo[bucket] ?? 0),
    ])
    return Object.fromEntries(figures) as Sums<Name>
  })
}
