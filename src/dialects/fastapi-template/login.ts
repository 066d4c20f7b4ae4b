import type { Context } from 'hono'
import { email as emailField } from '../../core/fields.ts'
import { DAY, HOUR } from '../../core/time.ts'
import { LOGINS, MAIL_REQUESTS, SECRETS } from '../../features/auth/limits.ts'
import { forgotPassword, type Recovery, resetPassword } from '../../features/auth/recover.ts'
import { login } from '../../features/auth/sign-in.ts'
import { MAILS } from '../../features/mail/kinds.ts'
import { renderMail, renderSubject } from '../../features/mail/render.ts'
import { prepareMail } from '../../features/mail/service.ts'
import { findAccountByEmail, readMe } from '../../features/users/service.ts'
import { readDeviceCookies, setDeviceCookie } from '../../http/cookies.ts'
import { limit } from '../../http/guards.ts'
import type { AppEnv } from '../../http/router.ts'
import { createRoutes } from '../../http/routes.ts'
import { LoginForm } from '../fastapi/fields.ts'
import { Refusal, unless } from '../fastapi/refusal.ts'
import { takes } from '../fastapi/takes.ts'
import { guard, homeOf, inactive, TEMPLATE } from './audience.ts'
import { Mailbox, Reset, toUser } from './shapes.ts'

/** Signing in, and choosing a new password behind a mailed link. */
export const loginRoutes = createRoutes()

loginRoutes.post(
  '/login/access-token',
  guard('anyone'),
  limit(...LOGINS),
  takes({ form: LoginForm }),
  async (c) => {
    const { username: identifier, password } = c.req.valid('form')
    const input = { identifier, password, session: 'token' } as const
    const opened = await login(c.get('ctx'), input, readDeviceCookies(c), TEMPLATE).catch(
      unless({
        invalid_credentials: () => new Refusal(400, 'Incorrect email or password'),
        forbidden: inactive,
      }),
    )
    if ('requires_2fa' in opened) throw asksForMore()
    if (opened.device) setDeviceCookie(c, opened.device.name, opened.device.token)
    const { access_token, token_type } = opened.token
    return c.json({ access_token, token_type })
  },
)

const asksForMore = () =>
  new Refusal(400, 'This account has a second factor, which this page cannot ask for.')

loginRoutes.post('/login/test-token', guard('user'), async (c) => {
  const { view } = await readMe(c.get('ctx'))
  return c.json(toUser(view, c.get('ctx').actor))
})

const RECOVERY_MS = 2 * DAY

const recoveryOf = (c: Context<AppEnv>): Recovery => ({
  mailing: {
    audience: TEMPLATE,
    linkTo: (token) => `${homeOf(c)}/reset-password?token=${token}`,
    lifetimeMs: RECOVERY_MS,
  },
  admitsUnproven: true,
  letter: (to, link) =>
    prepareMail(c.get('ctx'), 'dialect.recovery', { to, model: recoveryModel(to, link) }),
})

const recoveryModel = (email: string, link: string) => ({
  email,
  link,
  valid_hours: String(RECOVERY_MS / HOUR),
})

loginRoutes.post(
  '/password-recovery/:email',
  guard('anyone'),
  limit(...MAIL_REQUESTS),
  takes({ param: Mailbox }),
  async (c) => {
    const email = emailField().safeParse(c.req.valid('param').email)
    if (email.success) await forgotPassword(c.get('ctx'), { email: email.data }, recoveryOf(c))
    return c.json({ message: 'If that email is registered, we sent a password recovery link' })
  },
)

loginRoutes.post(
  '/reset-password/',
  guard('anyone'),
  limit(...SECRETS),
  takes({ json: Reset }),
  async (c) => {
    await resetPassword(c.get('ctx'), c.req.valid('json'), TEMPLATE).catch(
      unless({ invalid_secret: () => new Refusal(400, 'Invalid token'), forbidden: inactive }),
    )
    return c.json({ message: 'Password updated successfully' })
  },
)

// The original's preview holds a link that works, by which an admin could take any account unseen.
const NO_TOKEN = 'preview'

loginRoutes.post(
  '/password-recovery-html-content/:email',
  guard('admin'),
  takes({ param: Mailbox }),
  async (c) => {
    const ctx = c.get('ctx')
    const account = await findAccountByEmail(ctx, c.req.valid('param').email)
    if (!account?.email) {
      throw new Refusal(404, 'The user with this username does not exist in the system.')
    }
    const model = recoveryModel(account.email, recoveryOf(c).mailing.linkTo(NO_TOKEN))
    const subject = renderSubject(ctx.settings, 'dialect.recovery', model)
    const template = await ctx.assets.mailTemplate(MAILS['dialect.recovery'].template)
    const { html } = renderMail(ctx.settings, template, subject, model)
    return c.html(html, 200, { subject: encodeURI(subject) })
  },
)
