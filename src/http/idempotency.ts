import type { Context, MiddlewareHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { KeptAnswer } from '../context.ts'
import { AppError, invalid } from '../core/errors.ts'
import { isTaken } from '../db/errors.ts'
import { textOfForm } from './form.ts'
import { mark } from './operations.ts'
import type { AppEnv } from './router.ts'

const KEY = /^[\x20-\x7e]{1,255}$/

/** Where the thing that was created is found, for the Location of a repeated answer. */
type Locate<View> = (c: Context<AppEnv>, view: View) => string | undefined

/**
 * Reads the thing that was created, where the kept answer only names it. What was created after `at`
 * is another that got the same number.
 */
type Recall = (c: Context<AppEnv>, made: number, at: number) => Promise<object>

/**
 * Honours Idempotency-Key: the same key and body get the same answer for a day. Stands behind
 * validate('json') or validateForm(), which bound the body that is compared.
 */
export function idempotent<View = { id: string }>(
  locate?: Locate<View>,
  recall?: Recall,
  /** Where not every answer has the first status that the operation returns. */
  statusOf?: (view: View) => number,
): MiddlewareHandler<AppEnv> {
  let status = 200
  async function replay(c: Context<AppEnv>, kept: KeptAnswer): Promise<Response> {
    const body = 'body' in kept ? kept.body : JSON.stringify(await recall?.(c, kept.made, kept.at))
    const view: View = JSON.parse(body)
    const location = locate?.(c, view)
    return c.body(body, (statusOf?.(view) ?? status) as ContentfulStatusCode, {
      'content-type': 'application/json',
      'idempotency-replayed': 'true',
      ...(location !== undefined && { location }),
    })
  }

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
      const ctx = c.get('ctx')
      const host = c.get('host')
      const operation = `${c.req.method} ${c.get('route')} ${JSON.stringify(c.req.param())}`
      const kept = await host.beginIdempotent(ctx, operation, key, await comparableBody(c))
      if (kept) return await replay(c, kept)
      await next()
      if (!isTaken(c.error, 'idempotency_keys.key') && !isConflict(c.error)) return
      // Another request was quicker with the same key, which is why this one changed nothing.
      const winner = await host.findKept(ctx)
      if (winner) c.res = await replay(c, winner)
    },
    {
      idempotent: true,
      link: ({ description }) => {
        status = Number(Object.keys(description.returns)[0])
      },
    },
  )
}

/** What was asked for is there already, perhaps by the same key. */
const isConflict = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'conflict'

async function comparableBody(c: Context<AppEnv>): Promise<string> {
  const form = c.req.valid('form' as never) as object | undefined
  return form ? textOfForm(form) : c.req.text()
}
