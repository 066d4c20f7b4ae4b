import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { malformed, notFound } from '../../core/errors.ts'
import {
  type ReadEvents,
  readResendEvents,
  readSendgridEvents,
  type SignedEvents,
} from '../../platform/mailer/events.ts'
import { insertSuppressions, isAbout, isNewsTo, withdrawMails } from './repo.ts'

const READERS = { resend: readResendEvents, sendgrid: readSendgridEvents } satisfies Record<
  string,
  ReadEvents
>

/**
 * Takes what a provider reports of our mails. Addresses that are dead or whose owner complained get no
 * newsletter any more, nor what waits for them; mails of accounts are still tried, or nobody could
 * recover one. Throws `not_found` where the provider is not ours, `malformed` for a wrong signature.
 */
export async function takeMailEvents(
  ctx: Context,
  provider: keyof typeof READERS,
  headers: Headers,
  read: () => Promise<Uint8Array>,
): Promise<void> {
  const { MAIL_PROVIDER, MAIL_WEBHOOK_SECRET: secret } = ctx.settings
  if (secret === undefined || provider !== MAIL_PROVIDER) throw notFound('Address')
  const events = readEvents(provider, secret, { headers, body: await read() })
  if (events.length === 0) return
  const now = Date.now()
  const rows = events.map(({ email, reason }) => ({
    emailKey: email.toLowerCase(),
    reason,
    createdAt: now,
  }))
  const [added] = await ctx.db.batch([
    insertSuppressions(ctx.db, rows),
    withdrawMails(ctx.db, isNewsTo(rows.map((row) => row.emailKey)), 'The address is suppressed'),
  ])
  ctx.log('info', 'mail.suppressed', { reported: events.length, added: added.length })
}

function readEvents(provider: keyof typeof READERS, secret: string, signed: SignedEvents) {
  try {
    const events = READERS[provider](secret, signed)
    if (events) return events
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw malformed('The body is not valid JSON.')
  }
  throw malformed('The signature is not valid.')
}

/** True for an address that gets no newsletter; `emailKey` is an expression of its lower case. */
export const isSuppressed = (emailKey: SQL): SQL =>
  sql`exists (select 1 from suppressions where suppressions.email_key = ${emailKey})`

/** For the batch of whoever does not want them any more. */
export const withdrawMailAbout = (ctx: Context, about: string, reason: string) =>
  withdrawMails(ctx.db, isAbout(about), reason)
