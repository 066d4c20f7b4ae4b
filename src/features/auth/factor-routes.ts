import { readDeviceCookies } from '../../http/cookies.ts'
import { describe } from '../../http/describe.ts'
import { allow, limit, stepUp } from '../../http/guards.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import * as challenge from './challenge.ts'
import * as devices from './devices.ts'
import * as enrol from './enrol.ts'
import { LOGINS, MAIL_REQUESTS, SECRETS } from './limits.ts'
import { listOwnAttempts, unlock } from './lockout.ts'
import { sendToken } from './routes.ts'
import * as s from './schemas.ts'

const tag = 'auth'

/** Second factors, known browsers, and who tried to get in. */
export const factorRoutes = createRoutes()

factorRoutes.post(
  '/2fa/verify',
  describe({
    id: 'verifySecondFactor',
    tag,
    summary: 'Sign in with the second factor',
    description: 'A challenge takes five tries within five minutes.',
    returns: { 200: s.Token },
    refuses: [401],
  }),
  allow('anyone'),
  limit(...LOGINS),
  validate('json', s.VerifyFactor),
  async (c) => {
    const input = c.req.valid('json')
    const opened = await challenge.verifyChallenge(c.get('ctx'), input, readDeviceCookies(c))
    return sendToken(c, opened, opened.mode)
  },
)

factorRoutes.post(
  '/2fa/email-code',
  describe({
    id: 'mailSecondFactor',
    tag,
    summary: 'Mail a code for the second factor',
    description: 'A newer code ends the older one.',
    returns: { 202: s.Accepted },
    refuses: [401],
  }),
  allow('anyone'),
  limit(...MAIL_REQUESTS),
  validate('json', s.ChallengeOnly),
  async (c) => c.json(await challenge.mailChallengeCode(c.get('ctx'), c.req.valid('json')), 202),
)

factorRoutes.post(
  '/2fa/cancel',
  describe({
    id: 'cancelSecondFactor',
    tag,
    summary: 'Give a sign-in up',
    returns: { 204: null },
    refuses: [401],
  }),
  allow('anyone'),
  limit(...SECRETS),
  validate('json', s.ChallengeOnly),
  async (c) => {
    await challenge.cancelChallenge(c.get('ctx'), c.req.valid('json'))
    return c.body(null, 204)
  },
)

factorRoutes.post(
  '/2fa/totp',
  describe({
    id: 'enrolTotp',
    tag,
    summary: 'A secret for an authenticator app',
    description: 'Nothing changes before a code of the app confirms it.',
    returns: { 200: s.TotpEnrolment },
  }),
  allow('user'),
  stepUp(),
  async (c) => c.json(await enrol.enrolTotp(c.get('ctx')), 200),
)

factorRoutes.post(
  '/2fa/totp/confirm',
  describe({
    id: 'confirmTotp',
    tag,
    summary: 'Confirm the authenticator app',
    description: 'Ends all other sessions. The recovery codes are shown this once.',
    returns: { 200: s.RecoveryCodes },
    refuses: [409],
  }),
  allow('user'),
  stepUp(),
  limit(...LOGINS),
  validate('json', s.CodeOnly),
  async (c) => c.json(await enrol.confirmEnrolment(c.get('ctx'), c.req.valid('json')), 200),
)

factorRoutes.delete(
  '/2fa/totp',
  describe({
    id: 'removeTotp',
    tag,
    summary: 'Remove the authenticator app',
    description: 'Ends all other sessions. An admin can only replace it.',
    returns: { 204: null },
    refuses: [409],
  }),
  allow('user'),
  stepUp(),
  async (c) => {
    await enrol.removeTotp(c.get('ctx'))
    return c.body(null, 204)
  },
)

for (const [method, on] of [
  ['PUT', true],
  ['DELETE', false],
] as const) {
  factorRoutes.on(
    method,
    '/2fa/email',
    describe({
      id: on ? 'enableEmailCodes' : 'disableEmailCodes',
      tag,
      summary: on ? 'Ask for a code by mail' : 'Ask for no code by mail any more',
      description: 'Ends all other sessions. Not for admins.',
      returns: { 204: null },
      refuses: [409],
    }),
    allow('user'),
    stepUp(),
    async (c) => {
      await enrol.setEmailCodes(c.get('ctx'), on)
      return c.body(null, 204)
    },
  )
}

factorRoutes.post(
  '/2fa/recovery-codes',
  describe({
    id: 'renewRecoveryCodes',
    tag,
    summary: 'New recovery codes',
    description: 'The old ones do not work any more. Ends all other sessions.',
    returns: { 200: s.RecoveryCodes },
    refuses: [409],
  }),
  allow('user'),
  stepUp(),
  async (c) => c.json(await enrol.renewRecoveryCodes(c.get('ctx')), 200),
)

factorRoutes.post(
  '/unlock',
  describe({
    id: 'unlock',
    tag,
    summary: 'Let new devices try again',
    description: 'With the link that was mailed when somebody guessed too often.',
    returns: { 204: null },
  }),
  allow('anyone'),
  limit(...SECRETS),
  validate('json', s.SecretOnly),
  async (c) => {
    await unlock(c.get('ctx'), c.req.valid('json'))
    return c.body(null, 204)
  },
)

factorRoutes.get(
  '/login-attempts',
  describe({
    id: 'listLoginAttempts',
    tag,
    summary: 'Who tried to sign in to your account',
    returns: { 200: s.LoginAttemptPage },
  }),
  allow('user'),
  validate('query', s.ListAttempts),
  async (c) => c.json(await listOwnAttempts(c.get('ctx'), c.req.valid('query')), 200),
)

factorRoutes.get(
  '/devices',
  describe({
    id: 'listDevices',
    tag,
    summary: 'Browsers that are known',
    returns: { 200: s.DevicePage },
  }),
  allow('user'),
  validate('query', s.ListDevices),
  async (c) => c.json(await devices.listOwnDevices(c.get('ctx'), c.req.valid('query')), 200),
)

factorRoutes.delete(
  '/devices/:id',
  describe({
    id: 'forgetDevice',
    tag,
    summary: 'Make a browser a stranger again',
    returns: { 204: null },
  }),
  allow('user'),
  validate('param', s.DeviceId),
  async (c) => {
    await devices.forgetDevice(c.get('ctx'), c.req.valid('param').id)
    return c.body(null, 204)
  },
)
