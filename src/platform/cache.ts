import { AppError } from '../core/errors.ts'
import { etagOfBytes, type Finished, type Tagged } from '../core/etag.ts'
import { MINUTE, SECOND } from '../core/time.ts'
import { toUtf8 } from '../core/utf8.ts'
import { createInstants, createMemory } from './cache-memory.ts'
import { NO_STORE, openStore, type Pause, type Stored } from './cache-store.ts'
import { describeError, type Log } from './telemetry.ts'

/**
 * Memory of the isolate (5 s), then KV (a minute, and another one while it is read anew), then `load`.
 * Nothing that depends on who asks may be loaded. Old by 130 s at most in the worst place; new at once
 * in the isolate of whoever changed it, and everywhere for a request that carries a bookmark. While
 * `load` fails the last good copy stands in, an hour old at most.
 */
export type Cache = {
  /**
   * `load` is one round trip to D1's primary: a view, which is kept as JSON, a finished text, or null
   * for what does not exist.
   */
  remember(key: string, load: () => Promise<View | null>): Promise<Finished | null>
  /** The same for what If-Match may name: the version stands before the dot of the tag. */
  rememberTagged(key: string, load: () => Promise<Tagged<View> | null>): Promise<Finished | null>
  /** Stands behind the write. Does not throw. */
  forget(keys: string[]): Promise<void>
}

type View = object | string
type Outcome = { cached: Finished | null } | { error: unknown }
type Flight = { startedAt: number; waiting: ((outcome: Outcome) => void)[] }

/** From then on what KV has is read anew behind an answer, and so old it is not served any more. */
const AGING = MINUTE
const OLDEST = 2 * MINUTE
/** So long a request waits for another that reads the same. */
const PATIENCE = SECOND
const MOST_KEYS = 2000

function createIsolate() {
  const pause: Pause = { until: 0 }
  return {
    memory: createMemory(),
    flights: new Map<string, Flight>(),
    /** When a key was last forgotten here: nothing that was read before is kept or believed. */
    forgotten: createInstants(MOST_KEYS),
    /** When a key was first missed, and when it was last written to KV or given up for a minute. */
    missed: createInstants(MOST_KEYS),
    written: createInstants(MOST_KEYS),
    pause,
  }
}
export type Isolate = ReturnType<typeof createIsolate>

// By binding, which lives as long as its isolate; tests have several in one.
const isolates = new WeakMap<KVNamespace, Isolate>()

export function isolateOf(kv: KVNamespace): Isolate {
  const isolate = isolates.get(kv) ?? createIsolate()
  isolates.set(kv, isolate)
  return isolate
}

type Options = {
  useKv: boolean
  /** Reads D1, whatever is kept. */
  bypass: boolean
  log: Log
  later(work: () => Promise<void>): Promise<void>
}

export function openCache(kv: KVNamespace, { useKv, bypass, log, later }: Options): Cache {
  const { memory, flights, forgotten, missed, written, pause } = isolateOf(kv)
  const store = useKv ? openStore(kv, log, pause) : NO_STORE
  const isOutdated = (key: string, at: number) => at <= forgotten.get(key)
  const isBehind = (key: string, at: number) =>
    isOutdated(key, at) || at < (memory.last(key)?.at ?? 0)

  /** A missing thing is kept nowhere, so that made-up names fill nothing. */
  async function readD1(key: string, load: () => Promise<Tagged<View> | null>) {
    const at = Date.now()
    const loaded = await load()
    if (!loaded) {
      memory.forget(key)
      return null
    }
    const { view, tag } = loaded
    const bytes = toUtf8(typeof view === 'string' ? view : JSON.stringify(view))
    const cached = { bytes, etag: await etagOfBytes(tag, bytes) }
    if (isOutdated(key, at)) return cached
    memory.keep(key, cached, at)
    if (!bypass && isWorthWriting(key)) await later(() => write(key, cached, at))
    return cached
  }

  /** At its second miss within a minute, and once a minute at most: KV writes are dear. */
  function isWorthWriting(key: string): boolean {
    const now = Date.now()
    if (now - missed.get(key) >= MINUTE) {
      missed.set(key, now)
      return false
    }
    if (now - written.get(key) < MINUTE) return false
    written.set(key, now)
    return true
  }

  async function write(key: string, cached: Finished, at: number) {
    await store.put(key, { cached, at })
    // It may have been forgotten while it was on its way, and the deletion have come first.
    if (isOutdated(key, at)) await store.delete([key])
  }

  async function readThrough(key: string, load: () => Promise<Tagged<View> | null>) {
    const stored = await store.get(key)
    const kept = stored && !isBehind(key, stored.at) ? stored : undefined
    const age = kept ? Date.now() - kept.at : OLDEST
    if (!kept || age >= OLDEST) return await readOrStandIn(key, load, kept)
    memory.keep(key, kept.cached, kept.at)
    if (age >= AGING) await later(() => renew(key, () => readD1(key, load)))
    return kept.cached
  }

  /** What D1 says, or while it says nothing, what it has last said. */
  async function readOrStandIn(
    key: string,
    load: () => Promise<Tagged<View> | null>,
    kept: Stored | undefined,
  ) {
    try {
      return await readD1(key, load)
    } catch (error) {
      const held = memory.last(key)
      const last = held ? { cached: held, at: held.at } : kept
      if (error instanceof AppError || !last || isOutdated(key, last.at)) throw error
      log('warn', 'cache.old', { key, age_ms: Date.now() - last.at, ...describeError(error) })
      memory.keepOld(key, last.cached, last.at)
      return last.cached
    }
  }

  /** Behind an answer; whoever waits for nothing hears of no failure either. */
  async function renew(key: string, read: () => Promise<unknown>) {
    try {
      await read()
    } catch (error) {
      log('warn', 'cache.not renewed', { key, ...describeError(error) })
    }
  }

  async function lead(key: string, load: () => Promise<Tagged<View> | null>) {
    const flight: Flight = { startedAt: Date.now(), waiting: [] }
    flights.set(key, flight)
    const land = (outcome: Outcome) => {
      if (flights.get(key) === flight) flights.delete(key)
      for (const tell of flight.waiting) tell(outcome)
    }
    const reading = readThrough(key, load)
    const landed = reading.then(
      (cached) => land({ cached }),
      (error) => land({ error }),
    )
    // So that a visitor who hangs up does not end the reading that others wait for.
    await later(() => landed)
    return await reading
  }

  async function rememberTagged(key: string, load: () => Promise<Tagged<View> | null>) {
    if (bypass) return await readD1(key, load)
    for (let attempt = 0; attempt < 2; attempt++) {
      const held = memory.get(key)
      if (held) {
        if (held.isAging && !flights.has(key)) {
          await later(() => renew(key, () => lead(key, load)))
        }
        return held
      }
      const flight = flights.get(key)
      if (!flight || Date.now() - flight.startedAt >= PATIENCE) return await lead(key, load)
      const outcome = await follow(flight)
      if (!outcome) continue
      if ('error' in outcome) throw outcome.error
      return outcome.cached
    }
    return await readThrough(key, load)
  }

  return {
    rememberTagged,
    async remember(key, load) {
      return await rememberTagged(key, async () => {
        const view = await load()
        return view === null ? null : { view, tag: '' }
      })
    },
    async forget(keys) {
      const now = Date.now()
      for (const key of keys) {
        forgotten.set(key, now)
        memory.forget(key)
        flights.delete(key)
      }
      await store.delete(keys)
    },
  }
}

/**
 * What the flight brings, or nothing when it takes too long. Each waiter has a promise and a timer of
 * its own request: workerd hands what another request resolves over to the one that made the promise,
 * but cancels whoever awaits another's promise when that other request ends first, and an I/O object
 * of another request may not be touched at all. Only plain values pass from one to the other.
 */
async function follow(flight: Flight): Promise<Outcome | undefined> {
  const { promise, resolve } = Promise.withResolvers<Outcome | undefined>()
  const timer = setTimeout(() => resolve(undefined), PATIENCE)
  flight.waiting.push(resolve)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}
