import type { Context, MiddlewareHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { invalid } from '../core/errors.ts'
import { isTaken } from '../db/errors.ts'
import { mark } from './operations.ts'
import type { AppEnv, KeptAnswer } from './router.ts'

const KEY = /^[\x20-\x7e]{1,255}$/

/**
 * Honours Idempotency-Key: the same key and body get the same answer for a day. Stands behind
 * validate('json'), which bounds the body that is compared.
 */
export function idempotent(): MiddlewareHandler<AppEnv> {
  return mark<MiddlewareHandler<AppEnv>>(
    async (c, next) => {
      const key = c.req.header('idempotency-key')
      if (key === undefined) return await next()
      if (!KEY.test(key)) {
        throw invalid([
          {
            path: 'Idempotency-Key',
            code: 'invalid_format',
            message: '1 to 255 printable ASCII characters.',
          },
        ])
      }
      const { ctx, host, route } = c.var
      const operation = `${c.req.method} ${route} ${c.req.path}`
      const kept = await host.beginIdempotent(ctx, operation, key, await c.req.text())
      return kept ? replay(c, kept) : await next()
    },
    { idempotent: true },
  )
}

/** The answer of the request that was quicker with the same key, when that is why this one failed. */
export async function replayAfterRace(
  error: unknown,
  c: Context<AppEnv>,
): Promise<Response | null> {
  if (!isTaken(error, 'idempotency_keys.key')) return null
  try {
    const kept = await c.var.host.findKept(c.var.ctx)
    return kept && replay(c, kept)
  } catch {
    return null
  }
}

function replay(c: Context<AppEnv>, kept: KeptAnswer): Response {
  return c.body(kept.body, kept.status as ContentfulStatusCode, {
    'content-type': 'application/json',
    'idempotency-replayed': 'true',
    ...(kept.location !== null && { location: kept.location }),
  })
}
