import { DAY, HOUR } from '../../core/time.ts'
import { QUARTER } from '../../core/zone.ts'

/** The blocks in which all figures are added up, smallest first; each is made of the one before. */
export const SPANS = [QUARTER, HOUR, 4 * HOUR, DAY]
/** Those of products, of which there are many: a long time is few blocks. */
export const LONG_SPANS = [...SPANS, 4 * DAY, 16 * DAY, 64 * DAY, 256 * DAY]

/** Blocks of one span that stand in a row, from one instant to another, to be added or taken off. */
export type Run = { span: number; from: number; to: number; sign: 1 | -1 }

/** So many blocks are not worth going to larger ones. */
const FEW = 4

/**
 * Blocks of all spans that make up a time, few of each: both its ends go to the nearest edge of a
 * larger block, and what that leaves out is added, or taken off where it was too much.
 */
export function runsOf(from: number, to: number): Run[] {
  const runs: Run[] = []
  let [left, right] = [from, to]
  const add = (span: number, start: number, end: number, sign: 1 | -1) => {
    if (start < end) runs.push({ span, from: start, to: end, sign })
    else if (end < start) runs.push({ span, from: end, to: start, sign: sign === 1 ? -1 : 1 })
  }
  for (const [level, span] of LONG_SPANS.entries()) {
    const larger = LONG_SPANS[level + 1]
    if (larger === undefined || right - left <= FEW * span) {
      add(span, left, right, 1)
      break
    }
    const [before, behind] = [nearest(left, larger), nearest(right, larger)]
    add(span, left, before, 1)
    add(span, behind, right, 1)
    left = before
    right = behind
  }
  return runs
}

const nearest = (at: number, span: number): number => Math.round(at / span) * span

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

/** The fewest blocks from one instant to another, both at quarters of an hour. */
function blocksOf(edge: number, from: number, to: number): Block[] {
  const blocks: Block[] = []
  for (let start = from; start < to; ) {
    const fitting = SPANS.filter((one) => start % one === 0 && start + one <= to)
    const span = Math.max(...fitting)
    blocks.push({ edge, span, start })
    start += span
  }
  return blocks
}

/** Figures by name. */
export type Sums<Name extends string> = Record<Name, number>

/** What a plan finds: whole days, and the blocks that belong to an edge. */
export type Found<Name extends string> = Sums<Name> & { edge: number | null; start: number }

/** The figures of each bucket, of which there is one less than there are edges. */
export function bucketsOf<Name extends string>(
  plan: Plan,
  names: readonly Name[],
  found: Found<Name>[],
): Sums<Name>[] {
  const days = new Map(found.map((row) => [row.edge === null ? row.start : null, row]))
  const columns = names.map((name) => {
    const beside = plan.edges.map(() => 0)
    for (const row of found) {
      if (row.edge !== null) beside[row.edge] = (beside[row.edge] ?? 0) + row[name]
    }
    const before = new Map<number, number>()
    let sum = 0
    for (let midnight = plan.from; midnight <= plan.to; midnight += DAY) {
      before.set(midnight, sum)
      sum += days.get(midnight)?.[name] ?? 0
    }
    const upTo = plan.edges.map(
      ({ midnight, sign }, edge) => (before.get(midnight) ?? 0) + sign * (beside[edge] ?? 0),
    )
    return [name, upTo] as const
  })
  return plan.edges.slice(1).map((_, bucket) => {
    const sums = columns.map(([name, upTo]) => [
      name,
      (upTo[bucket + 1] ?? 0) - (upTo[bucket] ?? 0),
    ])
    return Object.fromEntries(sums) as Sums<Name>
  })
}
