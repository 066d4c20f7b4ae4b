import type { Context } from '../../context.ts'
import { AppError, conflict, notFound, unavailable } from '../../core/errors.ts'
import { iso, SECOND } from '../../core/time.ts'
import {
  type CheckoutSession,
  PaymentRefused,
  type Payments,
  PaymentUnavailable,
} from '../../platform/payments/index.ts'
import { describeError } from '../../platform/telemetry.ts'
import { forgetProducts } from '../catalog/service.ts'
import { dropAnswer } from '../idempotency/service.ts'
import { refuseOrder } from '../orders/give-up.ts'
import { findOrder } from '../orders/place.ts'
import { type FullOrder, linesIn, tokenOf } from '../orders/service.ts'
import { CALL_MS } from './draft.ts'
import { claimCall, closeCall, postponeCall, storeSession } from './repo.ts'
import type { CheckoutView } from './schemas.ts'
import { toRequest } from './terms.ts'

/** Who waits for a call that another makes looks so often, so far apart. */
const LOOKS = 10
const LOOK_MS = 500
/** When a call whose result is not known may be repeated. */
const AGAIN_MS = 5 * SECOND

/** Who takes the money. Throws `unavailable` where the settings name nobody. */
export function paymentsOf({ payments }: Context): Payments {
  if (payments) return payments
  throw unavailable('This shop takes no payments yet: no payment provider is set.', 3600)
}

/**
 * Asks the provider where an order is paid; whoever calls has the call to itself. Throws
 * `payment_refused` when the provider says no, and then nothing is held any more; `unavailable` when
 * nobody knows, and then the same call is repeated.
 */
export async function openSession(
  ctx: Context,
  order: FullOrder,
  { isFirst }: { isFirst: boolean },
): Promise<CheckoutView> {
  const token = await openToken(ctx, order)
  let session: CheckoutSession
  try {
    session = await paymentsOf(ctx).startCheckout(toRequest(order, token))
  } catch (error) {
    // A key that is refused today tells nothing of an earlier call.
    if (error instanceof PaymentRefused && (isFirst || !error.isOurKey)) {
      throw await giveUp(ctx, order, error)
    }
    if (!(error instanceof PaymentRefused || error instanceof PaymentUnavailable)) throw error
    await postponeCall(ctx.db, order.uid, Date.now() + AGAIN_MS)
    throw notKnown(error)
  }
  const [stored] = await storeSession(ctx.db, order.uid, session)
  if (stored?.status === 'cancelled' || stored?.status === 'expired') {
    await endSession(ctx, session)
    throw over()
  }
  return toView(order, session.url, token)
}

/** Where an order is paid that was placed before. Waits for the call of another, or repeats one. */
export async function awaitSession(ctx: Context, uid: string): Promise<CheckoutView> {
  for (let look = 0; look < LOOKS; look++) {
    if (look > 0) await new Promise((done) => setTimeout(done, LOOK_MS))
    const [order] = await findOrder(ctx.db, uid)
    if (!order) throw notFound('Order')
    if (order.status === 'cancelled' || order.status === 'expired') throw over()
    if (order.sessionUrl !== null) {
      return toView(order, order.sessionUrl, await openToken(ctx, order))
    }
    if (order.resolveAt === null) throw over()
    const now = Date.now()
    const [mine] = order.resolveAt > now ? [] : await claimCall(ctx.db, uid, now, now + CALL_MS)
    if (mine) return await openSession(ctx, order, { isFirst: false })
  }
  throw notKnown()
}

async function openToken(ctx: Context, order: FullOrder): Promise<string> {
  const token = await tokenOf(ctx, order)
  if (token === null) throw over()
  return token
}

/** Nobody shall pay an order that is over. Who does so all the same is found by the payment's event. */
async function endSession(ctx: Context, { id }: CheckoutSession): Promise<void> {
  try {
    await paymentsOf(ctx).endCheckout(id)
  } catch (error) {
    ctx.log('warn', 'checkout.not_ended', describeError(error))
  }
}

async function giveUp(ctx: Context, order: FullOrder, error: PaymentRefused): Promise<AppError> {
  const [first, ...rest] = refuseOrder(ctx, order.uid)
  if (first) {
    await ctx.db.batch([first, ...rest, closeCall(ctx.db, order.uid), ...dropAnswer(ctx)])
  }
  await forgetProducts(
    ctx,
    linesIn(order).map(({ variantId }) => variantId),
  )
  if (error.isOurKey) {
    return unavailable('Payments cannot be taken for the moment. Nothing was ordered.', 60, error)
  }
  const detail =
    'The payment provider refuses this order, such as for its amount. Nothing was ordered.'
  return new AppError('payment_refused', detail, { cause: error })
}

const notKnown = (cause?: unknown): AppError =>
  unavailable(
    'The payment provider has not answered yet. Repeat the request with the same Idempotency-Key: it leads to the same order.',
    AGAIN_MS / SECOND,
    cause,
  )

const over = (): AppError =>
  conflict('This order is over. Start again with another Idempotency-Key.')

const toView = ({ uid, expiresAt }: FullOrder, url: string, token: string): CheckoutView => ({
  order_id: uid,
  order_token: token,
  url,
  expires_at: iso(expiresAt),
})
