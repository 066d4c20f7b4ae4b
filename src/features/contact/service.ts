import { sql } from 'drizzle-orm'
import * as z from 'zod/mini'
import type { Context } from '../../context.ts'
import { changesOf } from '../../core/changes.ts'
import { notFound, stale } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import { newUid } from '../../core/ids.ts'
import { lazily } from '../../core/lazily.ts'
import type { Page } from '../../core/page.ts'
import { fold } from '../../core/text.ts'
import { DAY, iso } from '../../core/time.ts'
import { inChunks } from '../../db/chunks.ts'
import { readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import { keepAnswer } from '../idempotency/service.ts'
import { forgetMailAbout, mailStatement, prepareMail, wakeMailer } from '../mail/service.ts'
import {
  countByStatus,
  countMessages,
  deleteMessage,
  deleteMessagesBefore,
  fileMessage,
  findMessage,
  insertReply,
  listMessages,
  replyExists,
  type ThreadRow,
  touchForReply,
} from './repo.ts'
import {
  type FileMessage,
  type ListMessages,
  MESSAGE_STATUSES,
  type MessageStats,
  type MessageView,
  type ReplyToMessage,
  type ReplyView,
} from './schemas.ts'

import { aboutMessage } from './words.ts'

export { sendMessage } from './send.ts'

const LIST = 'contact.messages'

const Replies = lazily(() =>
  z.array(z.object({ uid: z.string(), body: z.string(), createdAt: z.number() })),
)

/** Where a message is found. */
export const messagePath = (uid: string): string => `/api/v1/contact/messages/${uid}`

export function listInbox(ctx: Context, filter: ListMessages): Promise<Page<MessageView>> {
  const folded = fold(filter.q ?? '')
  return readPage<ThreadRow, MessageView>(ctx, LIST, filter, {
    rows: (before) => listMessages(ctx.db, filter, before, folded),
    count: () => countMessages(ctx.db, filter, folded),
    view: toView,
  })
}

export async function readMessage(ctx: Context, uid: string): Promise<Tagged<MessageView>> {
  const [row] = await findMessage(ctx.db, uid)
  return toTagged(row)
}

export async function countInbox(ctx: Context): Promise<MessageStats> {
  const counts = await countByStatus(ctx.db)
  return {
    total: counts.reduce((sum, row) => sum + row.count, 0),
    unread: counts.find((row) => row.status === 'unread')?.count ?? 0,
  }
}

/** Throws `not_found`, or `stale` when the message is not in a state that `ifMatch` allows. */
export async function moveMessage(
  ctx: Context,
  uid: string,
  input: FileMessage,
  ifMatch?: Precondition,
): Promise<Tagged<MessageView>> {
  const present = await readMessage(ctx, uid)
  checkPrecondition(present.tag, ifMatch)
  const changes = changesOf(present.view, input)
  if (!changes) return present
  const [changed, , [row]] = await ctx.db.batch([
    fileMessage(ctx.db, uid, input.status, allowedVersions(ifMatch)),
    auditEntry(ctx, 'contact.update', { entity: 'message', id: uid, ...changes }),
    findMessage(ctx.db, uid),
  ])
  const message = toTagged(row)
  if (changed.length === 0) throw stale()
  return message
}

/** Deletes a message with its thread and its mails. */
export async function removeMessage(
  ctx: Context,
  uid: string,
  ifMatch?: Precondition,
): Promise<void> {
  const [deleted] = await ctx.db.batch([
    deleteMessage(ctx.db, uid, allowedVersions(ifMatch)),
    auditEntry(ctx, 'contact.delete', { entity: 'message', id: uid }),
    forgetMailAbout(ctx, aboutMessage(uid), sql`changes() > 0`),
  ])
  if (deleted.length > 0) return
  await readMessage(ctx, uid)
  throw stale()
}

/** Answers a visitor by mail and keeps the answer in the thread. */
export async function replyToMessage(
  ctx: Context,
  uid: string,
  input: ReplyToMessage,
): Promise<ReplyView> {
  const [message] = await findMessage(ctx.db, uid)
  if (!message) throw notFound('Message')
  const reply = { uid: newUid(), messageId: message.id, body: input.body, createdAt: Date.now() }
  const view = { id: reply.uid, body: reply.body, created_at: iso(reply.createdAt) }
  const mail = await prepareMail(ctx, 'contact.reply', {
    to: message.email,
    replyTo: ctx.settings.OWNER_EMAIL,
    about: aboutMessage(uid),
    model: { message: input.body, ...(message.subject && { topic: message.subject }) },
  })
  const written = replyExists(reply.uid)
  const [touched] = await ctx.db.batch([
    touchForReply(ctx.db, uid),
    insertReply(ctx.db, reply),
    auditEntry(ctx, 'contact.reply', { entity: 'message', id: uid, after: { reply: reply.uid } }),
    mailStatement(ctx, mail, written),
    ...(await keepAnswer(ctx, view, written)),
  ])
  if (touched.length === 0) throw notFound('Message')
  await wakeMailer(ctx, [mail.uid])
  return view
}

export async function forgetOldMessages(ctx: Context): Promise<void> {
  const { KEEP_MESSAGES_DAYS, KEEP_SPAM_DAYS } = ctx.settings
  for (const status of MESSAGE_STATUSES) {
    const days = status === 'spam' ? KEEP_SPAM_DAYS : KEEP_MESSAGES_DAYS
    if (days === 0) continue
    const before = Date.now() - days * DAY
    await inChunks((limit) => deleteMessagesBefore(ctx.db, status, before, limit))
  }
}

function toTagged(row: ThreadRow | undefined): Tagged<MessageView> {
  if (!row) throw notFound('Message')
  return { view: toView(row), tag: String(row.version) }
}

const toView = (row: ThreadRow): MessageView => ({
  id: row.uid,
  name: row.name,
  email: row.email,
  subject: row.subject,
  company: row.company,
  message: row.message,
  status: row.status,
  created_at: iso(row.createdAt),
  replies: Replies()
    .parse(JSON.parse(row.replies))
    .map((reply) => ({
      id: reply.uid,
      body: reply.body,
      created_at: iso(reply.createdAt),
    })),
})
