import type { Finished } from '../core/etag.ts'
import { HOUR, SECOND } from '../core/time.ts'

/** How old a value may be when it is served from here: two minutes from KV, 5 s here. */
const OLDEST = 125 * SECOND
const FRESH = 5 * SECOND
/** From then on it is read anew behind an answer. */
const AGING = 4 * SECOND
/** How old a value may be that stands in while D1 does not answer. */
export const LAST_GOOD = HOUR
const MOST_ENTRIES = 500
/** Of all entries together. */
const MOST_BYTES = 8_000_000
const MOST_BYTES_OF_ONE = 1_000_000

type Entry = Finished & {
  /** When the reading began that it comes from. */
  at: number
  agingAt: number
  until: number
}

/** What one isolate keeps for a few seconds. The least recently written goes first. */
export type Memory = {
  get(key: string): (Finished & { isAging: boolean }) | undefined
  /** The newest that was kept, however long ago, within LAST_GOOD. */
  last(key: string): Entry | undefined
  /** `at` is when the reading began that `cached` comes from; a newer one stays. */
  keep(key: string, cached: Finished, at: number): void
  /** The same for what is too old, while there is nothing newer to be had. */
  keepOld(key: string, cached: Finished, at: number): void
  forget(key: string): void
  size(): { entries: number; bytes: number }
}

export function createMemory(): Memory {
  const entries = new Map<string, Entry>()
  let size = 0

  function remove(key: string): void {
    size -= entries.get(key)?.bytes.length ?? 0
    entries.delete(key)
  }

  function set(key: string, { bytes, etag }: Finished, at: number, until: number): void {
    if (bytes.length > MOST_BYTES_OF_ONE) return
    if ((entries.get(key)?.at ?? 0) > at) return
    remove(key)
    entries.set(key, { bytes, etag, at, agingAt: Date.now() + AGING, until })
    size += bytes.length
    for (const oldest of entries.keys()) {
      if (entries.size <= MOST_ENTRIES && size <= MOST_BYTES) break
      remove(oldest)
    }
  }

  return {
    get(key) {
      const entry = entries.get(key)
      const now = Date.now()
      if (!entry || entry.until <= now) return undefined
      return { bytes: entry.bytes, etag: entry.etag, isAging: entry.agingAt <= now }
    },
    last(key) {
      const entry = entries.get(key)
      return entry && Date.now() - entry.at < LAST_GOOD ? entry : undefined
    },
    keep: (key, cached, at) => set(key, cached, at, Math.min(Date.now() + FRESH, at + OLDEST)),
    keepOld: (key, cached, at) => set(key, cached, at, Date.now() + FRESH),
    forget: remove,
    size: () => ({ entries: entries.size, bytes: size }),
  }
}

/** Instants by key, the newest `most` of them. */
export function createInstants(most: number) {
  const instants = new Map<string, number>()
  return {
    get: (key: string): number => instants.get(key) ?? 0,
    set(key: string, at: number): void {
      instants.delete(key)
      instants.set(key, at)
      for (const oldest of instants.keys()) {
        if (instants.size <= most) break
        instants.delete(oldest)
      }
    },
  }
}
