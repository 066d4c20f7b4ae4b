import type { Context } from 'hono'
import type { CachedJson } from '../core/etag.ts'
import { isKnown } from './etag.ts'
import type { AppEnv } from './router.ts'

/**
 * Answers finished JSON with its ETag, or 304 to a reader who has it already. Browsers may keep it but
 * ask each time, so that an editor sees a change at once and nobody's copy adds to the cache's bound.
 */
export function sendCached(c: Context<AppEnv>, { text, etag }: CachedJson): Response {
  c.header('etag', `"${etag}"`)
  c.header('cache-control', 'no-cache')
  if (isKnown(c, etag)) return c.body(null, 304)
  return c.body(text, 200, { 'content-type': 'application/json' })
}
