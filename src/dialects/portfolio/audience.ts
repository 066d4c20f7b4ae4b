import type { Context, MiddlewareHandler } from 'hono'
import { DAY, HOUR, MINUTE, SECOND } from '../../core/time.ts'
import type { Audience } from '../../features/auth/audience.ts'
import { resolveToken } from '../../features/auth/dialect-session.ts'
import type { AppEnv } from '../../http/router.ts'
import { frontEndOf } from '../fastapi/cross-origin.ts'
import { bearerOf, guardOf, notAuthenticated } from '../fastapi/guard.ts'
import { Refusal } from '../fastapi/refusal.ts'

const TOKEN = 30 * MINUTE

/** The front end trades its token every 25 minutes; one that nobody trades any more is not in use. */
const IDLE = TOKEN + 5 * MINUTE

export const PORTFOLIO: Audience = {
  name: 'portfolio',
  tokenSeconds: TOKEN / SECOND,
  lifetime: { user: { total: 30 * DAY, idle: IDLE }, admin: { total: 12 * HOUR, idle: IDLE } },
  admitsUnproven: false,
  adminPassword: 8,
  tellsBan: true,
}

/** Where mailed links lead. */
export const homeOf = (c: Context<AppEnv>): string => frontEndOf(c, 'portfolio')

export const inactive = () => new Refusal(403, 'Inactive user')
const unknown = () =>
  new Refusal(401, 'Could not validate credentials', { 'www-authenticate': 'Bearer' })

export const guard = guardOf(PORTFOLIO, {
  missing: notAuthenticated,
  invalid: unknown,
  gone: unknown,
  inactive: inactive,
  forbidden: () => new Refusal(403, 'Not enough permissions'),
})

/**
 * Where anyone may call: says who does. The front end sends its token everywhere, and the original does
 * not look at it here, so one that is over is no reason to refuse.
 */
export const identify: MiddlewareHandler<AppEnv> = async (c, next) => {
  const token = bearerOf(c)
  const actor = token === undefined ? 'missing' : await resolveToken(c.get('ctx'), PORTFOLIO, token)
  if (typeof actor !== 'string') c.get('ctx').actor = actor
  await next()
}
