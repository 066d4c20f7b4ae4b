import type { Context } from 'hono'
import { DAY, SECOND } from '../../core/time.ts'
import type { Audience } from '../../features/auth/audience.ts'
import type { AppEnv } from '../../http/router.ts'
import { frontEndOf } from '../fastapi/cross-origin.ts'
import { guardOf, notAuthenticated } from '../fastapi/guard.ts'
import { Refusal } from '../fastapi/refusal.ts'

const LIFETIME = 8 * DAY
const EIGHT_DAYS = { total: LIFETIME, idle: LIFETIME }

export const TEMPLATE: Audience = {
  name: 'fastapi-template',
  tokenSeconds: LIFETIME / SECOND,
  lifetime: { user: EIGHT_DAYS, admin: EIGHT_DAYS },
  admitsUnproven: true,
  adminPassword: 8,
  tellsBan: true,
}

/** Where mailed links lead. */
export const homeOf = (c: Context<AppEnv>): string => frontEndOf(c, 'fastapi-template')

export const inactive = () => new Refusal(400, 'Inactive user')
export const forbidden = () => new Refusal(403, "The user doesn't have enough privileges")

export const guard = guardOf(TEMPLATE, {
  missing: notAuthenticated,
  invalid: () => new Refusal(403, 'Could not validate credentials'),
  gone: () => new Refusal(404, 'User not found'),
  inactive: inactive,
  forbidden: forbidden,
})
