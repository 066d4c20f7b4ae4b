import type { Context, MiddlewareHandler } from 'hono'
import { type Actor, callerOf, isAdmin, type Policy, requireStepUp } from '../core/actor.ts'
import { AppError, invalid } from '../core/errors.ts'
import type { LimitPolicy } from '../core/limits.ts'
import { readRefreshCookie } from './cookies.ts'
import { mark } from './operations.ts'
import type { AppEnv } from './router.ts'

/** What one admin may change in a minute: a stolen session cannot empty the studio at once. */
export const ADMIN_WRITES: LimitPolicy = { name: 'admin-writes', quota: 120, windowSeconds: 60 }

/**
 * Says who may call, and refuses query parameters on an operation that declares none. Stands before
 * anything that reads the body, so that a refused call leaves no trace.
 */
export function allow(
  policy: Policy,
  { orCookie = false }: { orCookie?: boolean } = {},
): MiddlewareHandler<AppEnv> {
  let takesQuery = false
  let isWrite = false
  const checkQuery = (c: Context<AppEnv>): void => {
    if (!takesQuery && c.req.url.includes('?')) refuseQuery(c.req.queries())
  }
  const checkCaller = async (c: Context<AppEnv>): Promise<void> => {
    const ctx = c.get('ctx')
    const host = c.get('host')
    const header = c.req.header('authorization')
    const cookie = orCookie && header === undefined ? readRefreshCookie(c) : undefined
    ctx.actor = await host.resolveActor(ctx, header, cookie)
    if (policy === 'admin') requireAdmin(ctx.actor)
    checkQuery(c)
    if (isWrite && isAdmin(ctx.actor)) await host.spend(ctx, [ADMIN_WRITES], callerOf(ctx.actor))
  }
  return mark<MiddlewareHandler<AppEnv>>(
    (c, next) => {
      if (policy !== 'anyone') return checkCaller(c).then(next)
      checkQuery(c)
      return next()
    },
    {
      policy,
      link: ({ schemas, description, method }) => {
        takesQuery = Boolean(schemas.query ?? description.anyQuery)
        isWrite = method !== 'GET'
      },
    },
  )
}

function requireAdmin(actor: Actor): void {
  if (isAdmin(actor)) return
  if (actor.type === 'user' && actor.needsFactor) {
    throw new AppError(
      'second_factor_required',
      'An admin needs a second factor first: POST /api/v1/auth/2fa/totp.',
    )
  }
  throw new AppError('forbidden', 'This is for admins.')
}

/**
 * Where anyone may call: says who does, when the caller brings a token. Throws `unauthorized` for one
 * that is not valid any more, so that an admin does not take a draft for lost.
 */
export const identify: MiddlewareHandler<AppEnv> = (c, next) => {
  const authorization = c.req.header('authorization')
  return authorization === undefined ? next() : setActor(c, authorization).then(next)
}

async function setActor(c: Context<AppEnv>, authorization: string): Promise<void> {
  const ctx = c.get('ctx')
  ctx.actor = await c.get('host').resolveActor(ctx, authorization)
}

/** Asks for a password that was proven within the last minutes (POST /auth/step-up). */
export function stepUp(): MiddlewareHandler<AppEnv> {
  return mark<MiddlewareHandler<AppEnv>>(
    async (c, next) => {
      requireStepUp(c.get('ctx').actor)
      await next()
    },
    { stepUp: true },
  )
}

/** Counts the call against limits, by the source of the request. */
export function limit(...policies: LimitPolicy[]): MiddlewareHandler<AppEnv> {
  return mark<MiddlewareHandler<AppEnv>>(
    async (c, next) => {
      await c.get('host').spend(c.get('ctx'), policies, c.get('ctx').source)
      await next()
    },
    { limits: policies },
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
