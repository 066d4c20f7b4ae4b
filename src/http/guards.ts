import type { MiddlewareHandler } from 'hono'
import type { Policy } from '../core/actor.ts'
import { invalid } from '../core/errors.ts'
import type { LimitPolicy } from '../core/limits.ts'
import { mark } from './operations.ts'
import type { AppEnv } from './router.ts'

/**
 * Says who may call, and refuses query parameters on an operation that declares none. Stands before
 * anything that reads the body, so that a refused call leaves no trace.
 */
export function allow(policy: Policy): MiddlewareHandler<AppEnv> {
  let takesQuery = false
  return mark<MiddlewareHandler<AppEnv>>(
    async (c, next) => {
      const { ctx, host } = c.var
      if (policy === 'admin')
        ctx.actor = await host.resolveActor(ctx, c.req.header('authorization'))
      if (!takesQuery) refuseQuery(c.req.queries())
      await next()
    },
    {
      policy,
      link: ({ schemas, description }) => {
        takesQuery = Boolean(schemas.query ?? description.anyQuery)
      },
    },
  )
}

/** Counts the call against a limit, by the source of the request. */
export function limit(policy: LimitPolicy): MiddlewareHandler<AppEnv> {
  return mark<MiddlewareHandler<AppEnv>>(
    async (c, next) => {
      await c.var.host.spend(c.var.ctx, policy, c.var.ctx.source)
      await next()
    },
    { limit: policy },
  )
}

function refuseQuery(queries: Record<string, string[]>): void {
  const names = Object.keys(queries)
  if (names.length === 0) return
  throw invalid(
    names.slice(0, 20).map((name) => ({
      path: name.slice(0, 64),
      code: 'unrecognized_key',
      message: 'This parameter is not known here.',
    })),
  )
}
