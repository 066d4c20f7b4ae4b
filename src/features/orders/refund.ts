import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { untilFirst } from '../../core/again.ts'
import { notFound } from '../../core/errors.ts'
import { newUid } from '../../core/ids.ts'
import { PaymentUnavailable } from '../../platform/payments/index.ts'
import { auditEntry } from '../audit/service.ts'
import { keepMade } from '../idempotency/service.ts'
import type { RefundOrder, RefundView } from './admin-schemas.ts'
import { refundedBy } from './refund-amount.ts'
import { askProvider, CALL_MS, paymentsOf, type Reserved } from './refund-call.ts'
import { insertRefund, mayGiveBack, newestRefund, touchOrder } from './refund-repo.ts'
import { type FullOrder, findOrder, findOrderOfRefund } from './repo.ts'
import { refundsIn, type ShownRefund, toRefundView } from './show.ts'
import { mayDoNow } from './states.ts'
import { moneyOf } from './words.ts'

/** So often a refund is worked out anew when another of the same order comes in between. */
const TRIES = 100
/**
 * Gives money of an order back. The amount is taken from what is left before the provider is asked, so
 * that any number of refunds at once stay within what was paid. A result that nobody knows leaves the
 * refund pending. Throws `conflict` with the reason where the order does not allow it or too little is
 * left, `payment_refused` when the provider says no.
 */
export async function refundOrder(
  ctx: Context,
  orderUid: string,
  input: RefundOrder,
): Promise<RefundView> {
  paymentsOf(ctx)
  return await untilFirst(async () => {
    const [order] = await findOrder(ctx.db, orderUid)
    if (!order) throw notFound('Order')
    const refund = await reserve(ctx, order, input)
    return refund && (await payBack(ctx, order, refund))
  }, TRIES)
}

/** Takes the amount from what is left; undefined when another refund came first. */
async function reserve(
  ctx: Context,
  order: FullOrder,
  input: RefundOrder,
): Promise<Reserved | undefined> {
  const { amount, lines } = refundedBy(order, input)
  const now = Date.now()
  const uid = newUid()
  const restock = input.restock ?? false
  const reason = input.reason || null
  const row = {
    uid,
    orderId: order.id,
    amount,
    lines: JSON.stringify(lines),
    restock,
    reason,
    status: 'pending' as const,
    resolveAt: now + CALL_MS,
    createdAt: now,
  }
  const standing = refundsIn(order).flatMap(({ id, status }) => (status === 'failed' ? [] : [id]))
  const allowed = mayGiveBack(order.id, amount, standing, mayDoNow('refund'))
  const isMade = sql`exists (select 1 from refunds where uid = ${uid})`
  const after = { refund: uid, amount: moneyOf(order, amount), lines, restock, reason }
  const [made] = await ctx.db.batch([
    insertRefund(ctx.db, row, allowed),
    auditEntry(ctx, 'order.refund', { entity: 'order', id: order.uid, after }),
    touchOrder(ctx.db, order.id, now, isMade),
    ...keepMade(ctx, newestRefund, isMade),
  ])
  return made.length > 0 ? { uid, amount, restock } : undefined
}

/** Asks the provider for a refund that was reserved, and says how it stands then. */
async function payBack(ctx: Context, order: FullOrder, refund: Reserved): Promise<RefundView> {
  try {
    await askProvider(ctx, order, refund, { again: false })
  } catch (error) {
    if (!(error instanceof PaymentUnavailable)) throw error
    // The money may be on its way. Nobody knows, and the timer asks again.
    ctx.log('warn', 'refunds.unknown', { refund: refund.uid, reason: error.message })
  }
  return toRefund((await findOrder(ctx.db, order.uid))[0], ({ uid }) => uid === refund.uid)
}

/** The refund as it is now, for whoever made it. Throws `not_found`. */
export const readMadeRefund = async (ctx: Context, id: number): Promise<RefundView> =>
  toRefund((await findOrderOfRefund(ctx.db, id))[0], (refund) => refund.id === id)

function toRefund(order: FullOrder | undefined, is: (refund: ShownRefund) => boolean): RefundView {
  const refund = order && refundsIn(order).find(is)
  if (!order || !refund) throw notFound('Refund')
  return toRefundView(order, refund)
}
