import type { Context } from 'hono'
import type { CachedText } from '../core/etag.ts'
import type { Found, Listed } from '../core/found.ts'
import { isKnown, sendTagged } from './etag.ts'
import type { AppEnv } from './router.ts'

/**
 * Answers a finished text with its ETag, or 304 to a reader who has it already. Browsers may keep it but
 * ask each time, so that an editor sees a change at once and nobody's copy adds to the cache's bound.
 */
export function sendCached(
  c: Context<AppEnv>,
  { text, etag }: CachedText,
  type = 'application/json',
): Response {
  const headers = { etag: `"${etag}"`, 'cache-control': 'no-cache' }
  // Not c.body(), which copies each header twice.
  if (isKnown(c, etag)) return new Response(null, { status: 304, headers })
  return new Response(text, { headers: { ...headers, 'content-type': type } })
}

/** Answers what was found; an old address with the present one, which may yet change again. */
export function sendFound<View extends object>(c: Context<AppEnv>, found: Found<View>): Response {
  if ('own' in found) return sendTagged(c, found.own)
  if ('cached' in found) return sendCached(c, found.cached)
  return c.body(null, 301, { location: found.movedTo, 'cache-control': 'no-cache' })
}

export function sendListed<View>(c: Context<AppEnv>, listed: Listed<View>): Response {
  return 'cached' in listed ? sendCached(c, listed.cached) : c.json(listed.page, 200)
}
