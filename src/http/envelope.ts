import type { MiddlewareHandler } from 'hono'
import { type Context, createContext } from '../context.ts'
import { ANONYMOUS, isAdmin, kindOf } from '../core/actor.ts'
import { mac } from '../core/crypto.ts'
import { AppError, malformed } from '../core/errors.ts'
import { readSettings } from '../env.ts'
import { createLog, describeError } from '../platform/telemetry.ts'
import { rateLimitHeaders } from './limits.ts'
import type { AppEnv, Host } from './router.ts'
import { networkOf, sourceOf } from './source.ts'

const MAX_QUERY = 2048

const HEADERS = Object.entries({
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
})

/** Around everything: headers that no answer goes without, and one log line. */
export function envelope(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const start = Date.now()
    await next()
    const { ctx, requestId, route } = c.var
    const { headers } = c.res
    for (const [name, value] of HEADERS) if (!headers.has(name)) headers.set(name, value)
    const log = ctx?.log ?? createLog({ request_id: requestId })
    const ms = Date.now() - start
    if (ctx) {
      for (const [name, value] of Object.entries(rateLimitHeaders(ctx.quotas, Date.now()))) {
        headers.set(name, value)
      }
      // A stranger could tell from it whether an answer that says nothing has written something.
      const bookmark = ctx.actor.type === 'user' ? ctx.db.bookmark() : null
      if (bookmark) headers.set('x-d1-bookmark', bookmark)
      if (ctx.settings.isDevelopment || isAdmin(ctx.actor)) {
        const { calls, rowsRead, rowsWritten, ms: waited } = ctx.db.meter
        const cost = `calls=${calls} read=${rowsRead} written=${rowsWritten}`
        headers.set('server-timing', `total;dur=${ms}, d1;dur=${waited};desc="${cost}"`)
      }
    }
    log('info', 'request', {
      method: c.req.method,
      route: route ?? null,
      status: c.res.status,
      ms,
      actor: ctx ? kindOf(ctx.actor) : null,
      d1_calls: ctx?.db.meter.calls ?? 0,
      d1_rows_read: ctx?.db.meter.rowsRead ?? 0,
      d1_rows_written: ctx?.db.meter.rowsWritten ?? 0,
    })
  }
}

/** Makes the request's context. Throws `misconfigured` before anything else is done. */
export function withContext(host: Host): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const settings = readSettings(c.env)
    c.set('host', host)
    c.set(
      'ctx',
      createContext(c.env, ANONYMOUS, {
        requestId: c.var.requestId,
        source: mac(settings.SECRET_KEY, 'pseudonym', sourceOf(c.req.raw.headers), 16),
        network: networkOf(c.req.raw.headers),
        userAgent: (c.req.header('user-agent') ?? '').slice(0, 300),
        bookmark: c.req.header('x-d1-bookmark'),
        waitUntil: (work) => c.executionCtx.waitUntil(work),
      }),
    )
    if (settings.isDevelopment) await host.prepare(c.var.ctx)
    await next()
  }
}

/** Hono passes wrong percent-encoding on as it is; nothing after this has to think of it. */
export const checkAddress: MiddlewareHandler<AppEnv> = async (c, next) => {
  const url = new URL(c.req.url)
  if (url.search.length > MAX_QUERY)
    throw malformed(`The query is longer than ${MAX_QUERY} characters.`)
  try {
    decodeURIComponent(url.pathname)
    decodeURIComponent(url.search)
  } catch {
    throw malformed('The address is not valid percent-encoded UTF-8.')
  }
  await next()
}

/** Stops a flood of writes before it costs anything. Limits that promise something are in D1. */
export function shield(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { ctx } = c.var
    const isWrite = c.req.method !== 'GET' && c.req.method !== 'HEAD' && c.req.method !== 'OPTIONS'
    if (isWrite && ctx.settings.RATE_LIMIT_SCALE === 1) {
      if (!(await isLetThrough(c.env.SHIELD, ctx))) {
        throw new AppError('rate_limited', 'Too many requests. Try again in 10 seconds.', {
          retryAfter: 10,
        })
      }
    }
    await next()
  }
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
