import * as z from 'zod/mini'
import { email, instant, listOf, pageOf, pageQuery, uid, upTo, whole } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { codePoints } from '../../core/text.ts'
import { toUtf8 } from '../../core/utf8.ts'
import { fullName, UserView, username } from '../users/schemas.ts'
import { FACTOR_METHODS, LOGIN_OUTCOMES } from './kinds.ts'

export { InviteUser, UserView } from '../users/schemas.ts'

const MAX_BYTES = 512

/** Taken verbatim: never trimmed, never normalised. Bounded, so that hashing it costs no more than planned. */
const passwordOf = (min: number) =>
  z
    .string()
    .check(({ value: input, issues }) => {
      const length = codePoints(input)
      const origin = 'string'
      const inclusive = true
      if (length < min) issues.push({ code: 'too_small', origin, minimum: min, inclusive, input })
      if (length > 128 || toUtf8(input).length > MAX_BYTES) {
        issues.push({ code: 'too_big', origin, maximum: 128, inclusive, input })
      }
    })
    .apply(meta, { minLength: min, maxLength: 128, format: 'password' })

const password = () => passwordOf(8)
export const Password = lazily(() => password())

/** A password that is only compared: the old one may be from before today's rules. */
const givenPassword = () => passwordOf(1)

/** 32 random bytes, base64url. */
const secret = () => z.string().check(z.regex(/^[\w-]{43}$/), z.maxLength(43))

const sessionMode = () =>
  z._default(z.enum(['token', 'cookie']), 'token').apply(meta, {
    description: 'Where the refresh token goes: into the answer, or into an HttpOnly cookie.',
  })

/** Six digits, or a recovery code of 24 letters, however they are grouped. */
const factorCode = () => z.string().check(z.minLength(6), z.maxLength(64))

export const Accepted = lazily(() =>
  z.object({ status: z.literal('accepted') }).apply(meta, {
    id: 'Accepted',
    description: 'The answer is the same whether or not there is such an account.',
  }),
)
export type Accepted = Made<typeof Accepted>
export const ACCEPTED: Accepted = { status: 'accepted' }

export const Token = lazily(() =>
  z
    .object({
      access_token: upTo(4096),
      token_type: z.literal('bearer'),
      expires_in: whole(1, 3600).apply(meta, { description: 'Seconds.' }),
      refresh_token: z.optional(upTo(43)),
      user: UserView(),
    })
    .apply(meta, { id: 'Token' }),
)
export type Token = Made<typeof Token>

export const Register = lazily(() =>
  z
    .strictObject({
      email: email(),
      password: password(),
      username: z.optional(username()),
      full_name: z.optional(fullName()),
    })
    .apply(meta, { id: 'Register' }),
)
export type Register = Made<typeof Register>

export const VerifyEmail = lazily(() =>
  z
    .strictObject({ token: secret(), password: password(), session: sessionMode() })
    .apply(meta, { id: 'VerifyEmail' }),
)
export type VerifyEmail = Made<typeof VerifyEmail>

export const AcceptInvite = lazily(() =>
  z
    .strictObject({
      token: secret(),
      password: password(),
      username: z.optional(username()),
      full_name: z.optional(fullName()),
      session: sessionMode(),
    })
    .apply(meta, { id: 'AcceptInvite' }),
)
export type AcceptInvite = Made<typeof AcceptInvite>

export const EmailOnly = lazily(() =>
  z.strictObject({ email: email() }).apply(meta, { id: 'EmailOnly' }),
)
export type EmailOnly = Made<typeof EmailOnly>

export const Login = lazily(() =>
  z
    .strictObject({
      identifier: z
        .string()
        .check(z.minLength(1), z.maxLength(254))
        .apply(meta, { description: 'E-mail address or username.' }),
      password: givenPassword(),
      session: sessionMode(),
    })
    .apply(meta, { id: 'Login' }),
)
export type Login = Made<typeof Login>

export const Challenge = lazily(() =>
  z
    .object({
      requires_2fa: z.literal(true),
      challenge_token: upTo(43),
      methods: listOf(z.enum(FACTOR_METHODS), FACTOR_METHODS.length),
      expires_in: whole(1, 3600).apply(meta, { description: 'Seconds.' }),
    })
    .apply(meta, { id: 'Challenge' }),
)
export type Challenge = Made<typeof Challenge>

export const VerifyFactor = lazily(() =>
  z
    .strictObject({
      challenge_token: secret(),
      method: z.enum(FACTOR_METHODS),
      code: factorCode(),
      remember_device: z._default(z.boolean(), false).apply(meta, {
        description: 'For 90 days this browser is not asked for the second factor again.',
      }),
    })
    .apply(meta, { id: 'VerifyFactor' }),
)
export type VerifyFactor = Made<typeof VerifyFactor>

export const ChallengeOnly = lazily(() =>
  z.strictObject({ challenge_token: secret() }).apply(meta, { id: 'ChallengeToken' }),
)
export type ChallengeOnly = Made<typeof ChallengeOnly>

export const TotpEnrolment = lazily(() =>
  z
    .object({
      secret: upTo(64).apply(meta, { description: 'For typing in by hand.' }),
      otpauth_uri: upTo(500),
      qr_svg: upTo(100_000).apply(meta, { description: 'The same as a drawing to scan.' }),
    })
    .apply(meta, { id: 'TotpEnrolment' }),
)
export type TotpEnrolment = Made<typeof TotpEnrolment>

export const CodeOnly = lazily(() =>
  z
    .strictObject({
      code: z.string().check(z.length(6), z.regex(/^[0-9]{6}$/)),
    })
    .apply(meta, { id: 'TotpCode' }),
)
export type CodeOnly = Made<typeof CodeOnly>

export const RecoveryCodes = lazily(() =>
  z
    .object({ recovery_codes: listOf(upTo(40), 10) })
    .apply(meta, { id: 'RecoveryCodes', description: 'Shown this once; each works once.' }),
)
export type RecoveryCodes = Made<typeof RecoveryCodes>

export const Refresh = lazily(() =>
  z
    .strictObject({
      refresh_token: z
        .optional(secret())
        .apply(meta, { description: 'Without it the cookie is read.' }),
    })
    .apply(meta, { id: 'Refresh' }),
)
export type Refresh = Made<typeof Refresh>

export const StepUp = lazily(() =>
  z
    .strictObject({
      password: givenPassword(),
      code: z.optional(factorCode()).apply(meta, {
        description:
          'Where a second factor is enrolled: of the app, of the mail, or a recovery code.',
      }),
    })
    .apply(meta, { id: 'StepUp' }),
)
export type StepUp = Made<typeof StepUp>

export const SteppedUp = lazily(() =>
  z
    .object({
      expires_in: whole(1, 3600).apply(meta, { description: 'Seconds.' }),
    })
    .apply(meta, { id: 'SteppedUp' }),
)
export type SteppedUp = Made<typeof SteppedUp>

export const ResetPassword = lazily(() =>
  z
    .strictObject({ token: secret(), new_password: password() })
    .apply(meta, { id: 'ResetPassword' }),
)
export type ResetPassword = Made<typeof ResetPassword>

export const ChangePassword = lazily(() =>
  z
    .strictObject({ current_password: givenPassword(), new_password: password() })
    .apply(meta, { id: 'ChangePassword' }),
)
export type ChangePassword = Made<typeof ChangePassword>

export const ChangeEmail = lazily(() =>
  z.strictObject({ new_email: email() }).apply(meta, { id: 'ChangeEmail' }),
)
export type ChangeEmail = Made<typeof ChangeEmail>

export const SecretOnly = lazily(() =>
  z.strictObject({ token: secret() }).apply(meta, { id: 'MailedSecret' }),
)
export type SecretOnly = Made<typeof SecretOnly>

export const SessionView = lazily(() =>
  z
    .object({
      id: uid(),
      current: z.boolean(),
      user_agent: upTo(300),
      source: upTo(60).apply(meta, { description: 'The address, shortened to /24 or /48.' }),
      created_at: instant(),
      last_used_at: instant(),
      expires_at: instant(),
    })
    .apply(meta, { id: 'Session' }),
)
export type SessionView = Made<typeof SessionView>

export const SessionPage = lazily(() => pageOf(SessionView()).apply(meta, { id: 'SessionPage' }))
export const ListSessions = lazily(() => z.strictObject({ ...pageQuery() }))
export type ListSessions = Made<typeof ListSessions>

export const SessionId = lazily(() => z.object({ id: uid() }))

export const LoginAttemptView = lazily(() =>
  z
    .object({
      id: uid(),
      outcome: z.enum(LOGIN_OUTCOMES),
      user_agent: upTo(300),
      source: upTo(60).apply(meta, { description: 'The address, shortened to /24 or /48.' }),
      created_at: instant(),
    })
    .apply(meta, { id: 'LoginAttempt' }),
)
export type LoginAttemptView = Made<typeof LoginAttemptView>

export const LoginAttemptPage = lazily(() =>
  pageOf(LoginAttemptView()).apply(meta, { id: 'LoginAttemptPage' }),
)
export const ListAttempts = lazily(() => z.strictObject({ ...pageQuery() }))
export type ListAttempts = Made<typeof ListAttempts>

export const DeviceView = lazily(() =>
  z
    .object({
      id: uid(),
      current: z.boolean(),
      user_agent: upTo(300),
      source: upTo(60).apply(meta, { description: 'The address, shortened to /24 or /48.' }),
      trusted_until: z.nullable(instant()).apply(meta, {
        description: 'Until when no second factor is asked for here.',
      }),
      created_at: instant(),
      last_seen_at: instant(),
    })
    .apply(meta, { id: 'Device' }),
)
export type DeviceView = Made<typeof DeviceView>

export const DevicePage = lazily(() => pageOf(DeviceView()).apply(meta, { id: 'DevicePage' }))
export const ListDevices = lazily(() => z.strictObject({ ...pageQuery() }))
export type ListDevices = Made<typeof ListDevices>
export const DeviceId = lazily(() => z.object({ id: uid() }))
export { UserId } from '../users/schemas.ts'

export const LoginAnswer = lazily(() => z.union([Token(), Challenge()]))
