import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { callerOf } from '../../core/actor.ts'
import type { Statement } from '../../db/client.ts'
import { forgetProducts } from '../catalog/service.ts'
import { markGoods, settleStatus } from './facts-repo.ts'
import { insertMoves, isStillThere } from './place-repo.ts'
import type { FullOrder } from './repo.ts'
import { linesIn } from './show.ts'
import { STATUS } from './states.ts'

/** Who moved the goods, where nobody was signed in and no job ran. */
const PROVIDER = 'payments'

const orderIs = (id: SQL | number, condition: string): SQL =>
  sql`exists (select 1 from orders where orders.id = ${id} and ${sql.raw(condition)})`

/** Gives the goods of an unpaid order back to the shop, where `condition` holds of it. */
export function releaseGoods(
  ctx: Context,
  id: SQL | number,
  condition: 'cancelled_at is not null' | 'expired_at is not null' | "payment_status = 'failed'",
): Statement[] {
  const now = Date.now()
  const moment = { actor: callerOf(ctx.actor) || PROVIDER, now }
  return [
    insertMoves(ctx.db, sql`${id}`, 'release', {
      ...moment,
      condition: orderIs(id, `stock = 'reserved' and payment_status <> 'paid' and ${condition}`),
    }),
    markGoods(ctx.db, id, 'release', now),
  ]
}

/**
 * Sells the goods of an order that is paid: those that are held for it, or, where they went back to the
 * shop, as many as are still there. The last statement changes something when they are sold now.
 */
export function sellGoods(ctx: Context, id: number): Statement[] {
  const now = Date.now()
  const moment = { actor: callerOf(ctx.actor) || PROVIDER, now }
  const order = sql`${id}`
  return [
    insertMoves(ctx.db, order, 'sell', {
      ...moment,
      condition: orderIs(id, "stock = 'reserved' and payment_status = 'paid'"),
    }),
    insertMoves(ctx.db, order, 'sellUnreserved', {
      ...moment,
      condition: sql`${orderIs(id, "stock = 'released' and payment_status = 'paid' and refund_due = 0 and refunded < max(1, amount_paid)")}
        and ${isStillThere(order)}`,
    }),
    markGoods(ctx.db, id, 'sell', now),
  ]
}

/** Writes the state that follows from what the batch has learnt of the order. */
export const settle = (ctx: Context, id: SQL | number): Statement =>
  settleStatus(ctx.db, id, STATUS, Date.now())

/** What shows how many can be had shows it anew; nobody waits for that. */
export const forgetGoods = (ctx: Context, order: FullOrder): Promise<void> =>
  ctx.later(() =>
    forgetProducts(
      ctx,
      linesIn(order).map(({ variantId }) => variantId),
    ),
  )
