import * as z from 'zod'
import { email, instant, pageOf, pageQuery, uid } from '../../core/fields.ts'
import { codePoints } from '../../core/text.ts'
import { fullName, UserView, username } from '../users/schemas.ts'

export { InviteUser, UserView } from '../users/schemas.ts'

const encoder = new TextEncoder()
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
      if (length > 128 || encoder.encode(input).length > MAX_BYTES) {
        issues.push({ code: 'too_big', origin, maximum: 128, inclusive, input })
      }
    })
    .meta({ minLength: min, maxLength: 128, format: 'password' })

const password = () => passwordOf(8)

/** A password that is only compared: the old one may be from before today's rules. */
const givenPassword = () => passwordOf(1)

/** 32 random bytes, base64url. */
const secret = () =>
  z
    .string()
    .regex(/^[\w-]{43}$/)
    .max(43)

const sessionMode = () =>
  z.enum(['token', 'cookie']).default('token').meta({
    description: 'Where the refresh token goes: into the answer, or into an HttpOnly cookie.',
  })

export const Accepted = z.object({ status: z.literal('accepted') }).meta({
  id: 'Accepted',
  description: 'The answer is the same whether or not there is such an account.',
})
export type Accepted = z.infer<typeof Accepted>
export const ACCEPTED: Accepted = { status: 'accepted' }

export const Token = z
  .object({
    access_token: z.string().max(4096),
    token_type: z.literal('bearer'),
    expires_in: z.int().min(1).max(3600).meta({ description: 'Seconds.' }),
    refresh_token: z.string().max(43).optional(),
    user: UserView,
  })
  .meta({ id: 'Token' })
export type Token = z.infer<typeof Token>

export const Register = z
  .strictObject({
    email: email(),
    password: password(),
    username: username().optional(),
    full_name: fullName().optional(),
  })
  .meta({ id: 'Register' })
export type Register = z.output<typeof Register>

export const VerifyEmail = z
  .strictObject({ token: secret(), password: password(), session: sessionMode() })
  .meta({ id: 'VerifyEmail' })
export type VerifyEmail = z.output<typeof VerifyEmail>

export const AcceptInvite = z
  .strictObject({
    token: secret(),
    password: password(),
    username: username().optional(),
    full_name: fullName().optional(),
    session: sessionMode(),
  })
  .meta({ id: 'AcceptInvite' })
export type AcceptInvite = z.output<typeof AcceptInvite>

export const EmailOnly = z.strictObject({ email: email() }).meta({ id: 'EmailOnly' })
export type EmailOnly = z.output<typeof EmailOnly>

export const Login = z
  .strictObject({
    identifier: z.string().min(1).max(254).meta({ description: 'E-mail address or username.' }),
    password: givenPassword(),
    session: sessionMode(),
  })
  .meta({ id: 'Login' })
export type Login = z.output<typeof Login>

export const Refresh = z
  .strictObject({
    refresh_token: secret().optional().meta({ description: 'Without it the cookie is read.' }),
  })
  .meta({ id: 'Refresh' })
export type Refresh = z.output<typeof Refresh>

export const StepUp = z.strictObject({ password: givenPassword() }).meta({ id: 'StepUp' })
export type StepUp = z.output<typeof StepUp>

export const SteppedUp = z
  .object({ expires_in: z.int().min(1).max(3600).meta({ description: 'Seconds.' }) })
  .meta({ id: 'SteppedUp' })
export type SteppedUp = z.infer<typeof SteppedUp>

export const ResetPassword = z
  .strictObject({ token: secret(), new_password: password() })
  .meta({ id: 'ResetPassword' })
export type ResetPassword = z.output<typeof ResetPassword>

export const ChangePassword = z
  .strictObject({ current_password: givenPassword(), new_password: password() })
  .meta({ id: 'ChangePassword' })
export type ChangePassword = z.output<typeof ChangePassword>

export const ChangeEmail = z.strictObject({ new_email: email() }).meta({ id: 'ChangeEmail' })
export type ChangeEmail = z.output<typeof ChangeEmail>

export const SecretOnly = z.strictObject({ token: secret() }).meta({ id: 'MailedSecret' })
export type SecretOnly = z.output<typeof SecretOnly>

export const SessionView = z
  .object({
    id: uid(),
    current: z.boolean(),
    user_agent: z.string().max(300),
    source: z.string().max(60).meta({ description: 'The address, shortened to /24 or /48.' }),
    created_at: instant(),
    last_used_at: instant(),
    expires_at: instant(),
  })
  .meta({ id: 'Session' })
export type SessionView = z.infer<typeof SessionView>

export const SessionPage = pageOf(SessionView).meta({ id: 'SessionPage' })
export const ListSessions = z.strictObject({ ...pageQuery })
export type ListSessions = z.output<typeof ListSessions>

export const SessionId = z.object({ id: uid() })
