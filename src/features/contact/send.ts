import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { newUid } from '../../core/ids.ts'
import { mailboxOf } from '../../core/mailbox.ts'
import { stamp } from '../../core/time.ts'
import type { Statement } from '../../db/client.ts'
import { checkTurnstile } from '../../platform/turnstile.ts'
import { keepAnswer } from '../idempotency/service.ts'
import { hasRoom, note, peek, refusal, take } from '../limits/service.ts'
import { mailStatement, type PreparedMail, prepareMail, wakeMailer } from '../mail/service.ts'
import { CONFIRMATIONS, CONFIRMATIONS_PER_ADDRESS, CONTACT_MESSAGES } from './limits.ts'
import { insertMessage, messageExists } from './repo.ts'
import type { ReceivedView, SendMessage } from './schemas.ts'
import type { contactMessages } from './table.ts'
import { aboutMessage, searchTextOf } from './words.ts'

type Mails = { notification: PreparedMail; confirmation: PreparedMail }

/**
 * Files a visitor's message and writes to the owner and to the visitor, all in one batch.
 * What a robot wrote is filed as spam, mails nobody and is answered alike.
 * Throws `rate_limited` when this source has sent all its messages for the hour.
 */
export async function sendMessage(ctx: Context, input: SendMessage): Promise<ReceivedView> {
  await checkTurnstile(ctx.settings, input.turnstile_token, 'contact')
  const row = toRow(input)
  const filed = messageExists(row.uid)
  const mails = row.status === 'spam' ? null : await prepareMails(ctx, input, row)
  const view: ReceivedView = { id: row.uid, status: 'received' }
  const [taken, , [quota]] = await ctx.db.batch([
    take(ctx, CONTACT_MESSAGES, ctx.source),
    insertMessage(ctx.db, row),
    peek(ctx, CONTACT_MESSAGES, ctx.source),
    ...(mails ? mailStatements(ctx, row, mails) : []),
    ...(await keepAnswer(ctx, view, filed)),
  ])
  note(ctx, CONTACT_MESSAGES, quota)
  if (taken.length === 0) throw refusal(ctx, CONTACT_MESSAGES)
  if (mails) await wakeMailer(ctx, [mails.notification.uid, mails.confirmation.uid])
  return view
}

const ALL = 'all'

type Row = typeof contactMessages.$inferInsert

function toRow(input: SendMessage): Row {
  const { name, email, message } = input
  const subject = input.subject || null
  const company = input.company || null
  return {
    uid: newUid(),
    name,
    email,
    subject,
    company,
    message,
    status: input.website ? 'spam' : 'unread',
    search: searchTextOf({ name, email, subject, company, message }),
    createdAt: Date.now(),
  }
}

async function prepareMails(ctx: Context, input: SendMessage, row: Row): Promise<Mails> {
  const about = aboutMessage(row.uid)
  const { name, email, message, subject, company } = input
  const [notification, confirmation] = await Promise.all([
    prepareMail(ctx, 'contact.notification', {
      to: ctx.settings.OWNER_EMAIL,
      replyTo: email,
      about,
      model: {
        name,
        email,
        message,
        ...(company && { company }),
        ...(subject && { topic: subject }),
        received_at: stamp(row.createdAt),
      },
    }),
    prepareMail(ctx, 'contact.confirmation', { to: email, about, model: {} }),
  ])
  return { notification, confirmation }
}

/** The owner hears of each message; an address gets one confirmation a day, whoever names it. */
function mailStatements(ctx: Context, row: Row, mails: Mails): Statement[] {
  const filed = messageExists(row.uid)
  const moved = sql`changes() > 0`
  // Without this an address would use up its one confirmation of the day and not get it.
  const room = hasRoom(ctx, CONFIRMATIONS, ALL)
  return [
    mailStatement(ctx, mails.notification, filed),
    take(ctx, CONFIRMATIONS_PER_ADDRESS, mailboxOf(row.email), sql`${filed} and ${room}`),
    take(ctx, CONFIRMATIONS, ALL, moved),
    mailStatement(ctx, mails.confirmation, moved),
  ]
}
