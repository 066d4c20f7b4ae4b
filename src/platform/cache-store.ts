import type { Finished } from '../core/etag.ts'
import { SECOND } from '../core/time.ts'
import { LAST_GOOD } from './cache-memory.ts'
import { describeError, type Log } from './telemetry.ts'

/** So long a value is there to stand in for D1; how long it counts as fresh is the cache's to say. */
const KEEP_SECONDS = LAST_GOOD / SECOND
const EDGE_SECONDS = 60
/** So long a reader waits for KV, an editor, and a write behind the answer. */
const PATIENCE = { get: 500, delete: SECOND, put: 10 * SECOND }
/** So long KV is not read after it failed to answer. */
const PAUSE = 5 * SECOND

export type Stored = { cached: Finished; at: number }

/** What every isolate may read. It never throws: while KV is down or slow, D1 is asked. */
export type Store = {
  get(key: string): Promise<Stored | undefined>
  put(key: string, stored: Stored): Promise<void>
  delete(keys: string[]): Promise<void>
}

/** Until when KV is not read; shared by an isolate's requests. */
export type Pause = { until: number }

export function openStore(kv: KVNamespace, log: Log, pause: Pause): Store {
  async function attempt<T>(
    call: keyof typeof PATIENCE,
    run: () => Promise<T>,
  ): Promise<T | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const tooSlow = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('KV does not answer')), PATIENCE[call])
    })
    try {
      return await Promise.race([run(), tooSlow])
    } catch (error) {
      // A write may be refused while reads go well: a key takes one a second.
      if (call === 'get') pause.until = Date.now() + PAUSE
      log('warn', 'cache.failed', { call, ...describeError(error) })
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async get(key) {
      if (pause.until > Date.now()) return undefined
      const found = await attempt('get', () =>
        kv.getWithMetadata<{ at: number; etag: string }>(key, {
          type: 'arrayBuffer',
          cacheTtl: EDGE_SECONDS,
        }),
      )
      if (!found?.value?.byteLength || !found.metadata) return undefined
      const { at, etag } = found.metadata
      // KV's own promise has no end: what is older is not believed, whatever KV says.
      const isGood = Date.now() - at < LAST_GOOD
      return isGood ? { cached: { bytes: new Uint8Array(found.value), etag }, at } : undefined
    },
    async put(key, { cached, at }) {
      const options = { expirationTtl: KEEP_SECONDS, metadata: { at, etag: cached.etag } }
      await attempt('put', () => kv.put(key, cached.bytes, options))
    },
    async delete(keys) {
      await Promise.all(keys.map((key) => attempt('delete', () => kv.delete(key))))
    },
  }
}

/** With `KV_CACHE=off`. */
export const NO_STORE: Store = {
  get: async () => undefined,
  put: async () => undefined,
  delete: async () => undefined,
}
