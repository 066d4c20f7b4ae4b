import type { Context as HonoContext } from 'hono'
import {
  clearRefreshCookie,
  readDeviceCookies,
  readRefreshCookie,
  setDeviceCookie,
  setRefreshCookie,
} from '../../http/cookies.ts'
import { describe } from '../../http/describe.ts'
import { allow, limit, stepUp } from '../../http/guards.ts'
import type { AppEnv } from '../../http/router.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import { LOGINS, MAIL_REQUESTS, REGISTRATIONS, SECRETS } from './limits.ts'
import type { SignedIn } from './open-session.ts'
import * as recover from './recover.ts'
import * as registration from './register.ts'
import * as s from './schemas.ts'
import * as sessions from './sessions.ts'
import { login } from './sign-in.ts'
import { changePassword, stepUp as stepUpSession } from './step-up.ts'

const tag = 'auth'

export const authRoutes = createRoutes()

/** Answers a session that was opened; its refresh token goes where the client wants it. */
export function sendToken(c: HonoContext<AppEnv>, opened: SignedIn, mode: 'token' | 'cookie') {
  if (opened.device) setDeviceCookie(c, opened.device.name, opened.device.token)
  if (mode === 'token') return c.json({ ...opened.token, refresh_token: opened.refreshToken }, 200)
  setRefreshCookie(c, opened.refreshToken, opened.refreshSeconds)
  return c.json(opened.token, 200)
}

authRoutes.post(
  '/register',
  describe({
    id: 'register',
    tag,
    summary: 'Make an account',
    description: 'The answer is always the same; the rest is told by mail.',
    returns: { 202: s.Accepted },
  }),
  allow('anyone'),
  limit(...REGISTRATIONS),
  validate('json', s.Register),
  async (c) => c.json(await registration.register(c.get('ctx'), c.req.valid('json')), 202),
)

authRoutes.post(
  '/verify-email',
  describe({
    id: 'verifyEmail',
    tag,
    summary: 'Prove an address and choose the password',
    description: 'What was set before the proof is dropped, the password too.',
    returns: { 200: s.Token },
  }),
  allow('anyone'),
  limit(...SECRETS),
  validate('json', s.VerifyEmail),
  async (c) => {
    const input = c.req.valid('json')
    return sendToken(c, await registration.verifyEmail(c.get('ctx'), input), input.session)
  },
)

authRoutes.post(
  '/resend-verification',
  describe({
    id: 'resendVerification',
    tag,
    summary: 'Mail the link to prove an address once more',
    returns: { 202: s.Accepted },
  }),
  allow('anyone'),
  limit(...MAIL_REQUESTS),
  validate('json', s.EmailOnly),
  async (c) =>
    c.json(await registration.resendVerification(c.get('ctx'), c.req.valid('json')), 202),
)

authRoutes.post(
  '/invite/accept',
  describe({
    id: 'acceptInvite',
    tag,
    summary: 'Accept an invitation',
    returns: { 200: s.Token },
    refuses: [409],
  }),
  allow('anyone'),
  limit(...SECRETS),
  validate('json', s.AcceptInvite),
  async (c) => {
    const input = c.req.valid('json')
    return sendToken(c, await registration.acceptInvite(c.get('ctx'), input), input.session)
  },
)

authRoutes.post(
  '/login',
  describe({
    id: 'login',
    tag,
    summary: 'Sign in',
    description:
      'A wrong password, an unknown, an unproven, a banned and a locked account are answered alike.',
    returns: { 200: s.LoginAnswer },
    refuses: [401],
  }),
  allow('anyone'),
  limit(...LOGINS),
  validate('json', s.Login),
  async (c) => {
    const input = c.req.valid('json')
    const opened = await login(c.get('ctx'), input, readDeviceCookies(c))
    return 'requires_2fa' in opened ? c.json(opened, 200) : sendToken(c, opened, input.session)
  },
)

authRoutes.post(
  '/refresh',
  describe({
    id: 'refresh',
    tag,
    summary: 'A new access token',
    description:
      'The refresh token is spent and replaced. One that comes back after ten seconds ends the session.',
    returns: { 200: s.Token },
    refuses: [401, 403],
  }),
  allow('anyone'),
  validate('json', s.Refresh),
  async (c) => {
    const given = c.req.valid('json').refresh_token
    const token = given ?? readRefreshCookie(c) ?? ''
    return sendToken(
      c,
      await sessions.refreshSession(c.get('ctx'), token),
      given ? 'token' : 'cookie',
    )
  },
)

authRoutes.post(
  '/logout',
  describe({
    id: 'logout',
    tag,
    summary: 'End this session',
    description: 'Without a bearer token, the session of the cookie.',
    returns: { 204: null },
    refuses: [403],
  }),
  allow('user', { orCookie: true }),
  async (c) => {
    await sessions.logout(c.get('ctx'))
    clearRefreshCookie(c)
    return c.body(null, 204)
  },
)

authRoutes.post(
  '/logout-all',
  describe({ id: 'logoutAll', tag, summary: 'End all your sessions', returns: { 204: null } }),
  allow('user'),
  async (c) => {
    await sessions.logoutAll(c.get('ctx'))
    clearRefreshCookie(c)
    return c.body(null, 204)
  },
)

authRoutes.get(
  '/sessions',
  describe({
    id: 'listSessions',
    tag,
    summary: 'Where you are signed in',
    returns: { 200: s.SessionPage },
  }),
  allow('user'),
  validate('query', s.ListSessions),
  async (c) => c.json(await sessions.listOwnSessions(c.get('ctx'), c.req.valid('query')), 200),
)

authRoutes.delete(
  '/sessions/:id',
  describe({ id: 'endSession', tag, summary: 'End one of your sessions', returns: { 204: null } }),
  allow('user'),
  validate('param', s.SessionId),
  async (c) => {
    await sessions.endSession(c.get('ctx'), c.req.valid('param').id)
    return c.body(null, 204)
  },
)

authRoutes.post(
  '/step-up',
  describe({
    id: 'stepUp',
    tag,
    summary: 'Prove your password for what is sensitive',
    description:
      'Asks for the second factor too, where one is enrolled. `second_factor_required` says that the code is missing; to an account that takes codes by mail only, it has been mailed.',
    returns: { 200: s.SteppedUp },
    refuses: [403],
  }),
  allow('user'),
  limit(...LOGINS),
  validate('json', s.StepUp),
  async (c) =>
    c.json(await stepUpSession(c.get('ctx'), c.req.valid('json'), readDeviceCookies(c)), 200),
)

authRoutes.post(
  '/password/forgot',
  describe({
    id: 'forgotPassword',
    tag,
    summary: 'Ask for a link to choose a new password',
    returns: { 202: s.Accepted },
  }),
  allow('anyone'),
  limit(...MAIL_REQUESTS),
  validate('json', s.EmailOnly),
  async (c) => c.json(await recover.forgotPassword(c.get('ctx'), c.req.valid('json')), 202),
)

authRoutes.post(
  '/password/reset',
  describe({
    id: 'resetPassword',
    tag,
    summary: 'Choose a new password with a mailed link',
    description: 'Ends all sessions. A second factor stays.',
    returns: { 204: null },
  }),
  allow('anyone'),
  limit(...SECRETS),
  validate('json', s.ResetPassword),
  async (c) => {
    await recover.resetPassword(c.get('ctx'), c.req.valid('json'))
    return c.body(null, 204)
  },
)

authRoutes.post(
  '/password/change',
  describe({
    id: 'changePassword',
    tag,
    summary: 'Change your password',
    description: 'Ends all other sessions. Needs a step-up where a second factor is enrolled.',
    returns: { 204: null },
    refuses: [403],
  }),
  allow('user'),
  limit(...LOGINS),
  validate('json', s.ChangePassword),
  async (c) => {
    await changePassword(c.get('ctx'), c.req.valid('json'), readDeviceCookies(c))
    return c.body(null, 204)
  },
)

authRoutes.post(
  '/email/change',
  describe({
    id: 'changeEmail',
    tag,
    summary: 'Ask for another address',
    description: 'The new address gets a link to confirm it; until then nothing changes.',
    returns: { 202: s.Accepted },
  }),
  allow('user'),
  stepUp(),
  limit(...MAIL_REQUESTS),
  validate('json', s.ChangeEmail),
  async (c) => c.json(await recover.changeEmail(c.get('ctx'), c.req.valid('json')), 202),
)

authRoutes.post(
  '/email/confirm',
  describe({ id: 'confirmEmail', tag, summary: 'Confirm a new address', returns: { 204: null } }),
  allow('anyone'),
  limit(...SECRETS),
  validate('json', s.SecretOnly),
  async (c) => {
    await recover.confirmEmail(c.get('ctx'), c.req.valid('json'))
    return c.body(null, 204)
  },
)
