import { and, eq, isNull, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertIf, type RowOf } from '../../db/record.ts'
import { stockMovements } from '../catalog/table.ts'
import type { RefundStatus } from './kinds.ts'
import { refunds } from './refund-table.ts'
import { orders } from './table.ts'

// What the provider has taken counts as given back until it says that it came to nothing. What the
// charge says includes refunds that are no rows yet, and those that failed after it was said.
const known = sql`(select coalesce(sum(r.amount), 0) from refunds r
  where r.order_id = orders.id and r.status <> 'failed' and r.provider_id is not null)`
const undone = sql`(select coalesce(sum(r.amount), 0) from refunds r
  where r.order_id = orders.id and r.status = 'failed' and r.provider_id is not null
    and r.failed_at >= orders.charge_refunded_at)`
const GIVEN_BACK = sql`min(amount_paid, max(${known}, charge_refunded - ${undone}))`

/** Of that what is asked for and not answered yet. */
const waiting = sql`(select coalesce(sum(r.amount), 0) from refunds r
  where r.order_id = orders.id and r.status = 'pending' and r.provider_id is null)`

/** What can still be given back of the row of `orders` that a statement is at. */
export const LEFT = sql<number>`amount_paid - ${GIVEN_BACK} - ${waiting}`

const standing = (orderId: SQL | number): SQL =>
  sql`(select coalesce(group_concat(id), '') from (
    select r.id from refunds r where r.order_id = ${orderId} and r.status <> 'failed' order by r.id))`

/**
 * True while the order allows a refund, so much is left of it, and its refunds are those by whose units
 * the amount was worked out.
 */
export const mayGiveBack = (orderId: number, amount: number, ids: number[], allowed: SQL): SQL =>
  sql`exists (select 1 from orders where orders.id = ${orderId} and ${allowed} and ${LEFT} >= ${amount}
    and ${standing(orderId)} = ${ids.join(',')})`

export const newestRefund = sql`(select max(id) from refunds)`

export function insertRefund(db: Db, row: RowOf<typeof refunds>, condition: SQL) {
  return insertIf(db, refunds, row, condition).returning({ id: refunds.id })
}

/** What shows an order shows its refunds too. */
export function touchOrder(db: Db, orderId: number, now: number, condition: SQL) {
  return db
    .update(orders)
    .set({ version: sql`${orders.version} + 1`, updatedAt: now })
    .where(and(eq(orders.id, orderId), condition))
}

/** A refund that the provider tells of, unless it is there already or one of ours waits for its answer. */
export function insertForeign(
  db: Db,
  row: typeof refunds.$inferInsert & { providerId: string },
  ours: SQL,
) {
  return insertIf(
    db,
    refunds,
    row,
    sql`not exists (select 1 from refunds where provider_id = ${row.providerId})
      and not exists (select 1 from refunds where ${ours})`,
  )
}

/** Of ours that has no name at the provider yet: the row which that answer belongs to. */
export const isWaiting = (orderId: number, uid: string | null, amount: number): SQL =>
  sql`uid = ${uid} and order_id = ${orderId} and amount = ${amount} and provider_id is null`

const rankOf = (status: SQL): SQL =>
  sql`case ${status} when 'pending' then 1 when 'succeeded' then 2 else 3 end`

/** What the provider says of a refund; nothing where that is no news. */
export function markAnswered(
  db: Db,
  { providerId, status, at }: { providerId: string; status: RefundStatus; at: number },
  ours: SQL,
  now: number,
) {
  const isFailed = status === 'failed'
  return db
    .update(refunds)
    .set({
      providerId,
      status,
      resolveAt: null,
      ...(status !== 'pending' && { settledAt: now }),
      ...(isFailed && { failedAt: at, error: 'It came to nothing at the payment provider.' }),
    })
    .where(
      sql`(provider_id = ${providerId} and ${rankOf(sql`status`)} < ${rankOf(sql`${status}`)})
        or (not exists (select 1 from refunds other where other.provider_id = ${providerId})
          and ${ours})`,
    )
}

/** The provider has said no before it took anything: the amount is free again. */
export function markRefusedRefund(db: Db, uid: string, error: string, now: number) {
  return db
    .update(refunds)
    .set({ status: 'failed', error, resolveAt: null, settledAt: now })
    .where(and(eq(refunds.uid, uid), eq(refunds.status, 'pending'), isNull(refunds.providerId)))
}

/** Refunds whose goods go back into the shop, once the provider has taken them. */
const toRestock = (which: SQL): SQL =>
  sql`${which} and restock = 1 and restocked_at is null and provider_id is not null and status <> 'failed'`

/** The ledger's rows for goods that come back, one for each variant. */
export function insertReturned(db: Db, which: SQL, actor: string, now: number) {
  return db.insert(stockMovements).select(
    sql`select null, l.variant_id, 'returned', sum(part.value ->> 'quantity'), 0, l.order_id, ${actor},
        null, ${now}
      from (select * from refunds where ${toRestock(which)}) r
      join json_each(r.lines) part
      join order_lines l on l.order_id = r.order_id and l.position = part.value ->> 'position'
      where true group by l.order_id, l.variant_id`,
  )
}

export function markRestocked(db: Db, which: SQL, now: number) {
  return db.update(refunds).set({ restockedAt: now }).where(toRestock(which))
}

/** Newest word of the charge; of two of one moment the higher. */
export function mergeCharge(
  db: Db,
  id: number,
  { refunded, at }: { refunded: number; at: number },
  now: number,
) {
  return db
    .update(orders)
    .set({
      chargeRefunded: refunded,
      chargeRefundedAt: at,
      version: sql`${orders.version} + 1`,
      updatedAt: now,
    })
    .where(
      and(
        eq(orders.id, id),
        sql`(charge_refunded_at < ${at} or (charge_refunded_at = ${at} and charge_refunded < ${refunded}))`,
      ),
    )
}

/** Writes what was given back in all. A payment whose goods are gone is owed what is left of it. */
export function settleGivenBack(db: Db, id: number, now: number) {
  return db
    .update(orders)
    .set({
      refunded: GIVEN_BACK,
      refundDue: sql`iif(payment_status = 'paid' and stock <> 'sold', amount_paid - ${GIVEN_BACK}, 0)`,
      version: sql`${orders.version} + 1`,
      updatedAt: now,
    })
    .where(and(eq(orders.id, id), sql`refunded <> ${GIVEN_BACK}`))
}

/** Takes calls upon itself whose result nobody knows, until `until`. */
export function claimUnresolved(db: Db, now: number, until: number, limit: number) {
  return db
    .update(refunds)
    .set({ resolveAt: until, attempts: sql`${refunds.attempts} + 1` })
    .where(
      sql`id in (select id from refunds where resolve_at is not null and resolve_at <= ${now}
        order by resolve_at limit ${limit})`,
    )
    .returning()
}

export function postponeRefund(db: Db, uid: string, at: number) {
  return db
    .update(refunds)
    .set({ resolveAt: at })
    .where(and(eq(refunds.uid, uid), sql`resolve_at is not null`))
}
