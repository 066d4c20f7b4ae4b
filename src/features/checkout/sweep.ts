import type { Context } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { SECOND } from '../../core/time.ts'
import { describeError } from '../../platform/telemetry.ts'
import { forgetProducts } from '../catalog/service.ts'
import { expireOrder } from '../orders/give-up.ts'
import { findOrder } from '../orders/place.ts'
import { CALL_MS } from './draft.ts'
import { claimCall, clearClicks, closeCall, listOverdue, listUnresolved } from './repo.ts'
import { openSession } from './session.ts'
import { CLICK_MS } from './start.ts'

/** So many calls to the provider at a time, and no more of them after so long. */
const CALLS = 5
const ENOUGH_MS = 40 * SECOND
/** So many orders are ended in one batch, and so many batches in one run. */
const ORDERS = 20
const BATCHES = 25

/** Repeats the calls to the provider whose result nobody knows. */
export async function resolveCheckouts(ctx: Context): Promise<void> {
  if (!ctx.payments) return
  const start = Date.now()
  while (Date.now() - start < ENOUGH_MS) {
    const due = await listUnresolved(ctx.db, Date.now(), CALLS)
    if (due.length === 0) return
    await Promise.all(due.map(({ uid }) => resolveCheckout(ctx, uid)))
  }
}

async function resolveCheckout(ctx: Context, uid: string): Promise<void> {
  const now = Date.now()
  const [[mine], [order]] = await ctx.db.batch([
    claimCall(ctx.db, uid, now, now + CALL_MS),
    findOrder(ctx.db, uid),
  ])
  if (!mine || !order) return
  try {
    await openSession(ctx, order, { isFirst: false })
  } catch (error) {
    // Refused and given up, or not known yet: both are written down. Anything else is a fault.
    if (!(error instanceof AppError)) throw error
    ctx.log('warn', 'checkout.unresolved', { order: uid, ...describeError(error) })
  }
}

/** Gives back the goods of orders that were not paid in time. */
export async function expireOrders(ctx: Context): Promise<void> {
  await clearClicks(ctx.db, Date.now() - CLICK_MS)
  for (let batch = 0; batch < BATCHES; batch++) {
    const overdue = await listOverdue(ctx.db, Date.now(), ORDERS)
    const [first, ...rest] = overdue.flatMap(({ id, uid }) => [
      ...expireOrder(ctx, id),
      closeCall(ctx.db, uid),
    ])
    if (!first) return
    await ctx.db.batch([first, ...rest])
    const variants = overdue.flatMap(({ variantIds }) => JSON.parse(variantIds) as number[])
    await forgetProducts(ctx, [...new Set(variants)])
    if (overdue.length < ORDERS) return
  }
}
