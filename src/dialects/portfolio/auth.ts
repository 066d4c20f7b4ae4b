import * as z from 'zod/mini'
import { signedIn } from '../../core/actor.ts'
import { email, line } from '../../core/fields.ts'
import { lazily } from '../../core/lazily.ts'
import { readSelf } from '../../features/account/self.ts'
import { makeAccount } from '../../features/auth/accounts.ts'
import { mailChallengeCode, verifyChallenge } from '../../features/auth/challenge.ts'
import { renewToken } from '../../features/auth/dialect-session.ts'
import { LOGINS, MAIL_REQUESTS } from '../../features/auth/limits.ts'
import { Register } from '../../features/auth/schemas.ts'
import { login } from '../../features/auth/sign-in.ts'
import { username } from '../../features/users/schemas.ts'
import { readDeviceCookies, setDeviceCookie } from '../../http/cookies.ts'
import { limit } from '../../http/guards.ts'
import { createRoutes } from '../../http/routes.ts'
import { plain } from '../fastapi/fields.ts'
import { Refusal, unless } from '../fastapi/refusal.ts'
import { takes } from '../fastapi/takes.ts'
import { guard, inactive, PORTFOLIO } from './audience.ts'
import { toChallenge, toSelf, toToken, toUser } from './people.ts'
import { asSentence } from './words.ts'

/** Signing in, and who has. */
export const authRoutes = createRoutes()

/** Version 1 of the API asks for an address, version 2 for that or a username. */
const Credentials = lazily(() =>
  z.pipe(
    z.transform((given) =>
      given instanceof Object && 'email' in given ? { identifier: given.email, ...given } : given,
    ),
    z.object({ identifier: plain(254), password: plain(512), email: z.optional(z.unknown()) }),
  ),
)
const wrongPair = (isFirst: boolean) =>
  new Refusal(401, `Incorrect ${isFirst ? 'email' : 'email/username'} or password`)

authRoutes.post(
  '/auth/login',
  guard('anyone'),
  limit(...LOGINS),
  takes({ json: Credentials }),
  async (c) => {
    const ctx = c.get('ctx')
    const { identifier, password, email } = c.req.valid('json')
    const input = { identifier, password, session: 'token' } as const
    const opened = await login(ctx, input, readDeviceCookies(c), PORTFOLIO).catch(
      unless({ invalid_credentials: () => wrongPair(identifier === email), forbidden: inactive }),
    )
    if ('requires_2fa' in opened) {
      if (opened.methods.includes('email')) await mailChallengeCode(ctx, opened, PORTFOLIO)
      return c.json(toChallenge(opened))
    }
    if (opened.device) setDeviceCookie(c, opened.device.name, opened.device.token)
    const { access_token, user } = opened.token
    return c.json(toToken(access_token, await readSelf(ctx, user.id)))
  },
)

const challengeOver = () => new Refusal(401, 'Invalid or expired token')
const Code = lazily(() => z.object({ temp_token: plain(), code: plain(100) }))

authRoutes.post(
  '/auth/verify-2fa',
  guard('anyone'),
  limit(...LOGINS),
  takes({ json: Code }),
  async (c) => {
    const ctx = c.get('ctx')
    const { temp_token: challenge_token, code } = c.req.valid('json')
    const input = { challenge_token, code: code.trim(), remember_device: false }
    const opened = await verifyChallenge(ctx, input, readDeviceCookies(c), PORTFOLIO).catch(
      unless({
        challenge_over: challengeOver,
        invalid_code: () => new Refusal(401, 'Invalid verification code'),
      }),
    )
    if (opened.device) setDeviceCookie(c, opened.device.name, opened.device.token)
    const { access_token, user } = opened.token
    return c.json(toToken(access_token, await readSelf(ctx, user.id)))
  },
)

const TempToken = lazily(() => z.object({ temp_token: plain() }))

authRoutes.post(
  '/auth/request-email-code',
  guard('anyone'),
  limit(...MAIL_REQUESTS),
  takes({ json: TempToken }),
  async (c) => {
    const { temp_token: challenge_token } = c.req.valid('json')
    await mailChallengeCode(c.get('ctx'), { challenge_token }, PORTFOLIO).catch(
      unless({ challenge_over: challengeOver }),
    )
    return c.json({ message: 'Verification code sent to your email' })
  },
)

authRoutes.post('/auth/refresh', guard('user'), async (c) => {
  const ctx = c.get('ctx')
  const { access_token } = await renewToken(ctx, PORTFOLIO)
  return c.json(toToken(access_token, await readSelf(ctx, signedIn(ctx).uid)))
})

authRoutes.get('/auth/me', guard('user'), async (c) =>
  c.json(toSelf(await readSelf(c.get('ctx'), signedIn(c.get('ctx')).uid))),
)

const NewUser = lazily(() =>
  z.object({
    email: email(),
    username: username(),
    full_name: z.pipe(
      z.nullish(line(0, 100)),
      z.transform((name) => name || null),
    ),
    password: Register().shape.password,
  }),
)

authRoutes.post('/auth/register', guard('admin'), takes({ json: NewUser }), async (c) => {
  const ctx = c.get('ctx')
  const input = { ...c.req.valid('json'), email_codes: true }
  const { id } = await makeAccount(ctx, input, PORTFOLIO).catch(
    unless({
      conflict: ({ errors }) =>
        new Refusal(
          400,
          errors?.[0]?.path === 'email' ? 'Email already registered' : 'Username already taken',
        ),
      validation: asSentence,
    }),
  )
  const { user } = await readSelf(ctx, id)
  return c.json(toUser(user), 201)
})
