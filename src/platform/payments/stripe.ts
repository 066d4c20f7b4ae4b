import type { Stripe } from 'stripe'
import { SECOND } from '../../core/time.ts'
import { isLiveKey, type Settings } from '../../env.ts'
import { describeError, type Log } from '../telemetry.ts'
import { readSigned } from './events.ts'
import { PaymentRefused, type Payments, PaymentUnavailable } from './payments.ts'
import { refundStatusOf } from './refunds.ts'
import { toCoupon, toSession } from './stripe-session.ts'

/** Calls and events speak this version; a newer one needs another look at what they say. */
const API_VERSION = '2026-10-28.endive'
const TIMEOUT_MS = 10 * SECOND
// One more try heals a connection that broke. Each call carries the order's key, so it may be made
// twice; what does not heal at once is left to the cron rather than to a waiting buyer.
const RETRIES = 1

/** https://docs.stripe.com/api/checkout/sessions */
export function stripePayments(settings: Settings, key: string, log: Log): Payments {
  return {
    provider: 'stripe',
    isLive: isLiveKey(key),

    async startCheckout(request) {
      const { orderId: idempotencyKey } = request
      const stripe = await openStripe(settings, key)
      try {
        const { discount } = request
        const coupon = discount
          ? await stripe.coupons.create(toCoupon(request, discount), {
              idempotencyKey: `${idempotencyKey}:coupon`,
            })
          : null
        const { id, url } = await stripe.checkout.sessions.create(
          toSession(request, coupon?.id ?? null),
          { idempotencyKey },
        )
        if (!url) throw new PaymentUnavailable('Stripe gave no address to pay at')
        return { id, url }
      } catch (error) {
        throw toFailure(error, log)
      }
    },

    async endCheckout(sessionId) {
      const { checkout } = await openStripe(settings, key)
      try {
        await checkout.sessions.expire(sessionId)
        return 'ended'
      } catch (error) {
        // Refused when it is over, or when there is none; anything else says nothing.
        if (!isInvalid(error)) throw new PaymentUnavailable(messageOf(error), { cause: error })
      }
      try {
        const { status } = await checkout.sessions.retrieve(sessionId)
        if (status === 'open') throw new PaymentUnavailable('The session is still open')
        return status === 'complete' ? 'paid' : 'gone'
      } catch (error) {
        if (error instanceof PaymentUnavailable) throw error
        if (isInvalid(error)) return 'gone'
        throw new PaymentUnavailable(messageOf(error), { cause: error })
      }
    },

    async refund({ refundId, orderId, paymentIntent, amount }, { again }) {
      const { refunds } = await openStripe(settings, key)
      try {
        // A key is forgotten after a day; what was made under it is not.
        const known = again
          ? await refunds.list({ payment_intent: paymentIntent, limit: 100 })
          : { data: [] }
        const made =
          known.data.find(({ metadata }) => metadata?.refund_id === refundId) ??
          (await refunds.create(
            {
              payment_intent: paymentIntent,
              amount,
              metadata: { refund_id: refundId, order_id: orderId },
            },
            { idempotencyKey: refundId },
          ))
        return { id: made.id, status: refundStatusOf(made.status) }
      } catch (error) {
        throw toFailure(error, log)
      }
    },

    readEvent: (body, signature) => readSigned(settings.STRIPE_WEBHOOK_SECRET, body, signature),
  }
}

const opened = new WeakMap<Settings, Promise<Stripe>>()

/** Loaded with the first call, so that a Worker that sells nothing does not start with it. */
function openStripe(settings: Settings, key: string): Promise<Stripe> {
  const known = opened.get(settings)
  if (known) return known
  const { STRIPE_ACCOUNT: stripeAccount, STRIPE_API_BASE: base } = settings
  const stripe = import('#stripe').then(({ Stripe }) => {
    return new Stripe(key, {
      apiVersion: API_VERSION,
      // The fetch of the moment: the library would keep the one that it finds first.
      httpClient: Stripe.createFetchHttpClient((...request: Parameters<typeof fetch>) =>
        fetch(...request),
      ),
      maxNetworkRetries: RETRIES,
      timeout: TIMEOUT_MS,
      telemetry: false,
      ...(stripeAccount && { stripeAccount }),
      ...(base && hostOf(new URL(base))),
    })
  })
  opened.set(settings, stripe)
  return stripe
}

const hostOf = ({ protocol, hostname, port }: URL) => ({
  protocol: protocol === 'http:' ? ('http' as const) : ('https' as const),
  host: hostname,
  port: Number(port || (protocol === 'http:' ? 80 : 443)),
})

/** What the library calls its errors; the class itself is loaded later. */
const typeOf = (error: unknown): string =>
  error instanceof Error && 'type' in error ? String(error.type) : ''

const isInvalid = (error: unknown): boolean => typeOf(error) === 'StripeInvalidRequestError'

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

/** Without what follows # in an address that it repeats: the order's token. */
const about = (error: unknown) => ({
  ...describeError(error),
  error: messageOf(error).replace(/#\S*/g, '#'),
})

const KEY_ERRORS = ['StripeAuthenticationError', 'StripePermissionError']
const REFUSALS = ['StripeInvalidRequestError', 'StripeCardError', ...KEY_ERRORS]

/**
 * Only an answer that says no is a refusal. No answer, trouble at Stripe, too many calls, or a key
 * that is in use or was used for something else leave open whether there is a session.
 */
function toFailure(error: unknown, log: Log): Error {
  if (error instanceof PaymentUnavailable) return error
  const type = typeOf(error)
  if (!REFUSALS.includes(type)) {
    if (type === '' || type === 'StripeIdempotencyError') {
      log('error', 'payments.surprise', about(error))
    }
    return new PaymentUnavailable(messageOf(error), { cause: error })
  }
  const isOurKey = KEY_ERRORS.includes(type)
  log('error', isOurKey ? 'payments.key' : 'payments.refused', about(error))
  return new PaymentRefused(messageOf(error), { isOurKey, cause: error })
}
