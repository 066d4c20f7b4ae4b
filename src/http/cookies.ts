import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { AppError } from '../core/errors.ts'
import type { AppEnv } from './router.ts'

const NAME = 'refresh'

/** Keeps a refresh token where no script can read it. The `__Host-` prefix binds it to this host. */
export function setRefreshCookie(c: Context<AppEnv>, token: string, seconds: number): void {
  setCookie(c, NAME, token, { ...options(c), maxAge: seconds })
}

/**
 * The refresh token of the cookie. A browser sends cookies for whoever asks it to, so the request
 * must come from a page that may call. Throws `forbidden` when it does not.
 */
export function readRefreshCookie(c: Context<AppEnv>): string | undefined {
  const token = getCookie(c, NAME, 'host')
  if (token === undefined) return undefined
  if (!c.var.ctx.settings.CORS_ORIGINS.includes(c.req.header('origin') ?? '')) {
    throw new AppError('forbidden', 'This origin may not use the cookie.')
  }
  return token
}

const DEVICE_PREFIX = '__Host-device-'
const DEVICE_SECONDS = 90 * 86_400
const MOST_DEVICES = 20

/** Keeps what makes this browser known to an account. It opens nothing by itself. */
export function setDeviceCookie(c: Context<AppEnv>, name: string, token: string): void {
  setCookie(c, name, token, { ...options(c), maxAge: DEVICE_SECONDS })
}

/** What this browser was given by any account. */
export const readDeviceCookies = (c: Context<AppEnv>): string[] =>
  Object.entries(getCookie(c))
    .filter(([name, value]) => name.startsWith(DEVICE_PREFIX) && /^[\w-]{43}$/.test(value))
    .slice(0, MOST_DEVICES)
    .map(([, value]) => value)

export function clearRefreshCookie(c: Context<AppEnv>): void {
  deleteCookie(c, NAME, options(c))
}

const options = (c: Context<AppEnv>) => ({
  prefix: 'host' as const,
  httpOnly: true,
  secure: true,
  path: '/' as const,
  sameSite: c.var.ctx.settings.COOKIE_SAMESITE === 'none' ? ('None' as const) : ('Strict' as const),
})
