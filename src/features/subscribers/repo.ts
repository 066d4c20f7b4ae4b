import { and, asc, count, desc, eq, gt, inArray, isNull, lt, ne, type SQL, sql } from 'drizzle-orm'
import type { Slice } from '../../core/page.ts'
import type { Db } from '../../db/client.ts'
import { type RowOf, rowIf } from '../../db/record.ts'
import { suppressions } from '../mail/table.ts'
import type { SubscriberStatus } from './kinds.ts'
import type { ListSubscribers } from './schemas.ts'
import { newsletters, subscribers } from './table.ts'

/**
 * Adds an address, or gives a known one a new link to confirm: the older ends. Changes nothing where
 * it is confirmed, or `condition` does not hold.
 */
export function askAnew(db: Db, row: RowOf<typeof subscribers>, condition: SQL) {
  return db
    .insert(subscribers)
    .select(rowIf(subscribers, row, condition))
    .onConflictDoUpdate({
      target: subscribers.emailKey,
      set: {
        email: sql`excluded.email`,
        confirmHash: sql`excluded.confirm_hash`,
        confirmExpiresAt: sql`excluded.confirm_expires_at`,
      },
      setWhere: ne(subscribers.status, 'confirmed'),
    })
}

/** The id of whoever has the address, inside a batch. */
export const idOf = (emailKey: string): SQL =>
  sql`(select id from subscribers where email_key = ${emailKey})`

export function findByEmail(db: Db, emailKey: string) {
  return db.select().from(subscribers).where(eq(subscribers.emailKey, emailKey))
}

/** By their place, oldest first. */
export function sliceSubscribers(
  db: Db,
  { skip, limit }: Slice,
  status: SubscriberStatus | undefined,
) {
  return db
    .select()
    .from(subscribers)
    .where(status && eq(subscribers.status, status))
    .orderBy(asc(subscribers.id))
    .limit(limit)
    .offset(skip)
}

/** Whether somebody confirmed by this link and has not left since. */
export function findConfirmed(db: Db, hash: string) {
  return db
    .select({ id: subscribers.id })
    .from(subscribers)
    .where(and(eq(subscribers.confirmHash, hash), eq(subscribers.status, 'confirmed')))
}

/** Spends the link: a second time it confirms nothing. */
export function confirmByHash(db: Db, hash: string, now: number, guard: SQL) {
  return db
    .update(subscribers)
    .set({
      status: 'confirmed',
      confirmedAt: now,
      unsubscribedAt: null,
      confirmExpiresAt: null,
    })
    .where(and(eq(subscribers.confirmHash, hash), gt(subscribers.confirmExpiresAt, now), guard))
    .returning({ id: subscribers.id })
}

export function unsubscribeById(db: Db, id: number, now: number) {
  return db
    .update(subscribers)
    .set({ status: 'unsubscribed', unsubscribedAt: now, confirmHash: null, confirmExpiresAt: null })
    .where(and(eq(subscribers.id, id), ne(subscribers.status, 'unsubscribed')))
}

type Leave = { confirmHash: string; confirmExpiresAt: number; unsubscribedAt: number }

/** The same, with a link that leads back. */
export function leaveById(db: Db, id: number, leave: Leave) {
  return db
    .update(subscribers)
    .set({ status: 'unsubscribed', ...leave })
    .where(and(eq(subscribers.id, id), ne(subscribers.status, 'unsubscribed')))
    .returning({ id: subscribers.id })
}

export const hasLeftBy = (id: number, hash: string): SQL =>
  sql`exists (select 1 from subscribers where id = ${id} and confirm_hash = ${hash})`

export function listSubscribers(
  db: Db,
  filter: ListSubscribers,
  before: number | undefined,
  folded: string,
) {
  return db
    .select()
    .from(subscribers)
    .where(
      and(matches(filter, folded), before === undefined ? undefined : lt(subscribers.id, before)),
    )
    .orderBy(desc(subscribers.id))
    .limit(filter.limit + 1)
}

export function countSubscribers(db: Db, filter: ListSubscribers, folded: string) {
  return db.select({ count: count() }).from(subscribers).where(matches(filter, folded))
}

const matches = (filter: ListSubscribers, folded: string) =>
  and(
    filter.status && eq(subscribers.status, filter.status),
    folded === '' ? undefined : sql`instr(${subscribers.emailKey}, ${folded}) > 0`,
  )

export function countByStatus(db: Db) {
  return db
    .select({ status: subscribers.status, count: count() })
    .from(subscribers)
    .groupBy(subscribers.status)
}

/** Who has confirmed and is not mailed all the same. */
export function countConfirmedInVain(db: Db) {
  return db
    .select({ count: count() })
    .from(suppressions)
    .innerJoin(subscribers, eq(subscribers.emailKey, suppressions.emailKey))
    .where(eq(subscribers.status, 'confirmed'))
}

/** The next ones behind `after`, oldest first. */
export function walkSubscribers(
  db: Db,
  status: SubscriberStatus | undefined,
  after: number,
  limit: number,
) {
  return db
    .select()
    .from(subscribers)
    .where(and(status && eq(subscribers.status, status), gt(subscribers.id, after)))
    .orderBy(asc(subscribers.id))
    .limit(limit)
}

export function deleteSubscriber(db: Db, id: number) {
  return db.delete(subscribers).where(eq(subscribers.id, id)).returning({ id: subscribers.id })
}

/** Those who never confirmed and whose last link has ended before `before`. */
export function deletePendingBefore(db: Db, before: number, limit: number) {
  const old = db
    .select({ id: subscribers.id })
    .from(subscribers)
    .where(and(eq(subscribers.status, 'pending'), lt(subscribers.confirmExpiresAt, before)))
    .limit(limit)
  return db
    .delete(subscribers)
    .where(inArray(subscribers.id, old))
    .returning({ id: subscribers.id })
}

/** The subscription of an account's address. */
export function findByUser(db: Db, userId: number) {
  return db
    .select()
    .from(subscribers)
    .where(sql`email_key = (select email_key from users where users.id = ${userId})`)
}

/** The oldest newsletter that is not through, with what it tells of as JSON. */
export function findWaiting(db: Db) {
  return db
    .select({
      id: newsletters.id,
      entityType: newsletters.entityType,
      entityId: newsletters.entityId,
      cursor: newsletters.cursor,
      createdAt: newsletters.createdAt,
      news: sql<string | null>`case entity_type
        when 'post' then (
          select json_object('slug', slug, 'title', title, 'summary', excerpt)
          from posts where posts.id = entity_id and status = 'published')
        when 'project' then (
          select json_object('slug', slug, 'title', title, 'summary', summary)
          from projects where projects.id = entity_id and status = 'published')
        end`.as('news'),
    })
    .from(newsletters)
    .where(isNull(newsletters.finishedAt))
    .orderBy(asc(newsletters.id))
    .limit(1)
}

/** Who is told: confirmed before it was published, and not suppressed since. */
export const isTold = (publishedAt: number): SQL =>
  sql`subscribers.status = 'confirmed' and subscribers.confirmed_at <= ${publishedAt}
    and not exists (select 1 from suppressions where suppressions.email_key = subscribers.email_key)`

export function nextReaders(db: Db, publishedAt: number, after: number, limit: number) {
  return db
    .select({ id: subscribers.id, email: subscribers.email })
    .from(subscribers)
    .where(and(isTold(publishedAt), gt(subscribers.id, after)))
    .orderBy(asc(subscribers.id))
    .limit(limit)
}

/** Of two jobs with the same part one gets it, and none what was hidden meanwhile: a trigger ends that. */
export function moveCursor(
  db: Db,
  id: number,
  from: number,
  { to, mails, finishedAt }: { to: number; mails: number; finishedAt: number | null },
) {
  return db
    .update(newsletters)
    .set({ cursor: to, queued: sql`${newsletters.queued} + ${mails}`, finishedAt })
    .where(
      and(eq(newsletters.id, id), eq(newsletters.cursor, from), isNull(newsletters.finishedAt)),
    )
    .returning({ id: newsletters.id })
}

export function finishNewsletter(db: Db, id: number, now: number) {
  return db
    .update(newsletters)
    .set({ finishedAt: now })
    .where(and(eq(newsletters.id, id), isNull(newsletters.finishedAt)))
}
