import { notFound } from '../core/errors.ts'
import { describeDemoAdmin } from '../features/auth/demo-admin.ts'
import { createRouter } from '../http/router.ts'
import { readMailbox } from '../platform/mailer/mailbox.ts'
import { loadDemo } from './demo/load.ts'
import {
  CHROME_POLICY,
  LETTER_POLICY,
  MAILBOX_SCRIPT,
  MAILBOX_STYLE,
  mailboxPage,
} from './mailbox-page.ts'

/** Helpers for local development. Neither bundled nor mounted anywhere else. */
export const devRoutes = createRouter()

devRoutes.use(async (c, next) => {
  if (!c.get('ctx').settings.isDevelopment) throw notFound('Address')
  await next()
})

devRoutes.post('/demo', async (c) => {
  await loadDemo(c.get('ctx'), c.env.CACHE)
  return c.json({ status: 'loaded', admin: await describeDemoAdmin(c.get('ctx')) })
})

devRoutes.get('/mail', (c) =>
  c.html(mailboxPage(c.get('ctx').settings.STUDIO_NAME), 200, {
    'content-security-policy': CHROME_POLICY,
  }),
)

devRoutes.get('/mail.css', (c) => c.body(MAILBOX_STYLE, 200, { 'content-type': 'text/css' }))
devRoutes.get('/mail.js', (c) => c.body(MAILBOX_SCRIPT, 200, { 'content-type': 'text/javascript' }))

devRoutes.get('/mail.json', async (c) => {
  const mails = await readMailbox(c.env.CACHE, c.req.query('to'))
  return c.json(
    mails.map(({ id, to, from, subject, html, text, createdAt }) => ({
      id,
      to,
      from,
      subject,
      html,
      text,
      created_at: new Date(createdAt).toISOString(),
    })),
  )
})

devRoutes.get('/mail/:id/headers', async (c) => {
  const { id, to, from, replyTo, subject, headers, createdAt } = await findMail(
    c.env.CACHE,
    c.req.param('id'),
  )
  return c.json({
    From: from,
    To: to,
    ...(replyTo && { 'Reply-To': replyTo }),
    Subject: subject,
    ...headers,
    Date: new Date(createdAt).toUTCString(),
    'Idempotency-Key': id,
  })
})

devRoutes.get('/mail/:id/html', async (c) => {
  const { html } = await findMail(c.env.CACHE, c.req.param('id'))
  // A link in a letter opens beside the mailbox, not inside it.
  return c.html(html.replace('<head>', '<head><base target="_blank">'), 200, {
    'content-security-policy': LETTER_POLICY,
  })
})

async function findMail(cache: KVNamespace, id: string) {
  const mail = (await readMailbox(cache)).find((one) => one.id === id)
  if (!mail) throw notFound('Mail')
  return mail
}
