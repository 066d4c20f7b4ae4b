import type { CachedText } from '../core/etag.ts'
import { SECOND } from '../core/time.ts'

/** How old a value may be when it is served from here: 60 s in KV, 60 s at KV's edge, 5 s here. */
const OLDEST = 125 * SECOND
const FRESH = 5 * SECOND
const MOST_ENTRIES = 500
/** Of all entries together; a character takes two bytes at most. */
const MOST_CHARACTERS = 4_000_000
const MOST_CHARACTERS_OF_ONE = 500_000

type Entry = CachedText & { at: number; until: number }

/** What one isolate keeps for a few seconds. The least recently written goes first. */
export type Memory = {
  get(key: string): CachedText | undefined
  /** `at` is when the reading began that `cached` comes from; a newer one stays. */
  keep(key: string, cached: CachedText, at: number): void
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

  return {
    get(key) {
      const entry = entries.get(key)
      if (!entry) return undefined
      if (entry.until > Date.now()) return entry
      remove(key)
      return undefined
    },
    keep(key, { text, etag }, at) {
      if (text.length > MOST_CHARACTERS_OF_ONE) return
      if ((entries.get(key)?.at ?? 0) > at) return
      remove(key)
      entries.set(key, { text, etag, at, until: Math.min(Date.now() + FRESH, at + OLDEST) })
      characters += text.length
      for (const oldest of entries.keys()) {
        if (entries.size <= MOST_ENTRIES && characters <= MOST_CHARACTERS) break
        remove(oldest)
      }
    },
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
