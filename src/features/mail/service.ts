import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { seal } from '../../core/crypto.ts'
import { conflict, notFound } from '../../core/errors.ts'
import type { Tagged } from '../../core/etag.ts'
import { newUid } from '../../core/ids.ts'
import type { Page } from '../../core/page.ts'
import { DAY, iso, isoOrNull, stamp } from '../../core/time.ts'
import { inChunks } from '../../db/chunks.ts'
import { readPage } from '../../db/page.ts'
import { describeError } from '../../platform/telemetry.ts'
import { type Action, auditEntry } from '../audit/service.ts'
import { keepAnswer } from '../idempotency/service.ts'
import { MAILS, type MailKind, type MailModel, type MailPayload } from './kinds.ts'
import { renderSubject } from './render.ts'
import {
  countMail,
  deleteMailAbout,
  deleteMailBefore,
  findMail,
  findMailAbout,
  insertMail,
  insertMails,
  listMail,
  requeueFailed,
} from './repo.ts'
import type { ListMail, MailView, SendTestMail } from './schemas.ts'
import type { OutboxRow } from './table.ts'

export type { MailModel } from './kinds.ts'

/** A row of the outbox before it has an id. */
export type PreparedMail = Omit<OutboxRow, 'id'>

/** The same where only the batch knows what it is about. */
type MailOf<About> = Omit<PreparedMail, 'about'> & { about: About | null }

type Letter<Kind extends MailKind> = {
  to: string
  replyTo?: string
  /** Headers beside those that every mail has. */
  headers?: Record<string, string>
  /** What it is about, as `message:<uid>`. */
  about?: string
  model: MailModel<Kind>
}

/** Seals a mail for the outbox. mailStatement() puts it into the batch of what caused it. */
export async function prepareMail<Kind extends MailKind>(
  ctx: Context,
  kind: Kind,
  letter: Letter<Kind>,
): Promise<PreparedMail> {
  const uid = newUid()
  const now = Date.now()
  const model = MAILS[kind].model().parse(letter.model)
  const payload: MailPayload = {
    to: letter.to,
    reply_to: letter.replyTo ?? null,
    headers: letter.headers ?? {},
    model: { ...model },
  }
  return {
    uid,
    kind,
    recipient: letter.to,
    about: letter.about ?? null,
    subject: renderSubject(ctx.settings, kind, letter.model),
    payload: await seal(ctx.settings.keys, uid, JSON.stringify(payload)),
    status: 'queued',
    attempts: 0,
    dueAt: now,
    leasedUntil: null,
    lastError: null,
    createdAt: now,
    sentAt: null,
  }
}

/** Writes the mail where `condition` holds when the batch comes to it. */
export const mailStatement = (
  ctx: Context,
  mail: MailOf<string | SQL>,
  condition: SQL = sql`true`,
) => insertMail(ctx.db, mail, condition)

/**
 * Writes those of many mails for which `condition` holds; in it `given.value` is the mail as JSON,
 * with whatever else the caller put there.
 */
export const mailStatements = (ctx: Context, mails: PreparedMail[], condition: SQL) =>
  insertMails(ctx.db, mails, condition)

/**
 * Tells the queue of mails that are in the outbox, behind the answer. When it refuses nothing is
 * lost: the sweep finds them within minutes.
 */
export function wakeMailer(ctx: Context, uids: string[]): Promise<void> {
  return ctx.later(async () => {
    try {
      await ctx.jobs.send(uids.map((id) => ({ kind: 'mail.send', id })))
    } catch (error) {
      ctx.log('warn', 'queue.refused', { mails: uids, ...describeError(error) })
    }
  })
}

export async function sendTestMail(
  ctx: Context,
  { to }: SendTestMail,
  kind: 'system.test' | 'dialect.test' = 'system.test',
): Promise<MailView> {
  const model = { sent_at: stamp(Date.now()) }
  return await sendAtOnce(ctx, await prepareMail(ctx, kind, { to, model }), 'mail.test')
}

/** Mails a few words to whom an admin names. */
export async function sendNotification(
  ctx: Context,
  { to, message }: { to: string; message: string },
): Promise<MailView> {
  const mail = await prepareMail(ctx, 'dialect.notification', { to, model: { message } })
  return await sendAtOnce(ctx, mail, 'mail.notify')
}

async function sendAtOnce(
  ctx: Context,
  mail: PreparedMail,
  action: Extract<Action, 'mail.test' | 'mail.notify'>,
): Promise<MailView> {
  const view = toMailView(mail)
  await ctx.db.batch([
    mailStatement(ctx, mail),
    auditEntry(ctx, action, { entity: 'mail', id: mail.uid }),
    ...(await keepAnswer(ctx, view, sql`true`)),
  ])
  await wakeMailer(ctx, [mail.uid])
  return view
}

export const listMails = (ctx: Context, filter: ListMail): Promise<Page<MailView>> =>
  readPage<OutboxRow, MailView>(ctx, 'mail', filter, {
    rows: (before) => listMail(ctx.db, filter, before),
    count: () => countMail(ctx.db, filter),
    view: toMailView,
  })

export async function readMail(ctx: Context, uid: string): Promise<Tagged<MailView>> {
  const row = await findMail(ctx.db, uid)
  if (!row) throw notFound('Mail')
  return { view: toMailView(row), tag: `${row.status}.${row.attempts}` }
}

/** Sends a failed mail once more. Throws `conflict` for any other: it is on its way or gone. */
export async function retryMail(ctx: Context, uid: string): Promise<MailView> {
  const [[row]] = await ctx.db.batch([
    requeueFailed(ctx.db, uid, Date.now()),
    auditEntry(ctx, 'mail.retry', { entity: 'mail', id: uid }),
  ])
  if (!row) {
    await readMail(ctx, uid)
    throw conflict('Only a mail that failed can be sent again.')
  }
  await wakeMailer(ctx, [uid])
  return toMailView(row)
}

/** The newest mails about one thing, for the batch that reads it. */
export const mailAboutStatement = (ctx: Context, about: string, limit: number) =>
  findMailAbout(ctx.db, about, limit)

/** For the batch that deletes what the mails are about. */
export const forgetMailAbout = (ctx: Context, about: string, condition: SQL) =>
  deleteMailAbout(ctx.db, about, condition)

export async function forgetOldMails(ctx: Context): Promise<void> {
  const keep = ctx.settings.KEEP_MAIL_DAYS
  if (keep === 0) return
  const before = Date.now() - keep * DAY
  await inChunks((limit) => deleteMailBefore(ctx.db, before, limit))
}

type Shown = Omit<OutboxRow, 'id' | 'payload' | 'about' | 'dueAt' | 'leasedUntil'>

export const toMailView = (row: Shown): MailView => ({
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
