import type { MiddlewareHandler } from 'hono'
import { type Context, createContext } from '../context.ts'
import { ANONYMOUS, isAdmin, kindOf } from '../core/actor.ts'
import { mac } from '../core/crypto.ts'
import { AppError, malformed } from '../core/errors.ts'
import { readSettings, type Settings } from '../env.ts'
import { describeError, logRequest } from '../platform/telemetry.ts'
import { allowOrigin } from './cross-origin.ts'
import { complete } from './headers.ts'
import { rateLimitHeaders } from './limits.ts'
import type { AppEnv, Host } from './router.ts'
import { networkOf, sourceOf } from './source.ts'

const MAX_QUERY = 2048
/** Which ids of requests are taken over from the caller. */
const REQUEST_ID = /^[\w=-]{1,64}$/

/** Around everything: headers that no answer goes without, and one log line. */
export function envelope(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const start = Date.now()
    const given = c.req.header('x-request-id')
    const requestId = given && REQUEST_ID.test(given) ? given : crypto.randomUUID()
    c.set('requestId', requestId)
    await next()
    const ctx: Context | undefined = c.get('ctx')
    const { headers, status } = c.res
    complete(headers)
    headers.set('x-request-id', requestId)
    if (ctx && c.req.method !== 'OPTIONS' && !c.get('isDialect')) allowOrigin(c, ctx.settings)
    const ms = Date.now() - start
    if (ctx) addFigures(ctx, headers, ms)
    const meter = ctx?.meter
    logRequest({
      request_id: requestId,
      method: c.req.method,
      route: c.get('route') ?? null,
      status,
      ms,
      actor: ctx ? kindOf(ctx.actor) : null,
      d1_calls: meter?.calls ?? 0,
      d1_rows_read: meter?.rowsRead ?? 0,
      d1_rows_written: meter?.rowsWritten ?? 0,
    })
  }
}

/** What a request has used up and cost, for those who may know. */
function addFigures(ctx: Context, headers: Headers, ms: number): void {
  for (const [name, value] of Object.entries(rateLimitHeaders(ctx.quotas, Date.now()))) {
    headers.set(name, value)
  }
  const { calls, rowsRead, rowsWritten, ms: waited } = ctx.meter
  // A stranger could tell from it whether an answer that says nothing has written something.
  const bookmark = rowsWritten > 0 && ctx.actor.type === 'user' ? ctx.db.bookmark() : null
  if (bookmark) headers.set('x-d1-bookmark', bookmark)
  if (ctx.settings.isDevelopment || isAdmin(ctx.actor)) {
    const cost = `calls=${calls} read=${rowsRead} written=${rowsWritten}`
    headers.set('server-timing', `total;dur=${ms}, d1;dur=${waited};desc="${cost}"`)
  }
}

const warned = new WeakSet<Settings>()

/** Once per isolate the log says what an owner has weakened. */
function warnOnce(settings: Settings, ctx: Context): void {
  if (warned.has(settings)) return
  warned.add(settings)
  for (const warning of settings.warnings) ctx.log('warn', 'settings.weak', { warning })
}

/** Makes the request's context. Throws `misconfigured` before anything else is done. */
export function withContext(host: Host): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    const settings = readSettings(c.env)
    const { headers } = c.req.raw
    c.set('host', host)
    const ctx = createContext(c.env, ANONYMOUS, {
      requestId: c.get('requestId'),
      source: () => mac(settings.SECRET_KEY, 'pseudonym', sourceOf(headers), 16),
      network: () => networkOf(headers),
      userAgent: () => (headers.get('user-agent') ?? '').slice(0, 300),
      bookmark: headers.get('x-d1-bookmark') ?? undefined,
      waitUntil: (work) => c.executionCtx.waitUntil(work),
    })
    c.set('ctx', ctx)
    warnOnce(settings, ctx)
    return settings.isDevelopment ? host.prepare(ctx).then(next) : next()
  }
}

/** Lets in what has an address that can be read, and is no flood. */
export const admission: MiddlewareHandler<AppEnv> = (c, next) => {
  checkAddress(c.req.url)
  return isWrite(c.req.method) ? shield(c.env.SHIELD, c.get('ctx')).then(next) : next()
}

const isWrite = (method: string) => method !== 'GET' && method !== 'HEAD'

/** Hono passes wrong percent-encoding on as it is; nothing after this has to think of it. */
function checkAddress(url: string): void {
  const query = url.indexOf('?')
  if (query >= 0 && url.length - query > MAX_QUERY)
    throw malformed(`The query is longer than ${MAX_QUERY} characters.`)
  if (!url.includes('%')) return
  try {
    decodeURIComponent(url)
  } catch {
    throw malformed('The address is not valid percent-encoded UTF-8.')
  }
}

/** Stops a flood of writes before it costs anything. Limits that promise something are in D1. */
async function shield(binding: RateLimit, ctx: Context): Promise<void> {
  if (ctx.settings.RATE_LIMIT_SCALE !== 1 || (await isLetThrough(binding, ctx))) return
  throw new AppError('rate_limited', 'Too many requests. Try again in 10 seconds.', {
    retryAfter: 10,
  })
}

/** Only a shield: while it does not answer, everything passes. */
async function isLetThrough(binding: RateLimit, ctx: Context): Promise<boolean> {
  try {
    return (await binding.limit({ key: ctx.source })).success
  } catch (error) {
    ctx.log('warn', 'shield.failed', describeError(error))
    return true
  }
}
