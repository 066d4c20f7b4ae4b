import { and, count, desc, eq, inArray, lt, type SQL, sql } from 'drizzle-orm'
import { COMMENTED, PLACES, type ThingName } from '../../core/things.ts'
import type { Db } from '../../db/client.ts'
import { recordIfChanged } from '../../db/record.ts'
import { users } from '../users/table.ts'
import type { CommentStatus } from './kinds.ts'
import type { ListComments } from './schemas.ts'
import { comments } from './table.ts'

/** Whose it is: what a guest wrote, or what the account is called now. */
const nameOf = (alias: 'comments' | 'r') => {
  const at = sql.raw(alias)
  return sql<string>`case when ${at}.user_id is not null
    then coalesce((select coalesce(full_name, username) from users where id = ${at}.user_id), 'Anonymous')
    else coalesce(${at}.name, 'Deleted account') end`
}

/** What one JSON value of the replies holds. */
export type NestedReply = { id: number; name: string; content: string; createdAt: number }

/** The approved ones, oldest first: nested in the same statement, so that a list stays one round trip. */
const repliesUpTo = (most: number) => sql<string>`(
  select json_group_array(json_object('id', r.id, 'name', ${nameOf('r')},
    'content', r.content, 'createdAt', r.created_at))
  from (select * from comments c where c.parent_id = comments.id and c.status = 'approved'
    order by c.id limit ${most}) r)`

const shown = {
  id: comments.id,
  name: nameOf('comments').as('shown_name'),
  content: comments.content,
  parentId: comments.parentId,
  createdAt: comments.createdAt,
}

const queued = {
  ...shown,
  email: sql<string | null>`coalesce(comments.email,
    (select email from users where id = comments.user_id))`.as('shown_email'),
  status: comments.status,
  entityType: comments.entityType,
  entityId: comments.entityId,
  source: comments.source,
  version: comments.version,
}

/** What one page of them holds: characters, before the comment that it ends with. */
const MOST_CHARACTERS = 500_000

/**
 * Comments of a thing that everybody may read, newest first. Those behind what one page holds have no
 * `replies`: they only tell that there are more.
 */
export function listShown(
  db: Db,
  { type, id }: ThingName,
  limit: number,
  mostReplies: number,
  before: number | undefined,
) {
  const thread = db
    .select({ ...shown, replies: repliesUpTo(mostReplies).as('thread_replies') })
    .from(comments)
    .where(
      and(
        sql`comments.entity_type = ${type} and comments.entity_id = ${id}
          and comments.status = 'approved' and comments.parent_id is null`,
        before === undefined ? undefined : lt(comments.id, before),
      ),
    )
    .orderBy(desc(comments.id))
    .limit(limit + 1)
    .as('thread')
  const ahead = sql`sum(length(content) + length(thread_replies)) over (order by id desc
    rows between unbounded preceding and 1 preceding)`
  return db
    .select({
      id: thread.id,
      name: thread.name,
      content: thread.content,
      parentId: thread.parentId,
      createdAt: thread.createdAt,
      replies: sql<string | null>`case when coalesce(${ahead}, 0) < ${MOST_CHARACTERS}
        then thread_replies end`.as('replies'),
    })
    .from(thread)
    .orderBy(desc(thread.id))
}

/** How many approved replies a comment has that may be answered; nothing for any other. */
export function findAnswerable(db: Db, thing: ThingName, id: number) {
  return db
    .select({
      id: comments.id,
      replies: sql<number>`(select count(*) from comments c
        where c.parent_id = comments.id and c.status = 'approved')`.as('replies'),
    })
    .from(comments)
    .where(and(eq(comments.id, id), isAnswerable(thing)))
}

const isAnswerable = ({ type, id }: ThingName): SQL =>
  sql`entity_type = ${type} and entity_id = ${id} and status = 'approved' and parent_id is null`

/** True while the comment may be answered, for the condition of an answer. */
export const mayBeAnswered = (thing: ThingName, id: number): SQL =>
  sql`exists (select 1 from comments where id = ${id} and ${isAnswerable(thing)})`

/** Who writes, and whether a comment of theirs was approved before. */
export function findAuthor(db: Db, userId: number) {
  return db
    .select({
      email: users.email,
      name: sql<string | null>`coalesce(full_name, username)`.as('shown_name'),
      isKnown: sql<number>`exists (select 1 from comments
        where user_id = ${userId} and status = 'approved')`.as('is_known'),
    })
    .from(users)
    .where(eq(users.id, userId))
}

/** Inserts where the statement before it in the batch changed something. */
export function insertComment(db: Db, row: typeof comments.$inferInsert) {
  return recordIfChanged(db, comments, row)
}

export const commentExists = (key: string): SQL =>
  sql`exists (select 1 from comments where key = ${key})`

export const idOf = (key: string): SQL => sql`(select id from comments where key = ${key})`

export function findMade(db: Db, made: { key: string } | { id: number }) {
  return db
    .select({ ...shown, status: comments.status })
    .from(comments)
    .where('key' in made ? eq(comments.key, made.key) : eq(comments.id, made.id))
}

export function listComments(
  db: Db,
  filter: ListComments,
  before: number | undefined,
  folded: string,
) {
  return db
    .select(queued)
    .from(comments)
    .where(and(matches(filter, folded), before === undefined ? undefined : lt(comments.id, before)))
    .orderBy(desc(comments.id))
    .limit(filter.limit + 1)
}

export function countComments(db: Db, filter: ListComments, folded: string) {
  return db.select({ count: count() }).from(comments).where(matches(filter, folded))
}

const slug = sql<string>`case entity_type ${sql.join(
  COMMENTED.map((type) => {
    const [name, table] = [sql.raw(`'${type}'`), sql.raw(PLACES[type])]
    return sql`when ${name} then (select slug from ${table} where id = comments.entity_id)`
  }),
  sql` `,
)} end`

/** With the slug of what it stands under. */
export function findComment(db: Db, id: number) {
  return db
    .select({ ...queued, slug: slug.as('slug') })
    .from(comments)
    .where(eq(comments.id, id))
}

/** Those of `ids` that there are, with what they stand under. */
export function findPlaces(db: Db, ids: number[]) {
  return db
    .select({
      id: comments.id,
      entityType: comments.entityType,
      entityId: comments.entityId,
      slug: slug.as('slug'),
    })
    .from(comments)
    .where(isAmong(ids))
}

/** Changes nothing when the comment is gone or, with `versions`, has another version. */
export function fileComment(db: Db, id: number, status: CommentStatus, versions?: number[]) {
  return db
    .update(comments)
    .set({ status, version: sql`version + 1` })
    .where(isAt(id, versions))
    .returning({ id: comments.id })
}

export function deleteComment(db: Db, id: number, versions?: number[]) {
  return db.delete(comments).where(isAt(id, versions)).returning({ id: comments.id })
}

export function fileComments(db: Db, ids: number[], status: CommentStatus) {
  return db
    .update(comments)
    .set({ status, version: sql`version + 1` })
    .where(and(isAmong(ids), sql`status <> ${status}`))
}

export function deleteComments(db: Db, ids: number[]) {
  return db.delete(comments).where(isAmong(ids))
}

/** The oldest `limit` of the spam are looked at; those from before `before` go. */
export function deleteSpamBefore(db: Db, before: number, limit: number) {
  const oldest = db
    .select({ id: comments.id, createdAt: comments.createdAt })
    .from(comments)
    .where(eq(comments.status, 'spam'))
    .orderBy(comments.id)
    .limit(limit)
    .as('oldest')
  const old = db.select({ id: oldest.id }).from(oldest).where(lt(oldest.createdAt, before))
  return db.delete(comments).where(inArray(comments.id, old)).returning({ id: comments.id })
}

export function eraseSourcesBefore(db: Db, before: number, limit: number) {
  const old = db
    .select({ id: comments.id })
    .from(comments)
    .where(sql`source is not null and created_at < ${before}`)
    .limit(limit)
  return db
    .update(comments)
    .set({ source: null })
    .where(inArray(comments.id, old))
    .returning({ id: comments.id })
}

const isAt = (id: number, versions: number[] | undefined) =>
  and(
    eq(comments.id, id),
    versions && sql`version in (select value from json_each(${JSON.stringify(versions)}))`,
  )

const isAmong = (ids: number[]): SQL =>
  sql`comments.id in (select value from json_each(${JSON.stringify(ids)}))`

/** The plus keeps SQLite from an index that does not know the order of the list. */
const matches = (filter: ListComments, folded: string) =>
  and(
    filter.status && eq(comments.status, filter.status),
    filter.entity_type && sql`+comments.entity_type = ${filter.entity_type}`,
    folded === ''
      ? undefined
      : sql`(instr(comments.search, ${folded}) > 0
          or instr(lower(coalesce(comments.email, '')), ${folded}) > 0
          or instr((select search from users where id = comments.user_id), ${folded}) > 0)`,
  )
