import type { CachedText } from '../core/etag.ts'
import { HOUR, SECOND } from '../core/time.ts'

/** How old a value may be when it is served from here: two minutes from KV, 5 s here. */
const OLDEST = 125 * SECOND
const FRESH = 5 * SECOND
/** From then on it is read anew behind an answer. */
const AGING = 4 * SECOND
/** How old a value may be that stands in while D1 does not answer. */
export const LAST_GOOD = HOUR
const MOST_ENTRIES = 500
/** Of all entries together; a character takes two bytes at most. */
const MOST_CHARACTERS = 4_000_000
const MOST_CHARACTERS_OF_ONE = 500_000

type Entry = CachedText & {
  /** When the reading began that it comes from. */
  at: number
  agingAt: number
  until: number
}

/** What one isolate keeps for a few seconds. The least recently written goes first. */
export type Memory = {
  get(key: string): (CachedText & { isAging: boolean }) | undefined
  /** The newest that was kept, however long ago, within LAST_GOOD. */
  last(key: string): Entry | undefined
  /** `at` is when the reading began that `cached` comes from; a newer one stays. */
  keep(key: string, cached: CachedText, at: number): void
  /** The same for what is too old, while there is nothing newer to be had. */
  keepOld(key: string, cached: CachedText, at: number): void
  forget(key: string): void
  size(): { entries: number; characters: number }
}

export function createMemory(): Memory {
  const entries = new Map<string, Entry>()
  let characters = 0

  function remove(key: string): void {
    characters -= entries.get(key)?.text.length ?? 0
    entries.delete(key)
  }

  function set(key: string, { text, etag }: CachedText, at: number, until: number): void {
    if (text.length > MOST_CHARACTERS_OF_ONE) return
    if ((entries.get(key)?.at ?? 0) > at) return
    remove(key)
    entries.set(key, { text, etag, at, agingAt: Date.now() + AGING, until })
    characters += text.length
    for (const oldest of entries.keys()) {
      if (entries.size <= MOST_ENTRIES && characters <= MOST_CHARACTERS) break
      remove(oldest)
    }
  }

  return {
    get(key) {
      const entry = entries.get(key)
      const now = Date.now()
      if (!entry || entry.until <= now) return undefined
      return { text: entry.text, etag: entry.etag, isAging: entry.agingAt <= now }
    },
    last(key) {
      const entry = entries.get(key)
      return entry && Date.now() - entry.at < LAST_GOOD ? entry : undefined
    },
    keep: (key, cached, at) => set(key, cached, at, Math.min(Date.now() + FRESH, at + OLDEST)),
    keepOld: (key, cached, at) => set(key, cached, at, Date.now() + FRESH),
    forget: remove,
    size: () => ({ entries: entries.size, characters }),
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
