import type { Context } from 'hono'
import type { Precondition, Tagged } from '../core/etag.ts'
import type { AppEnv } from './router.ts'

/** Answers a view with its ETag, or 304 to a reader who has it already (RFC 9110, 13.1.2). */
export function sendTagged<View extends object>(c: Context<AppEnv>, { view, tag }: Tagged<View>) {
  c.header('etag', `"${tag}"`)
  if (isKnown(c, tag)) return c.body(null, 304)
  return c.json(view, 200)
}

/** Whether a reader says that it has this state already. */
export function isKnown(c: Context<AppEnv>, tag: string): boolean {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return false
  const header = c.req.header('if-none-match')
  // As browsers say it; an expression would cost more than all else here.
  if (header === `"${tag}"`) return true
  const known = parseTags(header)
  return known === '*' || (known?.includes(tag) ?? false)
}

/** The If-Match header, weak or strong: edges weaken tags when they compress. */
export const ifMatch = (c: Context<AppEnv>): Precondition | undefined =>
  parseTags(c.req.header('if-match'))

function parseTags(header: string | undefined): Precondition | undefined {
  if (header === undefined) return undefined
  if (header.trim() === '*') return '*'
  return Array.from(header.matchAll(/(?:W\/)?"([^"]*)"/g), (match) => match[1] ?? '')
}
