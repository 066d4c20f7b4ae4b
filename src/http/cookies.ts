import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { AppError } from '../core/errors.ts'
import { readVisitor, signVisitor } from '../core/visitor.ts'
import type { AppEnv } from './router.ts'

const NAME = 'refresh'
const VISITOR = 'visitor'
const YEAR = 365 * 86_400

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
  checkOrigin(c)
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

function checkOrigin(c: Context<AppEnv>): void {
  if (c.get('ctx').settings.CORS_ORIGINS.includes(c.req.header('origin') ?? '')) return
  throw new AppError('forbidden', 'This origin may not use the cookie.')
}

export function clearRefreshCookie(c: Context<AppEnv>): void {
  deleteCookie(c, NAME, options(c))
}

/**
 * Who a visitor without an account is: a random name in a cookie that we signed. Nothing for one that
 * we did not. Throws `forbidden` for a change that another page asks the visitor's browser for.
 */
export function readVisitorCookie(c: Context<AppEnv>): string | undefined {
  const signed = getCookie(c, VISITOR, 'host')
  const visitor = signed && readVisitor(c.get('ctx').settings.keys, signed)
  if (!visitor) return undefined
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') checkOrigin(c)
  return visitor
}

export function setVisitorCookie(c: Context<AppEnv>, visitor: string): void {
  const signed = signVisitor(c.get('ctx').settings.keys, visitor)
  setCookie(c, VISITOR, signed, { ...options(c), maxAge: YEAR })
}

const options = (c: Context<AppEnv>) => ({
  prefix: 'host' as const,
  httpOnly: true,
  secure: true,
  path: '/' as const,
  sameSite:
    c.get('ctx').settings.COOKIE_SAMESITE === 'none' ? ('None' as const) : ('Strict' as const),
})
