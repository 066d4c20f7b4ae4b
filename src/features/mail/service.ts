import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { seal } from '../../core/crypto.ts'
import { conflict, notFound } from '../../core/errors.ts'
import { newUid } from '../../core/ids.ts'
import { type Page, readCursor, toPage, writeCursor } from '../../core/page.ts'
import { DAY, iso, isoOrNull } from '../../core/time.ts'
import { describeError } from '../../platform/telemetry.ts'
import { MAILS, type MailKind, type MailModel, type MailPayload } from './kinds.ts'
import { renderSubject } from './render.ts'
import {
  countMail,
  deleteMailBefore,
  findMail,
  insertMail,
  listMail,
  requeueFailed,
} from './repo.ts'
import type { ListMail, MailView, SendTestMail } from './schemas.ts'
import type { OutboxRow, outbox } from './table.ts'

export type PreparedMail = typeof outbox.$inferInsert

const LIST = 'mail'
const DELETED_AT_ONCE = 500

type Letter<Kind extends MailKind> = { to: string; replyTo?: string; model: MailModel<Kind> }

/** Seals a mail for the outbox. mailStatement() puts it into the batch of what caused it. */
export async function prepareMail<Kind extends MailKind>(
  ctx: Context,
  kind: Kind,
  letter: Letter<Kind>,
): Promise<PreparedMail> {
  const uid = newUid()
  const now = Date.now()
  const model = MAILS[kind].model.parse(letter.model)
  const payload: MailPayload = {
    to: letter.to,
    reply_to: letter.replyTo ?? null,
    model: { ...model },
  }
  return {
    uid,
    kind,
    recipient: letter.to,
    subject: renderSubject(ctx.settings, kind, letter.model),
    payload: await seal(ctx.settings.keys, uid, JSON.stringify(payload)),
    status: 'queued',
    attempts: 0,
    dueAt: now,
    createdAt: now,
  }
}

/** Writes the mail where `condition` holds when the batch comes to it. */
export const mailStatement = (ctx: Context, mail: PreparedMail, condition: SQL = sql`true`) =>
  insertMail(ctx.db, mail, condition)

/**
 * Tells the queue of mails that are in the outbox. When it refuses nothing is lost: the sweep finds
 * them within minutes.
 */
export async function wakeMailer(ctx: Context, uids: string[]): Promise<void> {
  try {
    await ctx.jobs.send(uids.map((id) => ({ kind: 'mail.send', id })))
  } catch (error) {
    ctx.log('warn', 'queue.refused', { mails: uids, ...describeError(error) })
  }
}

export async function sendTestMail(ctx: Context, input: SendTestMail): Promise<MailView> {
  const sentAt = `${iso(Date.now()).slice(0, 16).replace('T', ' ')} UTC`
  const mail = await prepareMail(ctx, 'system.test', { to: input.to, model: { sent_at: sentAt } })
  await mailStatement(ctx, mail)
  await wakeMailer(ctx, [mail.uid])
  return readMail(ctx, mail.uid)
}

export async function listMails(ctx: Context, filter: ListMail): Promise<Page<MailView>> {
  const secret = ctx.settings.SECRET_KEY
  const before = readCursor(secret, LIST, filter.cursor)?.[0]
  const page = listMail(ctx.db, filter, before)
  const [rows, counted] = filter.count
    ? await ctx.db.batch([page, countMail(ctx.db, filter)])
    : [await page, []]
  const shown = toPage(rows, filter.limit, toView, (row) => writeCursor(secret, LIST, [row.id]))
  return counted[0] ? { ...shown, count: counted[0].count } : shown
}

export async function readMail(ctx: Context, uid: string): Promise<MailView> {
  const row = await findMail(ctx.db, uid)
  if (!row) throw notFound('Mail')
  return toView(row)
}

/** Sends a failed mail once more. Throws `conflict` for any other: it is on its way or gone. */
export async function retryMail(ctx: Context, uid: string): Promise<MailView> {
  const [row] = await requeueFailed(ctx.db, uid, Date.now())
  if (!row) {
    await readMail(ctx, uid)
    throw conflict('Only a mail that failed can be sent again.')
  }
  await wakeMailer(ctx, [uid])
  return toView(row)
}

export async function forgetOldMails(ctx: Context): Promise<void> {
  const keep = ctx.settings.KEEP_MAIL_DAYS
  if (keep === 0) return
  const before = Date.now() - keep * DAY
  let deleted: unknown[]
  do {
    deleted = await deleteMailBefore(ctx.db, before, DELETED_AT_ONCE)
  } while (deleted.length === DELETED_AT_ONCE)
}

const toView = (row: OutboxRow): MailView => ({
  id: row.uid,
  kind: row.kind,
  to: row.recipient,
  subject: row.subject,
  status: row.status,
  attempts: row.attempts,
  last_error: row.lastError,
  created_at: iso(row.createdAt),
  sent_at: isoOrNull(row.sentAt),
})
