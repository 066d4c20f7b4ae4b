import type { Context } from 'hono'
import { deleteCookie, setCookie } from 'hono/cookie'
import type { Made } from '../../core/lazily.ts'
import { DAY, MINUTE } from '../../core/time.ts'
import { signUp } from '../../features/auth/accounts.ts'
import { LOGINS, MAIL_REQUESTS, REGISTRATIONS, SECRETS } from '../../features/auth/limits.ts'
import { forgotPassword, type Recovery, resetPassword } from '../../features/auth/recover.ts'
import { logout } from '../../features/auth/sessions.ts'
import { login } from '../../features/auth/sign-in.ts'
import {
  proveAddress,
  requestVerification,
  type Verification,
} from '../../features/auth/verification.ts'
import { prepareMail } from '../../features/mail/service.ts'
import { readDeviceCookies, setDeviceCookie } from '../../http/cookies.ts'
import { limit } from '../../http/guards.ts'
import type { AppEnv } from '../../http/router.ts'
import { createRoutes } from '../../http/routes.ts'
import { LoginForm } from '../fastapi/fields.ts'
import { Refusal, unless } from '../fastapi/refusal.ts'
import { takes } from '../fastapi/takes.ts'
import { COOKIE, cookieGuard, forbidden, guard, homeOf, REST, takesCookies } from './audience.ts'
import { Mailbox, Proof, Reset, taken, toUser, UserCreate, weak } from './shapes.ts'

/** Signing up, in and out, and what is mailed for it: fastapi-users' routers. */
export const authRoutes = createRoutes()

authRoutes.post(
  '/auth/register',
  guard('anyone'),
  limit(...REGISTRATIONS),
  takes({ json: UserCreate }),
  async (c) => {
    const { email, password } = c.req.valid('json')
    const user = await signUp(c.get('ctx'), { email, password }, REST)
      .catch(weak('REGISTER_INVALID_PASSWORD'))
      .catch(taken('REGISTER_USER_ALREADY_EXISTS'))
    return c.json(toUser(user), 201)
  },
)

// As their mails say.
const RESET_MS = 30 * MINUTE
const VERIFY_MS = DAY

/** The token stands in the fragment, which no server logs. */
const mailingOf = (c: Context<AppEnv>, page: string, lifetimeMs: number) => ({
  audience: REST,
  linkTo: (token: string) => `${homeOf(c)}/auth/${page}#token=${token}`,
  lifetimeMs,
})

const recoveryOf = (c: Context<AppEnv>): Recovery => ({
  mailing: mailingOf(c, 'reset-password', RESET_MS),
  admitsUnproven: true,
  letter: (to, link) => prepareMail(c.get('ctx'), 'auth.reset', { to, model: { link } }),
})

const verificationOf = (c: Context<AppEnv>): Verification => ({
  mailing: mailingOf(c, 'verify', VERIFY_MS),
  letter: (to, link) =>
    prepareMail(c.get('ctx'), 'dialect.verify', { to, model: { email: to, link } }),
})

authRoutes.post(
  '/auth/forgot-password',
  guard('anyone'),
  limit(...MAIL_REQUESTS),
  takes({ json: Mailbox }),
  async (c) => {
    await forgotPassword(c.get('ctx'), c.req.valid('json'), recoveryOf(c))
    return c.json(null, 202)
  },
)

authRoutes.post(
  '/auth/reset-password',
  guard('anyone'),
  limit(...SECRETS),
  takes({ json: Reset }),
  async (c) => {
    const { token, password: new_password } = c.req.valid('json')
    await resetPassword(c.get('ctx'), { token, new_password }, REST)
      .catch(weak('RESET_PASSWORD_INVALID_PASSWORD', 'new_password'))
      .catch(unless({ invalid_secret: () => new Refusal(400, 'RESET_PASSWORD_BAD_TOKEN') }))
    return c.json(null)
  },
)

authRoutes.post(
  '/auth/request-verify-token',
  guard('anyone'),
  limit(...MAIL_REQUESTS),
  takes({ json: Mailbox }),
  async (c) => {
    await requestVerification(c.get('ctx'), c.req.valid('json'), verificationOf(c))
    return c.json(null, 202)
  },
)

authRoutes.post(
  '/auth/verify',
  guard('anyone'),
  limit(...SECRETS),
  takes({ json: Proof }),
  async (c) => {
    const user = await proveAddress(c.get('ctx'), c.req.valid('json'), REST).catch(
      unless({
        invalid_secret: () => new Refusal(400, 'VERIFY_USER_BAD_TOKEN'),
        conflict: () => new Refusal(400, 'VERIFY_USER_ALREADY_VERIFIED'),
      }),
    )
    return c.json(toUser(user))
  },
)

/** The token of a session that the form has opened. */
async function enter(c: Context<AppEnv>, form: Made<typeof LoginForm>): Promise<string> {
  const { username: identifier, password } = form
  const input = { identifier, password, session: 'token' } as const
  const opened = await login(c.get('ctx'), input, readDeviceCookies(c), REST).catch(
    unless({ invalid_credentials: () => new Refusal(400, 'LOGIN_BAD_CREDENTIALS') }),
  )
  // The front end cannot ask for one.
  if ('requires_2fa' in opened) throw new Refusal(400, 'LOGIN_SECOND_FACTOR_REQUIRED')
  if (opened.device) setDeviceCookie(c, opened.device.name, opened.device.token)
  return opened.token.access_token
}

authRoutes.post(
  '/auth/jwt/login',
  guard('anyone'),
  limit(...LOGINS),
  takes({ form: LoginForm }),
  async (c) => c.json({ access_token: await enter(c, c.req.valid('form')), token_type: 'bearer' }),
)

authRoutes.post('/auth/jwt/logout', guard('user'), async (c) => {
  await logout(c.get('ctx'))
  return c.body(null, 204)
})

const cookieOptions = (c: Context<AppEnv>) => ({
  path: '/',
  secure: true,
  httpOnly: true,
  sameSite: c.get('ctx').settings.COOKIE_SAMESITE === 'none' ? ('None' as const) : ('Lax' as const),
})

authRoutes.post(
  '/auth/cookie/login',
  guard('anyone'),
  limit(...LOGINS),
  takes({ form: LoginForm }),
  async (c) => {
    // Nobody is signed in to an account of somebody else by a page that they happen to visit.
    if (!takesCookies(c)) throw forbidden()
    setCookie(c, COOKIE, await enter(c, c.req.valid('form')), cookieOptions(c))
    return c.body(null, 204)
  },
)

authRoutes.post('/auth/cookie/logout', cookieGuard('user'), async (c) => {
  await logout(c.get('ctx'))
  deleteCookie(c, COOKIE, cookieOptions(c))
  return c.body(null, 204)
})
