import { setTimeout as wait } from 'node:timers/promises'
import { type Ask, askOnce, load, wire } from './load.ts'
import type { Cost } from './rivals.ts'
import { askOf, type Route } from './routes.ts'
import { cpuOf, type Served } from './serve.ts'

export const OPTIONS = { rounds: 60, ms: 50, connections: 8 }
/** A young process compiles what it runs often, again and again, for about so long. */
const YOUTH_MS = 60_000
/** So long each is asked before it is measured. */
const WARM_MS = 1000

/** What came of one subject: requests per second in each round, and all rounds together. */
export type Figure = { rates: number[]; p50: number; p99: number; cpuMs: number }

export type Subject = { served: Served; next: () => string; status: number }

/** A stranger's bookmark: the caches are passed by and D1 is read. */
const BOOKMARK = '00000085-0000024c-00004c6d-8e61117bf38d7adb71b934ebbf891683'

/** `cold` passes every cache by, `known` names the state that the reader has already. */
export type Phase = 'plain' | 'known' | 'cold'

let asked = 0

export function subject(
  served: Served,
  route: Route,
  { phase = 'plain', token = '', etag = '' }: { phase?: Phase; token?: string; etag?: string },
): Subject {
  const ask = (n: number) => wire(phased(askOf(route, n, token), phase, etag))
  const same = ask(0)
  const next = route.fromEach || route.body ? () => ask(asked++) : () => same
  return { served, next, status: phase === 'known' ? 304 : (route.status ?? 200) }
}

export const phased = (ask: Ask, phase: Phase, etag = ''): Ask => ({
  ...ask,
  headers: {
    ...ask.headers,
    ...(phase === 'cold' && { 'x-d1-bookmark': BOOKMARK }),
    ...(phase === 'known' && { 'if-none-match': etag }),
  },
})

/** Asks a process for all that will be measured, until it runs as it will. */
export async function ripen(subjects: Subject[]): Promise<void> {
  const { connections } = OPTIONS
  for (const { served, next, status } of subjects) {
    await load(served.port, next, { ms: YOUTH_MS / subjects.length, connections, status })
  }
}

/** In turns, each round in another order, so that a busy minute of the machine weighs on all. */
export async function race<Name extends string>(
  subjects: Record<Name, Subject>,
  { rounds, ms, connections } = OPTIONS,
): Promise<Record<Name, Figure>> {
  const names = Object.keys(subjects) as Name[]
  const runs = new Map(
    names.map((name) => [name, { rates: [] as number[], times: [] as number[], cpu: 0 }]),
  )
  for (const name of names) {
    const { served, next, status } = subjects[name]
    await load(served.port, next, { ms: WARM_MS, connections, status })
  }
  for (let round = 0; round < rounds; round++) {
    for (const [index] of names.entries()) {
      const name = names[(index + round) % names.length] as Name
      const run = runs.get(name)
      if (!run) continue
      const { served, next, status } = subjects[name]
      const before = cpuOf(served.pid)
      const { requests, seconds, times } = await load(served.port, next, {
        ms,
        connections,
        status,
      })
      run.cpu += cpuOf(served.pid) - before
      run.rates.push(requests / seconds)
      for (const time of times) run.times.push(time)
    }
  }
  const figures = names.map((name): [Name, Figure] => {
    const { rates, times, cpu } = runs.get(name) ?? { rates: [], times: [], cpu: 0 }
    times.sort((a, b) => a - b)
    const at = (share: number) => times[Math.floor(times.length * share)] ?? 0
    return [name, { rates, p50: at(0.5), p99: at(0.99), cpuMs: cpu / Math.max(1, times.length) }]
  })
  return Object.fromEntries(figures) as Record<Name, Figure>
}

const COUNTED = 40
/** Views gather for two seconds before they are written, and mails for one. */
const SETTLED_MS = 2500

/** What one such request costs, with what is done behind its answer. */
export async function costOf(
  counted: Served,
  route: Route,
  phase: Phase,
  token: string,
): Promise<Cost & { bytes: number }> {
  const ask = () => askOnce(counted.port, phased(askOf(route, asked++, token), phase))
  const read = async () => {
    const { body } = await askOnce(counted.port, { path: '/__cost' })
    return JSON.parse(body.toString()) as Cost
  }
  for (let i = 0; i < 3; i++) await ask()
  // What a write leaves to be done would count as the next one's.
  if (route.kind === 'write') await wait(SETTLED_MS)
  await read()
  const { head, body } = await ask()
  const { statements, tripsBeforeAnswer, tripsBeforeCall } = await read()
  if (route.kind === 'write') await wait(SETTLED_MS)
  await read()
  for (let i = 0; i < COUNTED; i++) await ask()
  if (route.kind !== 'constant') await wait(SETTLED_MS)
  const all = await read()
  const each = (sum: number) => sum / COUNTED
  return {
    trips: each(all.trips),
    rowsRead: each(all.rowsRead),
    rowsWritten: each(all.rowsWritten),
    kvReads: each(all.kvReads),
    kvWrites: each(all.kvWrites),
    r2Reads: each(all.r2Reads),
    r2Writes: each(all.r2Writes),
    messages: each(all.messages),
    statements,
    tripsBeforeAnswer,
    tripsBeforeCall,
    bytes: head.length + body.length,
  }
}

export const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

/** Of the rates in the same rounds. */
export const ratioOf = (one: Figure, other: Figure): number =>
  median(one.rates.map((rate, round) => rate / (other.rates[round] ?? rate)))
