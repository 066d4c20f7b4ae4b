import type { Context, MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { callerOf, isAdmin, type Policy } from '../../core/actor.ts'
import type { Audience } from '../../features/auth/audience.ts'
import { resolveToken, type TokenFault } from '../../features/auth/dialect-session.ts'
import { spend } from '../../features/limits/service.ts'
import { ADMIN_WRITES } from '../../http/guards.ts'
import { mark } from '../../http/operations.ts'
import type { AppEnv } from '../../http/router.ts'
import { Refusal } from './refusal.ts'

/** Why somebody is not let in: no token, one that opens nothing, or no admin. */
export type GuardFault = 'missing' | TokenFault | 'forbidden'
export type GuardWords = Record<GuardFault, () => Refusal>

/** `Authorization: Bearer ...`, whatever its case; nothing for another scheme. */
export const bearerOf = (c: Context<AppEnv>): string | undefined =>
  /^bearer(?: +(.*))?$/i.exec(c.req.header('authorization') ?? '')?.slice(1)[0]

/** What FastAPI's OAuth2PasswordBearer answers where there is no token. */
export const notAuthenticated = () =>
  new Refusal(401, 'Not authenticated', { 'www-authenticate': 'Bearer' })

/**
 * Says who may call an operation of a dialect, in its words. Each operation has one, before anything
 * that reads the body.
 */
export const guardOf =
  (audience: Audience, words: GuardWords, tokenOf = bearerOf) =>
  (policy: Policy): MiddlewareHandler<AppEnv> =>
    mark<MiddlewareHandler<AppEnv>>(
      async (c, next) => {
        const ctx = c.get('ctx')
        c.set('route', routePath(c))
        if (policy !== 'anyone') {
          const token = tokenOf(c)
          if (token === undefined) throw words.missing()
          const actor = await resolveToken(ctx, audience, token)
          if (typeof actor === 'string') throw words[actor]()
          ctx.actor = actor
          if (policy === 'admin' && !isAdmin(actor)) throw words.forbidden()
          await countWrite(c)
        }
        await next()
      },
      { policy },
    )

/** Behind a guard that lets anyone in: says who calls, when the caller brings a token. */
export const identifyBy =
  (audience: Audience, words: GuardWords, tokenOf = bearerOf): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const token = tokenOf(c)
    if (token !== undefined) {
      const actor = await resolveToken(c.get('ctx'), audience, token)
      if (typeof actor === 'string') throw words[actor]()
      c.get('ctx').actor = actor
      await countWrite(c)
    }
    await next()
  }

async function countWrite(c: Context<AppEnv>): Promise<void> {
  const ctx = c.get('ctx')
  if (c.req.method === 'GET' || !isAdmin(ctx.actor)) return
  await spend(ctx, [ADMIN_WRITES], callerOf(ctx.actor))
}

/** For a dialect that knows no accounts: every operation is open. */
export const open: MiddlewareHandler<AppEnv> = mark<MiddlewareHandler<AppEnv>>(
  async (c, next) => {
    c.set('route', routePath(c))
    await next()
  },
  { policy: 'anyone' },
)
