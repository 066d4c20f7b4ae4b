import { newUid } from '../core/ids.ts'
import { SECOND } from '../core/time.ts'
import type { FullOrder } from '../features/orders/service.ts'

export type Buyer = {
  email: string
  name: string
  line1: string
  postal_code: string
  city: string
  country: string
}

/** What the buyer does here, and the event that Stripe would send for it. */
export const DEEDS = {
  pay: { type: 'checkout.session.completed', payment_status: 'paid', status: 'complete' },
  later: { type: 'checkout.session.completed', payment_status: 'unpaid', status: 'complete' },
  arrive: {
    type: 'checkout.session.async_payment_succeeded',
    payment_status: 'paid',
    status: 'complete',
  },
  bounce: {
    type: 'checkout.session.async_payment_failed',
    payment_status: 'unpaid',
    status: 'complete',
  },
  cancel: { type: 'checkout.session.expired', payment_status: 'unpaid', status: 'expired' },
  fail: { type: 'payment_intent.payment_failed', payment_status: 'unpaid', status: 'open' },
} as const
export type Deed = keyof typeof DEEDS

/** The event in Stripe's own shape. */
export function eventFor(order: FullOrder, deed: Deed, buyer: Buyer | null) {
  const { type, ...session } = DEEDS[deed]
  const address = buyer && {
    line1: buyer.line1,
    line2: null,
    postal_code: buyer.postal_code,
    city: buyer.city,
    state: null,
    country: buyer.country,
  }
  const intent = `pi_local_${order.uid}`
  const seconds = Math.floor(Date.now() / SECOND)
  const object = {
    id: order.sessionId,
    object: 'checkout.session',
    mode: 'payment',
    client_reference_id: order.uid,
    metadata: { order_id: order.uid },
    // A session that nobody went through has none.
    payment_intent: deed === 'cancel' ? null : intent,
    ...session,
    currency: order.currency,
    amount_subtotal: order.subtotal,
    amount_total: order.subtotal - order.discount + order.shipping,
    total_details: {
      amount_discount: order.discount,
      amount_shipping: order.shipping,
      amount_tax: 0,
    },
    customer_details: buyer && { email: buyer.email, name: buyer.name, address },
    collected_information: buyer && { shipping_details: { name: buyer.name, address } },
    livemode: false,
    expires_at: Math.floor(order.expiresAt / SECOND),
  }
  return {
    id: `evt_local_${newUid()}`,
    object: 'event',
    type,
    created: seconds,
    livemode: false,
    data: { object: deed === 'fail' ? { id: intent, object: 'payment_intent' } : object },
  }
}
