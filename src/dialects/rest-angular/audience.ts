import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import { HOUR, SECOND } from '../../core/time.ts'
import type { Audience } from '../../features/auth/audience.ts'
import type { AppEnv } from '../../http/router.ts'
import { admitsCookies, frontEndOf } from '../fastapi/cross-origin.ts'
import { bearerOf, guardOf } from '../fastapi/guard.ts'
import { Refusal } from '../fastapi/refusal.ts'

const NAME = 'rest-angular'
// The front end takes a token without an end for none at all.
const LIFETIME = HOUR
const AN_HOUR = { total: LIFETIME, idle: LIFETIME }

export const REST: Audience = {
  name: NAME,
  tokenSeconds: LIFETIME / SECOND,
  lifetime: { user: AN_HOUR, admin: AN_HOUR },
  admitsUnproven: true,
  adminPassword: 8,
  tellsBan: false,
  claimsOf: ({ id, email, username, full_name, role }) => ({
    email,
    name: username ?? email,
    fullname: full_name ?? '',
    nameid: id,
    role: [role],
  }),
}

/** Where mailed links lead. */
export const homeOf = (c: Context<AppEnv>): string => frontEndOf(c, NAME)

export const COOKIE = 'fastapiusersauth'

const unauthorized = () => new Refusal(401, 'Unauthorized')
export const forbidden = () => new Refusal(403, 'Forbidden')

const words = {
  missing: unauthorized,
  invalid: unauthorized,
  gone: unauthorized,
  inactive: unauthorized,
  forbidden: forbidden,
}

/** The token of the cookie. A browser sends it for any page, so the page must be one that may call. */
const cookieOf = (c: Context<AppEnv>): string | undefined =>
  takesCookies(c) ? getCookie(c, COOKIE) : undefined

export const takesCookies = (c: Context<AppEnv>): boolean => admitsCookies(c, NAME)

export const guard = guardOf(REST, words, (c) => bearerOf(c) ?? cookieOf(c))
/** Where the cookie is what it is about. */
export const cookieGuard = guardOf(REST, words, (c) => cookieOf(c) ?? bearerOf(c))
