import type { Context } from 'hono'
import { HOUR, SECOND } from '../../core/time.ts'
import type { Audience } from '../../features/auth/audience.ts'
import { adminName } from '../../features/users/admins.ts'
import type { AppEnv } from '../../http/router.ts'
import { frontEndOf } from '../fastapi/cross-origin.ts'
import { type GuardWords, guardOf, identifyBy, notAuthenticated } from '../fastapi/guard.ts'
import { Refusal } from '../fastapi/refusal.ts'

const ONE_HOUR = { total: HOUR, idle: HOUR }

export const ETERNO: Audience = {
  name: 'eterno',
  tokenSeconds: HOUR / SECOND,
  lifetime: { user: ONE_HOUR, admin: ONE_HOUR },
  admitsUnproven: false,
  adminPassword: 8,
  tellsBan: false,
  subjectOf: adminName,
  adminsOnly: true,
}

/** Where the shop is, for the way back from the payment page. */
export const homeOf = (c: Context<AppEnv>): string => frontEndOf(c, 'eterno')

const unauthorized = (detail: string) => new Refusal(401, detail, { 'www-authenticate': 'Bearer' })

const words: GuardWords = {
  missing: notAuthenticated,
  invalid: () => unauthorized('Invalid or expired token'),
  gone: () => unauthorized('Admin not found'),
  inactive: () => unauthorized('Admin not found'),
  forbidden: () =>
    new Refusal(403, 'This needs an admin, and a second factor where one is demanded'),
}

export const guard = guardOf(ETERNO, words)
/** The shop's success page brings no token where the dashboard brings one. */
export const identify = identifyBy(ETERNO, words)
