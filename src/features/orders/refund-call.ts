import type { Context } from '../../context.ts'
import { AppError, unavailable } from '../../core/errors.ts'
import { MINUTE } from '../../core/time.ts'
import { PaymentRefused, type Payments, PaymentUnavailable } from '../../platform/payments/index.ts'
import { dropRefund, settleRefund } from './refund-settle.ts'
import type { FullOrder } from './repo.ts'

/** A refund that has taken its amount from what is left. */
export type Reserved = { uid: string; amount: number; restock: boolean }

/** So long the call may take before the timer repeats it. */
export const CALL_MS = MINUTE

/**
 * Asks the provider for a refund and writes down what it answers. Throws `payment_refused` when it says
 * no, and then the amount is free again; PaymentUnavailable when nobody knows.
 */
export async function askProvider(
  ctx: Context,
  order: FullOrder,
  refund: Reserved,
  { again }: { again: boolean },
): Promise<void> {
  const { uid, amount } = refund
  const request = {
    refundId: uid,
    orderId: order.uid,
    paymentIntent: order.paymentIntent ?? '',
    amount,
  }
  try {
    const { id: providerId, status } = await paymentsOf(ctx).refund(request, { again })
    await settleRefund(ctx, order, refund, { providerId, status, amount, at: Date.now() })
  } catch (error) {
    if (!(error instanceof PaymentRefused)) throw error
    // A key that is refused today tells nothing of an earlier call.
    if (again && error.isOurKey) throw new PaymentUnavailable(error.message, { cause: error })
    await dropRefund(ctx, order, uid, `The payment provider says: ${error.message}`)
    const detail = `The payment provider refuses this refund: ${error.message.slice(0, 300)}`
    throw new AppError('payment_refused', detail, { cause: error })
  }
}

export function paymentsOf({ payments }: Context): Payments {
  if (payments) return payments
  throw unavailable('There is no payment provider in the settings.', 3600)
}
