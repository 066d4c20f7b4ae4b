import type { Context, MiddlewareHandler } from 'hono'
import type { Dialect as Name } from '../../core/dialects.ts'
import type { AppEnv } from '../../http/router.ts'

/** What a dialect lets pages of other origins do. */
export type CrossOrigin = {
  /** Whether cookies and other credentials may come along; never where any origin may call. */
  credentials: boolean
  /** Where DIALECT_ORIGINS does not name the dialect; our own front end's origins without this. */
  origins?: '*'
  /** Headers of answers that scripts may read. */
  exposes?: string[]
}

const METHODS = 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT'
const MAX_AGE = '600'
const LOCAL = /^http:\/\/(?:localhost|127\.0\.0\.1)(?::[0-9]+)?$/

/** CORS as Starlette's middleware answers it, on refusals and failures too. */
export function crossOrigin(name: Name, rules: CrossOrigin): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const origin = c.req.header('origin')
    const isPreflight = c.req.method === 'OPTIONS' && c.req.header('access-control-request-method')
    if (origin === undefined) return await next()
    const grant = grantTo(c, name, rules, origin)
    if (isPreflight) return answerPreflight(c, grant)
    await next()
    for (const [header, value] of Object.entries(grant ?? {})) c.res.headers.set(header, value)
    if (grant && rules.exposes) {
      c.res.headers.set('access-control-expose-headers', rules.exposes.join(', '))
    }
    c.res.headers.append('vary', 'Origin')
  }
}

/** The headers that let `origin` read an answer; null when it may not. */
function grantTo(
  c: Context<AppEnv>,
  name: Name,
  { credentials, origins: fallback }: CrossOrigin,
  origin: string,
): Record<string, string> | null {
  const { DIALECT_ORIGINS, CORS_ORIGINS, isDevelopment } = c.get('ctx').settings
  const origins = DIALECT_ORIGINS[name] ?? (fallback ? [fallback] : CORS_ORIGINS)
  if (origins.includes('*')) return { 'access-control-allow-origin': '*' }
  const isKnown = origins.includes(origin) || (isDevelopment && LOCAL.test(origin))
  if (!isKnown) return null
  return {
    'access-control-allow-origin': origin,
    ...(credentials && { 'access-control-allow-credentials': 'true' }),
  }
}

/** Whether a page that brings a cookie along may: another one's visitor has not asked it to. */
export function admitsCookies(c: Context<AppEnv>, name: Name): boolean {
  const origin = c.req.header('origin')
  if (origin === undefined) return true
  const grant = grantTo(c, name, { credentials: true }, origin)
  return grant?.['access-control-allow-credentials'] !== undefined
}

function answerPreflight(c: Context<AppEnv>, grant: Record<string, string> | null): Response {
  const asked = c.req.header('access-control-request-headers')
  const method = c.req.header('access-control-request-method') ?? ''
  const faults = [...(grant ? [] : ['origin']), ...(METHODS.includes(method) ? [] : ['method'])]
  const headers = {
    vary: 'Origin',
    'access-control-allow-methods': METHODS,
    'access-control-max-age': MAX_AGE,
    ...(asked && { 'access-control-allow-headers': asked }),
    ...grant,
  }
  return faults.length === 0
    ? c.text('OK', 200, headers)
    : c.text(`Disallowed CORS ${faults.join(', ')}`, 400, headers)
}

/** Where a dialect's front end is, for links in mails. */
export function frontEndOf(c: Context<AppEnv>, name: Name): string {
  const { DIALECT_ORIGINS, SITE_ORIGIN } = c.get('ctx').settings
  return DIALECT_ORIGINS[name]?.find((origin) => origin !== '*') ?? SITE_ORIGIN
}
