import { and, eq, ne, notInArray, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { STOCK_AFTER } from './place-repo.ts'
import { orders } from './table.ts'

// What is learnt of an order only adds up: each of these gives the same in whatever order, and however
// often, they are run.

const next = { version: sql`${orders.version} + 1` }

const rankOf = (value: SQL): SQL =>
  sql`case ${value} when 'none' then 0 when 'processing' then 1 when 'failed' then 2 else 3 end`

const earliest = (column: SQL, at: number): SQL => sql`min(coalesce(${column}, ${at}), ${at})`

/** What a session says when the buyer is through with it. Times are milliseconds. */
export type Payment = {
  status: 'processing' | 'failed' | 'paid'
  at: number
  sessionId: string
  paymentIntent: string | null
  total: number
  tax: number
  email: string | null
  /** JSON. */
  address: string | null
  search: string
}

export function mergePayment(db: Db, id: number, payment: Payment, now: number) {
  const { status, at, total, tax, email, address, search, sessionId, paymentIntent } = payment
  const isPaid = status === 'paid'
  const isNews = sql`${rankOf(sql`${status}`)} > ${rankOf(sql`payment_status`)}`
  return db
    .update(orders)
    .set({
      ...next,
      paymentStatus: sql`iif(${isNews}, ${status}, payment_status)`,
      ...(isPaid && { amountPaid: total, paidAt: earliest(sql`paid_at`, at) }),
      sessionId: sql`coalesce(session_id, ${sessionId})`,
      paymentIntent: sql`coalesce(payment_intent, ${paymentIntent})`,
      total,
      tax,
      email: sql`coalesce(${email}, email)`,
      shippingAddress: sql`coalesce(${address}, shipping_address)`,
      search,
      source: null,
      resolveAt: null,
      updatedAt: now,
    })
    .where(
      and(
        eq(orders.id, id),
        sql`(${isNews} or (payment_intent is null and ${paymentIntent} is not null)
          or (${isPaid ? 1 : 0} and paid_at > ${at}))`,
      ),
    )
}

/** Nobody can pay any more: the provider's session has ended, or ours. */
export function mergeExpiry(db: Db, id: number, at: number, now: number, condition: SQL) {
  return db
    .update(orders)
    .set({ ...next, expiredAt: earliest(sql`expired_at`, at), source: null, updatedAt: now })
    .where(and(eq(orders.id, id), sql`(expired_at is null or expired_at > ${at})`, condition))
}

export function mergeDispute(db: Db, id: number, dispute: 'open' | 'won' | 'lost', now: number) {
  const rank = (value: SQL) =>
    sql`case ${value} when 'open' then 1 when 'won' then 2 when 'lost' then 3 else 0 end`
  return db
    .update(orders)
    .set({ ...next, dispute, updatedAt: now })
    .where(and(eq(orders.id, id), sql`${rank(sql`dispute`)} < ${rank(sql`${dispute}`)}`))
}

/** Must follow the ledger's rows of the same move in its batch. */
export function markGoods(db: Db, id: SQL | number, move: 'sell' | 'release', now: number) {
  const stock = STOCK_AFTER[move]
  const reason = move === 'sell' ? 'sold' : 'released'
  return db
    .update(orders)
    .set({ ...next, stock, updatedAt: now })
    .where(
      and(
        sql`${orders.id} = ${id}`,
        move === 'sell' ? ne(orders.stock, stock) : notInArray(orders.stock, [stock, 'sold']),
        // Says twice what it looks for: SQLite takes a partial index for what names its condition.
        sql`exists (select 1 from stock_movements m where m.order_id = orders.id
          and m.order_id is not null and m.reason <> 'returned' and m.reason = ${reason})`,
      ),
    )
}

/** A payment whose goods are gone has to be given back. */
export function markRefundDue(db: Db, id: number, now: number) {
  return db
    .update(orders)
    .set({ ...next, refundDue: sql`amount_paid - refunded`, updatedAt: now })
    .where(
      and(
        eq(orders.id, id),
        sql`payment_status = 'paid' and stock <> 'sold' and refund_due = 0 and refunded < amount_paid`,
      ),
    )
}

/** Writes the state that follows from the facts. `status` is an expression over the row. */
export function settleStatus(db: Db, id: SQL | number, status: SQL, now: number) {
  return db
    .update(orders)
    .set({ ...next, status: sql`${status}`, updatedAt: now })
    .where(and(sql`${orders.id} = ${id}`, sql`status <> ${status}`))
}

type Shipping = {
  carrier: string | null
  trackingNumber: string | null
  trackingUrl: string | null
  note: string | null
}

/** Changes nothing unless `condition` allows it and, with `versions`, it has one of these. */
export function markFulfilled(
  db: Db,
  uid: string,
  { note, ...tracking }: Shipping,
  now: number,
  condition: SQL,
) {
  return db
    .update(orders)
    .set({
      ...next,
      ...tracking,
      note: sql`coalesce(${note}, note)`,
      fulfilledAt: now,
      updatedAt: now,
    })
    .where(and(eq(orders.uid, uid), condition))
    .returning({ id: orders.id })
}

export function markCancelled(
  db: Db,
  uid: string,
  note: string | null,
  now: number,
  condition: SQL,
) {
  return db
    .update(orders)
    .set({
      ...next,
      note: sql`coalesce(${note}, note)`,
      cancelledAt: now,
      source: null,
      updatedAt: now,
    })
    .where(and(eq(orders.uid, uid), condition))
    .returning({ id: orders.id })
}

export const isAtVersion = (versions: number[] | undefined): SQL =>
  versions
    ? sql`${orders.version} in (select value from json_each(${JSON.stringify(versions)}))`
    : sql`true`
