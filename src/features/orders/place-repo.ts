import { type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertIf, type RowOf } from '../../db/record.ts'
import { stockMovements } from '../catalog/table.ts'
import type { StockState } from './kinds.ts'
import { orderLines, orders } from './table.ts'

/** One line of a cart: a variant at the price that it was offered for. */
export type WantedLine = { variantId: number; quantity: number; unitPrice: number }

/**
 * True while every line can be had: the variant and its product are active, its price is the offered
 * one, and as many are there as all lines of it together ask for.
 */
export const canBeHad = (lines: WantedLine[]): SQL => {
  const given = sql`json_each(${JSON.stringify(lines)})`
  return sql`not exists (
    select 1 from ${given} wanted
    left join variants v on v.id = wanted.value ->> 'variantId' and v.status = 'active'
      and v.price = wanted.value ->> 'unitPrice'
    left join products p on p.id = v.product_id and p.status = 'active'
    where p.id is null or v.on_hand - v.reserved < (
      select sum(same.value ->> 'quantity') from ${given} same
      where same.value ->> 'variantId' = v.id))`
}

export const orderId = (uid: string): SQL<number> => sql`(select id from orders where uid = ${uid})`

export function insertOrder(db: Db, row: RowOf<typeof orders>, condition: SQL) {
  return insertIf(db, orders, row, condition)
}

/** The lines of an order that the batch has placed; titles and skus as they are at that moment. */
export function insertLines(db: Db, uid: string, lines: WantedLine[], discounts: number[]) {
  const given = sql`json_each(${JSON.stringify(lines)})`
  const discount = sql`coalesce(json_extract(${JSON.stringify(discounts)}, '$[' || given.key || ']'), 0)`
  return db.insert(orderLines).select(
    sql`select o.id, given.key, v.id, v.product_id, v.sku,
        p.name || iif(v.title = '', '', ' · ' || v.title), given.value ->> 'quantity',
        given.value ->> 'unitPrice', (given.value ->> 'quantity') * (given.value ->> 'unitPrice'), ${discount}
      from ${given} given join orders o on o.uid = ${uid}
      join variants v on v.id = given.value ->> 'variantId' join products p on p.id = v.product_id
      where true`,
  )
}

export type OrderMove = 'reserve' | 'release' | 'sell' | 'sellUnreserved'

const MOVES = {
  reserve: { reason: 'reserved', onHand: 0, reserved: 1 },
  release: { reason: 'released', onHand: 0, reserved: -1 },
  sell: { reason: 'sold', onHand: -1, reserved: -1 },
  /** For a payment that came when the goods were free again. */
  sellUnreserved: { reason: 'sold', onHand: -1, reserved: 0 },
} as const

/** The state of an order's goods behind each move. */
export const STOCK_AFTER = {
  reserve: 'reserved',
  release: 'released',
  sell: 'sold',
  sellUnreserved: 'sold',
} as const satisfies Record<OrderMove, StockState>

/** The ledger's rows of an order, one for each variant, where `condition` holds. */
export function insertMoves(
  db: Db,
  order: SQL,
  move: OrderMove,
  { actor, now, condition }: { actor: string; now: number; condition: SQL },
) {
  const { reason, onHand, reserved } = MOVES[move]
  return db.insert(stockMovements).select(
    sql`select null, variant_id, ${reason}, sum(quantity) * ${onHand}, sum(quantity) * ${reserved},
        order_id, ${actor}, null, ${now}
      from order_lines where order_id = ${order} and ${condition} group by variant_id`,
  )
}

/** True while all that an order wants is there beside what is held for others. */
export const isStillThere = (order: SQL): SQL =>
  sql`not exists (select 1 from (select variant_id, sum(quantity) as wanted from order_lines
      where order_id = ${order} group by variant_id) l
    join variants v on v.id = l.variant_id where v.on_hand - v.reserved < l.wanted)`
