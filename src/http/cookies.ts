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
