import {
  and,
  asc,
  count,
  desc,
  eq,
  gte,
  inArray,
  isNotNull,
  lt,
  lte,
  or,
  type SQL,
  sql,
} from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertEach, insertIf, type RowOf } from '../../db/record.ts'
import type { ListMail } from './schemas.ts'
import { outbox, suppressions } from './table.ts'

export function insertMail(db: Db, row: RowOf<typeof outbox>, condition: SQL) {
  return insertIf(db, outbox, row, condition)
}

export function insertMails(db: Db, rows: (typeof outbox.$inferInsert)[], condition: SQL) {
  return insertEach(db, outbox, rows, condition).returning({ uid: outbox.uid })
}

/**
 * Takes a mail that is due, or whose last taker let its lease run out, and nothing otherwise: of
 * two consumers with the same message one gets the row.
 */
export function claimMail(db: Db, uid: string, now: number, leasedUntil: number) {
  return db
    .update(outbox)
    .set({ status: 'sending', attempts: sql`${outbox.attempts} + 1`, leasedUntil })
    .where(
      and(
        eq(outbox.uid, uid),
        or(
          and(eq(outbox.status, 'queued'), lte(outbox.dueAt, now)),
          and(eq(outbox.status, 'sending'), lt(outbox.leasedUntil, now)),
        ),
      ),
    )
    .returning()
}

export function findMail(db: Db, uid: string) {
  return db.select().from(outbox).where(eq(outbox.uid, uid)).get()
}

/** `attempt` guards against a consumer that comes back after its lease has gone to another. */
export function markSent(db: Db, uid: string, attempt: number, now: number) {
  return db
    .update(outbox)
    .set({ status: 'sent', sentAt: now, payload: null, leasedUntil: null, lastError: null })
    .where(and(eq(outbox.uid, uid), eq(outbox.attempts, attempt)))
}

export function markForRetry(db: Db, uid: string, attempt: number, dueAt: number, error: string) {
  return db
    .update(outbox)
    .set({ status: 'queued', dueAt, leasedUntil: null, lastError: error })
    .where(and(eq(outbox.uid, uid), eq(outbox.attempts, attempt), eq(outbox.status, 'sending')))
}

export function markFailed(db: Db, uid: string, error: string) {
  return db
    .update(outbox)
    .set({ status: 'failed', leasedUntil: null, lastError: error })
    .where(and(eq(outbox.uid, uid), inArray(outbox.status, ['queued', 'sending'])))
}

/** For a dead letter: a row that other messages still work on keeps its state. */
export function markExhausted(db: Db, uid: string, attempts: number, error: string) {
  return db
    .update(outbox)
    .set({
      status: 'failed',
      leasedUntil: null,
      lastError: sql`coalesce(${outbox.lastError}, ${error})`,
    })
    .where(
      and(
        eq(outbox.uid, uid),
        inArray(outbox.status, ['queued', 'sending']),
        gte(outbox.attempts, attempts),
      ),
    )
}

/** A failed mail starts anew, as long as its content is still there. */
export function requeueFailed(db: Db, uid: string, now: number) {
  return db
    .update(outbox)
    .set({ status: 'queued', attempts: 0, dueAt: now, lastError: null })
    .where(and(eq(outbox.uid, uid), eq(outbox.status, 'failed'), isNotNull(outbox.payload)))
    .returning()
}

/**
 * Takes mails that should have been tried by `before`: never queued, lost on the way, or left
 * half-way. They are due from `now` on, which gives them time to arrive before the next sweep.
 */
export function takeOverdue(db: Db, before: number, now: number, limit: number) {
  const overdue = db
    .select({ id: outbox.id })
    .from(outbox)
    .where(
      and(
        sql`${outbox.status} in ('queued', 'sending')`,
        lt(outbox.dueAt, before),
        sql`coalesce(${outbox.leasedUntil}, 0) < ${before}`,
      ),
    )
    .orderBy(asc(outbox.dueAt))
    .limit(limit)
  return db
    .update(outbox)
    .set({ dueAt: now })
    .where(inArray(outbox.id, overdue))
    .returning({ uid: outbox.uid })
}

export function listMail(db: Db, filter: ListMail, before: number | undefined) {
  return db
    .select()
    .from(outbox)
    .where(and(matches(filter), before === undefined ? undefined : lt(outbox.id, before)))
    .orderBy(desc(outbox.id))
    .limit(filter.limit + 1)
}

export function countMail(db: Db, filter: ListMail) {
  return db.select({ count: count() }).from(outbox).where(matches(filter))
}

/** What still waits is kept however old it is. */
export function deleteMailBefore(db: Db, before: number, limit: number) {
  const old = db
    .select({ id: outbox.id })
    .from(outbox)
    // The plus keeps SQLite from walking the index of the status, which holds nearly all rows.
    .where(and(lt(outbox.createdAt, before), sql`+${outbox.status} in ('sent', 'failed')`))
    .orderBy(asc(outbox.createdAt))
    .limit(limit)
  return db.delete(outbox).where(inArray(outbox.id, old)).returning({ id: outbox.id })
}

/** The newest about one thing. */
export function findMailAbout(db: Db, about: string, limit: number) {
  return db
    .select()
    .from(outbox)
    .where(eq(outbox.about, about))
    .orderBy(desc(outbox.id))
    .limit(limit)
}

/** The mails about something that is deleted go with it: they name people too. */
export function deleteMailAbout(db: Db, about: string, condition: SQL) {
  return db.delete(outbox).where(and(eq(outbox.about, about), condition))
}

/**
 * Settles mails that are not sent, so that nobody sends them any more; their content is erased. One
 * that a consumer has in its hands may still arrive, and is then marked as sent.
 */
export function withdrawMails(db: Db, which: SQL, error: string) {
  return db
    .update(outbox)
    .set({ status: 'failed', payload: null, leasedUntil: null, lastError: error })
    .where(and(isNotNull(outbox.payload), which))
}

export const isAbout = (about: string): SQL => sql`${outbox.about} = ${about}`

export const isNewsTo = (emailKeys: string[]): SQL =>
  sql`${outbox.kind} like 'newsletter.%'
    and lower(${outbox.recipient}) in (select value from json_each(${JSON.stringify(emailKeys)}))`

/** An address that is known already keeps its first reason. */
export function insertSuppressions(db: Db, rows: (typeof suppressions.$inferInsert)[]) {
  return insertEach(db, suppressions, rows, sql`true`)
    .onConflictDoNothing()
    .returning({ emailKey: suppressions.emailKey })
}

const matches = (filter: ListMail) =>
  and(
    filter.status && eq(outbox.status, filter.status),
    filter.kind && eq(outbox.kind, filter.kind),
    filter.to === undefined
      ? undefined
      : sql`lower(${outbox.recipient}) = ${filter.to.toLowerCase()}`,
  )
