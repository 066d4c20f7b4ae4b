import type { Start } from './first.ts'
import { type costOf, type Figure, median, OPTIONS, ratioOf } from './measure.ts'
import { dollarsPerMillion, PRICES } from './prices.ts'
import type { Route } from './routes.ts'

type Cost = Awaited<ReturnType<typeof costOf>>

export type Line = {
  route: Route
  cost: Cost
  coldCost?: Cost
  warm?: Record<'ours' | 'memory' | 'headers', Figure>
  known?: Record<'ours' | 'headers', Figure>
  cold?: Record<'ours' | 'statements', Figure>
  read?: { ours: Figure; statements?: Figure }
}

type Result = { lines: Line[]; starts: Start[] }

export type Verdict = { bar: string; route: string; figure: number; met: boolean }

const BARS = {
  ofHeaders: 0.9,
  ofMemory: 0.7,
  knownOfHeaders: 0.95,
  cpuOfMemory: 1.6,
  coldOfStatements: 0.8,
  firstOfSecond: 3,
}

const atLeast = (bar: string, route: string, figure: number, limit: number): Verdict => ({
  bar: `${bar} at least ${limit}`,
  route,
  figure,
  met: figure >= limit,
})

const atMost = (bar: string, route: string, figure: number, limit: number): Verdict => ({
  bar: `${bar} at most ${limit}`,
  route,
  figure,
  met: figure <= limit,
})

/** What was not counted is missed. */
const mostTrips = (
  bar: string,
  route: string,
  trips: number | null | undefined,
  limit: number | undefined,
): Verdict[] => (limit === undefined ? [] : [atMost(bar, route, trips ?? Number.NaN, limit)])

export function verdictsOf({ lines, starts }: Result): Verdict[] {
  const verdicts = lines.flatMap(({ route, warm, known, cold, cost, coldCost }) => {
    const { name } = route
    return [
      ...(warm
        ? [
            atLeast('warm, of (b)', name, ratioOf(warm.ours, warm.headers), BARS.ofHeaders),
            atLeast('warm, of (a)', name, ratioOf(warm.ours, warm.memory), BARS.ofMemory),
            atMost('CPU, of (a)', name, warm.ours.cpuMs / warm.memory.cpuMs, BARS.cpuOfMemory),
            atMost('warm, round trips', name, cost.trips, WRITES_BEHIND),
          ]
        : []),
      ...(known
        ? [atLeast('304, of (b)', name, ratioOf(known.ours, known.headers), BARS.knownOfHeaders)]
        : []),
      ...(cold && route.isList
        ? [
            atLeast(
              'cold, of (c)',
              name,
              ratioOf(cold.ours, cold.statements),
              BARS.coldOfStatements,
            ),
          ]
        : []),
      ...mostTrips('cold, round trips', name, coldCost?.tripsBeforeAnswer, coldCost && 1),
      ...mostTrips('round trips', name, cost.tripsBeforeAnswer, route.trips),
      ...mostTrips(
        'round trips before the provider is called',
        name,
        cost.tripsBeforeCall,
        route.tripsBeforeCall,
      ),
    ]
  })
  const ours = starts.filter(({ name }) => name === 'Atelier')
  return [
    ...verdicts,
    ...ours.map(({ path, ratio }) =>
      atMost('first request, of the second', path, ratio, BARS.firstOfSecond),
    ),
  ]
}

/** A view is written behind the answer, those of two seconds together. */
const WRITES_BEHIND = 0.05

export function report({ lines, starts }: Result, verdicts: Verdict[]): string {
  const missed = verdicts.filter(({ met }) => !met)
  return [
    `${OPTIONS.rounds} rounds in turns, ${OPTIONS.connections} connections, ${OPTIONS.ms} ms each.`,
    '(a) answers from memory, (b) the same with our headers and log line, (c) runs the same',
    'statements and stringifies the rows. Ratios are of requests per second, medians of the rounds.',
    '',
    ...table(
      [
        'route',
        'requests/s (spread)',
        'p50 ms',
        'p99 ms',
        'CPU ms',
        'of (a)',
        'of (b)',
        'CPU of (a)',
        'CPU of (b)',
      ],
      lines.flatMap(({ route, warm }) =>
        warm
          ? [
              [
                ...speed(route.name, warm.ours),
                ratio(warm.ours, warm.memory),
                ratio(warm.ours, warm.headers),
                cpuRatio(warm.ours, warm.memory),
                cpuRatio(warm.ours, warm.headers),
              ],
            ]
          : [],
      ),
    ),
    '',
    ...table(
      [
        '304, cold, and never kept',
        'requests/s (spread)',
        'p50 ms',
        'p99 ms',
        'CPU ms',
        'beside',
        'its CPU',
      ],
      lines.flatMap(({ route, known, cold, read }) => [
        ...(known
          ? [
              [
                ...speed(`${route.name}, 304`, known.ours),
                `${ratio(known.ours, known.headers)} of (b)`,
                cpuRatio(known.ours, known.headers),
              ],
            ]
          : []),
        ...(cold
          ? [
              [
                ...speed(`${route.name}, cold`, cold.ours),
                `${ratio(cold.ours, cold.statements)} of (c)`,
                cpuRatio(cold.ours, cold.statements),
              ],
            ]
          : []),
        ...(read
          ? [
              [
                ...speed(route.name, read.ours),
                read.statements ? `${ratio(read.ours, read.statements)} of (c)` : '',
                read.statements ? cpuRatio(read.ours, read.statements) : '',
              ],
            ]
          : []),
      ]),
    ),
    '',
    'What one request takes, with what is done behind its answer, and what a million cost in US',
    `dollars beyond what the plan includes (prices of ${PRICES.read}; the processor of this machine).`,
    '',
    ...table(
      [
        'request',
        'D1 round trips',
        'before the answer',
        'rows read',
        'written',
        'KV',
        'R2',
        'messages',
        'bytes',
        '$/million',
      ],
      lines.flatMap(({ route, cost, coldCost, warm, cold, read }) => [
        costs(route, route.name, cost, warm?.ours ?? read?.ours),
        ...(coldCost ? [costs(route, `${route.name}, cold`, coldCost, cold?.ours)] : []),
      ]),
    ),
    '',
    ...(starts.length > 0
      ? [...table(['after a start', 'first ms', 'second ms', 'ratio'], starts.map(startLine)), '']
      : []),
    missed.length === 0
      ? `All ${verdicts.length} bars are met.`
      : `${missed.length} of ${verdicts.length} bars are missed:`,
    ...missed.map(({ bar, route, figure }) => `- ${route}: ${bar}, is ${figure.toFixed(2)}`),
  ].join('\n')
}

const startLine = ({ name, path, first, second, ratio }: Start): string[] => [
  `${name}, ${path}`,
  median(first).toFixed(1),
  median(second).toFixed(1),
  ratio.toFixed(2),
]

const ratio = (one: Figure, other: Figure) => ratioOf(one, other).toFixed(2)

const cpuRatio = (one: Figure, other: Figure) => (one.cpuMs / other.cpuMs).toFixed(2)

const speed = (name: string, { rates, p50, p99, cpuMs }: Figure): string[] => [
  name,
  `${median(rates).toFixed(0)} (${Math.min(...rates).toFixed(0)}-${Math.max(...rates).toFixed(0)})`,
  p50.toFixed(1),
  p99.toFixed(1),
  cpuMs.toFixed(2),
]

const costs = (
  { tripsBeforeCall }: Route,
  name: string,
  cost: Cost,
  figure: Figure | undefined,
): string[] => [
  name,
  short(cost.trips),
  `${cost.tripsBeforeAnswer}${tripsBeforeCall ? `, ${cost.tripsBeforeCall} before the provider` : ''}`,
  short(cost.rowsRead),
  short(cost.rowsWritten),
  short(cost.kvReads + cost.kvWrites),
  short(cost.r2Reads + cost.r2Writes),
  short(cost.messages),
  String(cost.bytes),
  dollarsPerMillion(cost, figure?.cpuMs ?? 0).toFixed(2),
]

const short = (number: number) => String(Math.round(number * 100) / 100)

const table = (heads: string[], rows: string[][]): string[] => [
  `| ${heads.join(' | ')} |`,
  `|---${'|---:'.repeat(heads.length - 1)}|`,
  ...rows.map((row) => `| ${row.join(' | ')} |`),
]
