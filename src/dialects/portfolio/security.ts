import * as z from 'zod/mini'
import { signedIn } from '../../core/actor.ts'
import { toBase64 } from '../../core/crypto.ts'
import { lazily } from '../../core/lazily.ts'
import {
  confirmEnrolment,
  enrolWithCodes,
  removeTotp,
  setEmailCodes,
} from '../../features/auth/enrol.ts'
import { LOGINS } from '../../features/auth/limits.ts'
import { ChangePassword } from '../../features/auth/schemas.ts'
import { changePassword, provePassword } from '../../features/auth/step-up.ts'
import { drawQr } from '../../features/auth/totp.ts'
import { readUser } from '../../features/users/service.ts'
import { readDeviceCookies } from '../../http/cookies.ts'
import { limit } from '../../http/guards.ts'
import { createRoutes } from '../../http/routes.ts'
import { plain } from '../fastapi/fields.ts'
import { Refusal, unless } from '../fastapi/refusal.ts'
import { takes } from '../fastapi/takes.ts'
import { guard, PORTFOLIO } from './audience.ts'
import { asSentence } from './words.ts'

/** One's own password and second factors; each change takes the password, which counts as a step-up. */
export const securityRoutes = createRoutes()

const PasswordOnly = lazily(() => z.object({ password: plain(512) }))
const CodeOnly = lazily(() => z.object({ code: plain(100) }))
const wrongPassword = (detail = 'Incorrect password') =>
  unless({ invalid_credentials: () => new Refusal(401, detail) })

securityRoutes.post(
  '/auth/enable-totp',
  guard('user'),
  limit(...LOGINS),
  takes({ json: PasswordOnly }),
  async (c) => {
    const ctx = c.get('ctx')
    const { password } = c.req.valid('json')
    await provePassword(ctx, password, readDeviceCookies(c)).catch(wrongPassword())
    const { secret, otpauth_uri, recovery_codes } = await enrolWithCodes(ctx)
    return c.json({
      secret,
      qr_code: `data:image/png;base64,${toBase64(await drawQr(otpauth_uri))}`,
      backup_codes: recovery_codes,
    })
  },
)

securityRoutes.post(
  '/auth/verify-totp',
  guard('user'),
  limit(...LOGINS),
  takes({ json: CodeOnly }),
  async (c) => {
    await confirmEnrolment(c.get('ctx'), c.req.valid('json')).catch(
      unless({
        conflict: () => new Refusal(400, 'TOTP not initialized'),
        invalid_code: () => new Refusal(401, 'Invalid TOTP code'),
      }),
    )
    return c.json({ message: 'TOTP enabled successfully' })
  },
)

securityRoutes.post(
  '/auth/disable-totp',
  guard('user'),
  limit(...LOGINS),
  takes({ json: PasswordOnly }),
  async (c) => {
    const ctx = c.get('ctx')
    const { password } = c.req.valid('json')
    await provePassword(ctx, password, readDeviceCookies(c)).catch(wrongPassword())
    const { view } = await readUser(ctx, signedIn(ctx).uid)
    if (view.totp_enabled) await removeTotp(ctx)
    return c.json({ message: 'TOTP disabled successfully' })
  },
)

for (const on of [true, false]) {
  securityRoutes.post(
    `/auth/${on ? 'enable' : 'disable'}-email-2fa`,
    guard('user'),
    limit(...LOGINS),
    takes({ json: PasswordOnly }),
    async (c) => {
      const ctx = c.get('ctx')
      const { password } = c.req.valid('json')
      await provePassword(ctx, password, readDeviceCookies(c)).catch(wrongPassword())
      await setEmailCodes(ctx, on)
      return c.json({ message: `Email 2FA ${on ? 'enabled' : 'disabled'} successfully` })
    },
  )
}

const NewPassword = lazily(() =>
  z.object({
    current_password: plain(512),
    new_password: ChangePassword().shape.new_password,
  }),
)

securityRoutes.post(
  '/auth/change-password',
  guard('user'),
  limit(...LOGINS),
  takes({ json: NewPassword }),
  async (c) => {
    await changePassword(c.get('ctx'), c.req.valid('json'), readDeviceCookies(c), PORTFOLIO)
      .catch(wrongPassword('Incorrect current password'))
      .catch(unless({ validation: asSentence }))
    return c.json({ message: 'Password changed successfully' })
  },
)
