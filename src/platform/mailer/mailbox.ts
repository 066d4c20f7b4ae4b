import * as z from 'zod/mini'
import { lazily } from '../../core/lazily.ts'
import type { Mailer, OutgoingMail } from './mailer.ts'

const PREFIX = 'dev/mail/'
const KEPT_SECONDS = 7 * 24 * 60 * 60
const SHOWN = 200

const KeptMail = lazily(() =>
  z.object({
    id: z.string(),
    from: z.string(),
    to: z.string(),
    replyTo: z.nullable(z.string()),
    subject: z.string(),
    headers: z._default(z.record(z.string(), z.string()), {}),
    html: z.string(),
    text: z.string(),
    createdAt: z.number(),
  }),
)

/** Keeps mails in KV instead of sending them. A mail sent twice under one id is kept once. */
export const mailboxMailer = (cache: KVNamespace): Mailer => ({
  send: (mail) =>
    cache.put(keyOf(mail), JSON.stringify(mail), {
      expirationTtl: KEPT_SECONDS,
      metadata: { to: mail.to.toLowerCase() },
    }),
})

/** The newest mails first; only those to `to` when it is given. */
export async function readMailbox(cache: KVNamespace, to?: string): Promise<OutgoingMail[]> {
  const { keys } = await cache.list<{ to: string }>({ prefix: PREFIX })
  const wanted = keys.filter((key) => !to || key.metadata?.to === to.toLowerCase()).slice(0, SHOWN)
  const mails = await Promise.all(wanted.map((key) => cache.get(key.name, 'json')))
  return mails
    .filter((mail) => mail !== null)
    .map((mail) => KeptMail().parse(mail))
    .sort((a, b) => b.createdAt - a.createdAt || b.id.localeCompare(a.id))
}

/** KV lists keys in ascending order, so the time in them counts down. */
function keyOf(mail: OutgoingMail): string {
  const countdown = (Number.MAX_SAFE_INTEGER - mail.createdAt).toString().padStart(16, '0')
  return `${PREFIX}${countdown}-${mail.id}`
}
