import { and, asc, eq, inArray, isNull, lte, or, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { orders } from '../orders/table.ts'
import { users } from '../users/table.ts'

export function findEmail(db: Db, userId: number) {
  return db.select({ email: users.email }).from(users).where(eq(users.id, userId))
}

/** The order of the same click, if it was placed behind `since`. */
export function findClick(db: Db, clickKey: string | null, since: number) {
  return db
    .select({ uid: orders.uid })
    .from(orders)
    .where(and(eq(orders.clickKey, clickKey ?? ''), sql`created_at > ${since}`))
}

/** Forgets a click that is no double click any more, so that its key can be used again. */
export function clearClick(db: Db, clickKey: string | null, before: number) {
  return db
    .update(orders)
    .set({ clickKey: null })
    .where(and(eq(orders.clickKey, clickKey ?? ''), lte(orders.createdAt, before)))
}

export function clearClicks(db: Db, before: number) {
  return db
    .update(orders)
    .set({ clickKey: null })
    .where(sql`click_key > '' and created_at <= ${before}`)
}

export const isFirstClick = (clickKey: string | null): SQL =>
  sql`not exists (select 1 from orders where click_key = ${clickKey ?? ''})`

const unpaid = (source: string): SQL =>
  sql`source = ${source} and status = 'pending' and payment_status in ('none', 'failed')`

export const holdsLessThan = (source: string, most: number): SQL =>
  sql`(select count(*) from orders where ${unpaid(source)}) < ${most}`

/** How many unpaid orders somebody holds goods with, and when the first of them ends. */
export function findHeld(db: Db, source: string) {
  return db
    .select({
      held: sql<number>`count(*)`.as('held'),
      until: sql<number | null>`min(reserved_until)`.as('until'),
    })
    .from(orders)
    .where(unpaid(source))
}

export const idOf = (uid: string): SQL => sql`(select id from orders where uid = ${uid})`

export function findUid(db: Db, id: number) {
  return db.select({ uid: orders.uid }).from(orders).where(eq(orders.id, id))
}

/** Says where the order is paid; the result of the call is known. */
export function storeSession(db: Db, uid: string, { id, url }: { id: string; url: string }) {
  return db
    .update(orders)
    .set({
      sessionId: id,
      sessionUrl: url,
      resolveAt: null,
      version: sql`version + 1`,
      updatedAt: Date.now(),
    })
    .where(and(eq(orders.uid, uid), or(isNull(orders.sessionId), eq(orders.sessionId, id))))
    .returning({ status: orders.status })
}

/** Takes the call to the provider upon itself until `until`; nothing when somebody else has. */
export function claimCall(db: Db, uid: string, now: number, until: number) {
  return db
    .update(orders)
    .set({ resolveAt: until })
    .where(and(eq(orders.uid, uid), lte(orders.resolveAt, now), eq(orders.status, 'pending')))
    .returning({ uid: orders.uid })
}

/** Says when the call is due again whose result is not known. */
export function postponeCall(db: Db, uid: string, at: number) {
  return db
    .update(orders)
    .set({ resolveAt: at })
    .where(and(eq(orders.uid, uid), sql`resolve_at is not null`))
}

/** Of an order that is over no result is waited for, and no click leads to it. */
export function closeCall(db: Db, uid: string) {
  return db
    .update(orders)
    .set({ resolveAt: null, clickKey: null, source: null })
    .where(and(eq(orders.uid, uid), inArray(orders.status, ['cancelled', 'expired'])))
}

export function listUnresolved(db: Db, now: number, limit: number) {
  return db
    .select({ uid: orders.uid })
    .from(orders)
    .where(sql`resolve_at is not null and resolve_at <= ${now} and status = 'pending'`)
    .orderBy(asc(orders.resolveAt))
    .limit(limit)
}

/** Unpaid orders whose goods are held too long. */
export function listOverdue(db: Db, now: number, limit: number) {
  return db
    .select({
      id: orders.id,
      uid: orders.uid,
      variantIds: sql<string>`(select json_group_array(variant_id) from order_lines
        where order_id = orders.id)`.as('variant_ids'),
    })
    .from(orders)
    .where(
      sql`stock = 'reserved' and payment_status in ('none', 'failed') and reserved_until <= ${now}`,
    )
    .orderBy(asc(orders.reservedUntil))
    .limit(limit)
}
