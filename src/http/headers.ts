/** What no answer goes without. One that says something else itself keeps it. */
const ALWAYS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
}
const ENTRIES = Object.entries(ALWAYS)

/** Set by nobody else: where it stands, all stand. */
const MARK = 'strict-transport-security'

/**
 * The headers of an answer that is given often, with `own` in place of or beside those that are always
 * there. Made once: a Response copies them in one go, where each that is set costs a call of its own.
 */
export const ready = (own: Record<string, string>): Headers =>
  new Headers({ ...ALWAYS, vary: 'Origin', ...own })

/** Adds what is missing. */
export function complete(headers: Headers): void {
  if (headers.has(MARK)) return
  for (const [name, value] of ENTRIES) if (!headers.has(name)) headers.set(name, value)
}
