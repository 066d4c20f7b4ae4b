import type { Settings } from '../../env.ts'
import type { Log } from '../telemetry.ts'
import { localPayments } from './local.ts'
import type { Payments } from './payments.ts'
import { stripePayments } from './stripe.ts'

export type {
  CheckoutRequest,
  CheckoutSession,
  PaymentEvent,
  Payments,
  ProviderRefund,
  RefundRequest,
} from './payments.ts'
export { PaymentRefused, PaymentUnavailable } from './payments.ts'
export { refundStatusOf } from './refunds.ts'

/** Stripe where its key is set, the test payment page in development, else nobody: null. */
export function openPayments(settings: Settings, log: Log): Payments | null {
  if (settings.STRIPE_SECRET_KEY) return stripePayments(settings, settings.STRIPE_SECRET_KEY, log)
  return __DEV__ && settings.isDevelopment ? localPayments(settings) : null
}
