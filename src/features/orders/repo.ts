import { and, asc, count, desc, eq, getTableColumns, gt, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import type { ExportOrders, FindOrders } from './admin-schemas.ts'
import { LEFT } from './refund-repo.ts'
import { orders } from './table.ts'

/** Lines, history and refunds as JSON: nested in the same statement, so that a list stays one round trip. */
const order = {
  ...getTableColumns(orders),
  userUid: sql<string | null>`(select uid from users where users.id = orders.user_id)`.as(
    'user_uid',
  ),
  lines: sql<string>`(
    select json_group_array(json_object('position', position, 'variantId', variant_id, 'sku', sku,
      'title', title, 'quantity', quantity, 'unitPrice', unit_price, 'total', total,
      'discount', discount))
    from (select * from order_lines where order_id = orders.id order by position))`.as('lines'),
  history: sql<string>`(
    select json_group_array(json_object('status', status, 'at', at))
    from (select h.status, h.at from order_history h where h.order_id = orders.id order by h.id))`.as(
    'history',
  ),
  /** What can still be given back. */
  left: LEFT.as('left'),
  refunds: sql<string>`(
    select json_group_array(json_object('id', id, 'uid', uid, 'amount', amount, 'lines', json(lines),
      'restock', restock, 'reason', reason, 'status', status, 'error', error,
      'providerId', provider_id, 'createdAt', created_at, 'settledAt', settled_at))
    from (select * from refunds r where r.order_id = orders.id order by r.id))`.as('refunds'),
}

export function findOrder(db: Db, uid: string) {
  return db.select(order).from(orders).where(eq(orders.uid, uid))
}

/** The order, for whoever placed it signed in or knows its token. */
export function findOrderFor(db: Db, uid: string, userId: number | null, tokenHash: string | null) {
  return db
    .select(order)
    .from(orders)
    .where(
      and(
        eq(orders.uid, uid),
        sql`(${orders.userId} = ${userId} or ${orders.tokenHash} = ${tokenHash})`,
      ),
    )
}

/** That which an event of the payment provider speaks of. */
export function findOrderOf(db: Db, name: { uid: string } | { paymentIntent: string }) {
  return db
    .select(order)
    .from(orders)
    .where('uid' in name ? eq(orders.uid, name.uid) : eq(orders.paymentIntent, name.paymentIntent))
}

export function findOrderOfRefund(db: Db, refundId: number) {
  return db
    .select(order)
    .from(orders)
    .where(sql`orders.id = (select order_id from refunds where refunds.id = ${refundId})`)
}

export function listOrdersOf(db: Db, userId: number, limit: number, before?: number) {
  return db
    .select(order)
    .from(orders)
    .where(and(eq(orders.userId, userId), before === undefined ? undefined : lt(orders.id, before)))
    .orderBy(desc(orders.id))
    .limit(limit)
}

export function listOrders(db: Db, filter: FindOrders, before: number | undefined, folded: string) {
  return db
    .select(order)
    .from(orders)
    .where(and(matches(filter, folded), before === undefined ? undefined : lt(orders.id, before)))
    .orderBy(desc(orders.id))
    .limit(filter.limit + 1)
}

export function countOrders(db: Db, filter: FindOrders, folded: string) {
  return db.select({ count: count() }).from(orders).where(matches(filter, folded))
}

/** The next ones behind `after`, oldest first. */
export function walkOrders(
  db: Db,
  filter: ExportOrders,
  folded: string,
  after: number,
  limit: number,
) {
  return db
    .select(order)
    .from(orders)
    .where(and(matches(filter, folded), gt(orders.id, after)))
    .orderBy(asc(orders.id))
    .limit(limit)
}

const matches = (filter: ExportOrders, folded: string): SQL | undefined =>
  and(
    filter.status && eq(orders.status, filter.status),
    folded === '' ? undefined : sql`instr(${orders.search}, ${folded}) > 0`,
    filter.from === undefined ? undefined : gte(orders.createdAt, Date.parse(filter.from)),
    filter.to === undefined ? undefined : lt(orders.createdAt, Date.parse(filter.to)),
  )

export type FullOrder = Awaited<ReturnType<typeof findOrder>>[number]
