import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { callerOf } from '../../core/actor.ts'
import type { Statement } from '../../db/client.ts'
import type { RowOf } from '../../db/record.ts'
import {
  canBeHad,
  insertLines,
  insertMoves,
  insertOrder,
  orderId,
  type WantedLine,
} from './place-repo.ts'
import type { orders } from './table.ts'

export { canBeHad, insertMoves, orderId, type WantedLine } from './place-repo.ts'
export { findOrder } from './repo.ts'

/** An order before it has a number of its own, and this line's part of the discount for each line. */
export type OrderDraft = {
  row: RowOf<typeof orders> & { uid: string }
  lines: WantedLine[]
  discounts: number[]
}

/** True behind the statements of placeOrder() when the order was placed. */
export const isPlaced = (uid: string): SQL => sql`exists (select 1 from orders where uid = ${uid})`

/**
 * Places an order and holds its goods, where `condition` holds and every line can be had at the
 * offered price; else none of it. For one batch, in this order.
 */
export function placeOrder(
  ctx: Context,
  { row, lines, discounts }: OrderDraft,
  condition: SQL = sql`true`,
): Statement[] {
  const order = orderId(row.uid)
  return [
    insertOrder(ctx.db, row, sql`${condition} and ${canBeHad(lines)}`),
    insertLines(ctx.db, row.uid, lines, discounts),
    insertMoves(ctx.db, order, 'reserve', {
      actor: callerOf(ctx.actor),
      now: Date.now(),
      condition: sql`true`,
    }),
  ]
}
