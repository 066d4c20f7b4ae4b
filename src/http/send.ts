import type { Context } from 'hono'
import type { Finished } from '../core/etag.ts'
import type { Found, Listed } from '../core/found.ts'
import { isKnown, sendTagged } from './etag.ts'
import { ready } from './headers.ts'
import type { AppEnv } from './router.ts'

const JSON_TYPE = 'application/json'
// Browsers may keep it but ask each time, so that an editor sees a change at once and nobody's copy
// adds to the cache's bound.
const SAME = ready({ 'cache-control': 'no-cache' })
const FOUND = ready({ 'cache-control': 'no-cache', 'content-type': JSON_TYPE })

/** Answers with a finished answer and its ETag, or 304 to a reader who has it already. */
export function sendCached(
  c: Context<AppEnv>,
  { bytes, etag }: Finished,
  type = JSON_TYPE,
): Response {
  const answer = isKnown(c, etag)
    ? new Response(null, { status: 304, headers: SAME })
    : new Response(bytes, { headers: FOUND })
  answer.headers.set('etag', `"${etag}"`)
  if (type !== JSON_TYPE && answer.status === 200) answer.headers.set('content-type', type)
  return answer
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
