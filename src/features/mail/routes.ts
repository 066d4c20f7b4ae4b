import { readAtMost } from '../../http/body.ts'
import { describe } from '../../http/describe.ts'
import { sendTagged } from '../../http/etag.ts'
import { allow } from '../../http/guards.ts'
import { idempotent } from '../../http/idempotency.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import { ListMail, MailId, MailPage, MailView, SendTestMail } from './schemas.ts'
import * as mail from './service.ts'
import { takeMailEvents } from './suppress.ts'

const tag = 'mail'

export const mailRoutes = createRoutes()

mailRoutes.get(
  '/mail',
  describe({
    id: 'listMail',
    tag,
    summary: 'What was sent and what waits, newest first',
    returns: { 200: MailPage },
  }),
  allow('admin'),
  validate('query', ListMail),
  async (c) => c.json(await mail.listMails(c.get('ctx'), c.req.valid('query')), 200),
)

mailRoutes.get(
  '/mail/:id',
  describe({
    id: 'readMail',
    tag,
    summary: 'How one mail fares',
    returns: { 200: MailView, 304: null },
  }),
  allow('admin'),
  validate('param', MailId),
  async (c) => sendTagged(c, await mail.readMail(c.get('ctx'), c.req.valid('param').id)),
)

mailRoutes.post(
  '/mail/:id/retry',
  describe({
    id: 'retryMail',
    tag,
    summary: 'Send a failed mail once more',
    returns: { 200: MailView },
    refuses: [409],
  }),
  allow('admin'),
  validate('param', MailId),
  async (c) => c.json(await mail.retryMail(c.get('ctx'), c.req.valid('param').id), 200),
)

mailRoutes.post(
  '/utils/test-email',
  describe({ id: 'sendTestMail', tag, summary: 'Send a test mail', returns: { 202: MailView } }),
  allow('admin'),
  validate('json', SendTestMail),
  idempotent(),
  async (c) => c.json(await mail.sendTestMail(c.get('ctx'), c.req.valid('json')), 202),
)

// SendGrid gathers up to 768 KB of them.
const MAX_EVENT_BYTES = 1024 * 1024

/** Where mail providers report; each is there only while it is the one that the settings name. */
export const mailEventRoutes = createRoutes()

const PROVIDERS = [
  { provider: 'resend', id: 'takeResendEvents', name: 'Resend', header: 'svix-signature' },
  {
    provider: 'sendgrid',
    id: 'takeSendgridEvents',
    name: 'SendGrid',
    header: 'X-Twilio-Email-Event-Webhook-Signature',
  },
] as const

for (const { provider, id, name, header } of PROVIDERS) {
  mailEventRoutes.post(
    `/${provider}`,
    describe({
      id,
      tag,
      summary: `What ${name} reports of our mails`,
      description: `JSON that \`${header}\` signs. Bounces and complaints end newsletters to an address.`,
      returns: { 204: null },
      refuses: [404, 413],
    }),
    allow('anyone'),
    async (c) => {
      const read = () => readAtMost(c.req.raw, MAX_EVENT_BYTES)
      await takeMailEvents(c.get('ctx'), provider, c.req.raw.headers, read)
      return c.body(null, 204)
    },
  )
}
