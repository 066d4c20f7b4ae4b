import { and, count, desc, eq, inArray, lt, ne, type SQL, sql } from 'drizzle-orm'
import type { Slice } from '../../core/page.ts'
import type { Db } from '../../db/client.ts'
import { recordIfChanged } from '../../db/record.ts'
import type { ListMessages, MessageStatus } from './schemas.ts'
import { contactMessages, contactReplies, type MessageRow } from './table.ts'

const message = {
  id: contactMessages.id,
  uid: contactMessages.uid,
  name: contactMessages.name,
  email: contactMessages.email,
  subject: contactMessages.subject,
  company: contactMessages.company,
  message: contactMessages.message,
  status: contactMessages.status,
  version: contactMessages.version,
  createdAt: contactMessages.createdAt,
}

/** The thread as JSON, oldest first: nested in the same statement, so that a list stays one round trip. */
const replies = sql<string>`(
  select json_group_array(json_object('uid', uid, 'body', body, 'createdAt', created_at))
  from (select uid, body, created_at from contact_replies
        where message_id = ${contactMessages}.${sql.identifier('id')} order by id)
)`.as('replies')

/** Inserts where the statement before it in the batch changed something. */
export function insertMessage(db: Db, row: typeof contactMessages.$inferInsert) {
  return recordIfChanged(db, contactMessages, row)
}

export const messageExists = (uid: string): SQL =>
  sql`exists (select 1 from contact_messages where uid = ${uid})`

export function listMessages(
  db: Db,
  filter: ListMessages,
  before: number | undefined,
  folded: string,
) {
  return db
    .select({ ...message, replies })
    .from(contactMessages)
    .where(
      and(
        matches(filter, folded),
        before === undefined ? undefined : lt(contactMessages.id, before),
      ),
    )
    .orderBy(desc(contactMessages.id))
    .limit(filter.limit + 1)
}

export function countMessages(db: Db, filter: ListMessages, folded: string) {
  return db.select({ count: count() }).from(contactMessages).where(matches(filter, folded))
}

export function countByStatus(db: Db) {
  return db
    .select({ status: contactMessages.status, count: count() })
    .from(contactMessages)
    .where(ne(contactMessages.status, 'spam'))
    .groupBy(contactMessages.status)
}

/** Newest first; spam is in another place. */
export function sliceMessages(db: Db, { skip, limit }: Slice, read: boolean | undefined) {
  const status = contactMessages.status
  return db
    .select(message)
    .from(contactMessages)
    .where(
      read === undefined
        ? ne(status, 'spam')
        : read
          ? // With the plus SQLite walks in the order that is asked for.
            sql`+${status} in ('read', 'archived')`
          : eq(status, 'unread'),
    )
    .orderBy(desc(contactMessages.id))
    .limit(limit)
    .offset(skip)
}

/** Nothing for spam. */
export function findNumbered(db: Db, id: number) {
  return db
    .select({ uid: contactMessages.uid, status: contactMessages.status })
    .from(contactMessages)
    .where(and(eq(contactMessages.id, id), ne(contactMessages.status, 'spam')))
}

export function findMessage(db: Db, uid: string) {
  return db
    .select({ ...message, replies })
    .from(contactMessages)
    .where(eq(contactMessages.uid, uid))
}

/** Changes nothing when the message is gone or, with `versions`, has another version. */
export function fileMessage(db: Db, uid: string, status: MessageStatus, versions?: number[]) {
  return db
    .update(contactMessages)
    .set({ status, version: sql`${contactMessages.version} + 1` })
    .where(isAt(uid, versions))
    .returning({ uid: contactMessages.uid })
}

export function deleteMessage(db: Db, uid: string, versions?: number[]) {
  return db
    .delete(contactMessages)
    .where(isAt(uid, versions))
    .returning({ uid: contactMessages.uid })
}

/** An answered message is a read one; one that was filed away stays where it is. */
export function touchForReply(db: Db, uid: string) {
  return db
    .update(contactMessages)
    .set({
      status: sql`case ${contactMessages.status} when 'unread' then 'read' else ${contactMessages.status} end`,
      version: sql`${contactMessages.version} + 1`,
    })
    .where(eq(contactMessages.uid, uid))
    .returning({ uid: contactMessages.uid })
}

/** Must follow touchForReply() in its batch. */
export function insertReply(db: Db, row: typeof contactReplies.$inferInsert) {
  return recordIfChanged(db, contactReplies, row)
}

export const replyExists = (uid: string): SQL =>
  sql`exists (select 1 from contact_replies where uid = ${uid})`

/** The oldest `limit` messages of one kind are looked at; those from before `before` go. */
export function deleteMessagesBefore(db: Db, status: MessageStatus, before: number, limit: number) {
  const oldest = db
    .select({ id: contactMessages.id, createdAt: contactMessages.createdAt })
    .from(contactMessages)
    .where(eq(contactMessages.status, status))
    .orderBy(contactMessages.id)
    .limit(limit)
    .as('oldest')
  const old = db.select({ id: oldest.id }).from(oldest).where(lt(oldest.createdAt, before))
  return db
    .delete(contactMessages)
    .where(inArray(contactMessages.id, old))
    .returning({ id: contactMessages.id })
}

const isAt = (uid: string, versions: number[] | undefined) =>
  and(
    eq(contactMessages.uid, uid),
    versions &&
      sql`${contactMessages.version} in (select value from json_each(${JSON.stringify(versions)}))`,
  )

const matches = (filter: ListMessages, folded: string) =>
  and(
    filter.status && eq(contactMessages.status, filter.status),
    folded === '' ? undefined : sql`instr(${contactMessages.search}, ${folded}) > 0`,
  )

export type ThreadRow = Omit<MessageRow, 'search'> & { replies: string }
