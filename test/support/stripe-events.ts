import { createHmac } from 'node:crypto'
import { mac } from '../../src/core/crypto.ts'
import type { Sold } from './orders.ts'
import { TEST_SETTINGS } from './settings.ts'
import type { World } from './world.ts'

export const WEBHOOK = '/webhooks/stripe'

/** An event as Stripe writes it. */
export type StripeEvent = {
  id: string
  object: 'event'
  type: string
  created: number
  livemode: boolean
  account?: string
  data: { object: Record<string, unknown> }
}

export const LOCAL_SECRET = `whsec_${mac(TEST_SETTINGS.SECRET_KEY, 'local payments', 'events')}`

let made = 0

export function eventOf(
  type: string,
  object: Record<string, unknown>,
  event: Partial<StripeEvent> = {},
): StripeEvent {
  return {
    id: `evt_${++made}_${crypto.randomUUID().slice(0, 8)}`,
    object: 'event',
    type,
    created: Math.floor(Date.now() / 1000),
    livemode: false,
    data: { object },
    ...event,
  }
}

export const BUYER = {
  email: 'Clara.Bergmann@example.org',
  name: 'Clara Bergmann',
  address: {
    line1: '12 Mill Lane',
    line2: null,
    postal_code: '97201',
    city: 'Portland',
    state: 'OR',
    country: 'US',
  },
}

/** The session that an order is paid in; `more` says what is otherwise. */
export const sessionOf = (order: Sold, more: Record<string, unknown> = {}) => ({
  id: order.sessionId,
  object: 'checkout.session',
  client_reference_id: order.uid,
  metadata: { order_id: order.uid },
  payment_intent: intentOf(order),
  payment_status: 'paid',
  status: 'complete',
  mode: 'payment',
  currency: 'usd',
  amount_subtotal: order.subtotal,
  amount_total: order.total,
  total_details: {
    amount_discount: order.discount,
    amount_shipping: order.shipping,
    amount_tax: 0,
  },
  shipping_cost: {
    amount_subtotal: order.shipping,
    amount_tax: 0,
    amount_total: order.shipping,
    shipping_rate: 'shr_1',
  },
  customer_details: BUYER,
  collected_information: { shipping_details: { name: BUYER.name, address: BUYER.address } },
  livemode: false,
  expires_at: Math.floor(Date.now() / 1000) + 2100,
  ...more,
})

export const intentOf = ({ uid }: Sold): string => `pi_${uid.replaceAll('-', '')}`

const session =
  (type: string, is: Record<string, unknown>) =>
  (order: Sold, more: Record<string, unknown> = {}, event: Partial<StripeEvent> = {}) =>
    eventOf(`checkout.session.${type}`, sessionOf(order, { ...is, ...more }), event)

export const paid = session('completed', { payment_status: 'paid' })
export const unpaid = session('completed', { payment_status: 'unpaid' })
export const arrived = session('async_payment_succeeded', { payment_status: 'paid' })
export const bounced = session('async_payment_failed', { payment_status: 'unpaid' })
export const expired = session('expired', {
  payment_status: 'unpaid',
  status: 'expired',
  payment_intent: null,
  customer_details: null,
  collected_information: null,
})

export const refunded = (order: Sold, amount: number, more: Record<string, unknown> = {}) =>
  eventOf('charge.refunded', {
    id: `ch_${order.number}`,
    object: 'charge',
    payment_intent: intentOf(order),
    currency: 'usd',
    amount: order.total,
    amount_refunded: amount,
    refunded: amount === order.total,
    ...more,
  })

/** A refund as the provider tells of it; `refund_id` in its metadata is our name of it. */
export const refundTold = (
  order: Sold,
  refund: { id: string; amount: number; status?: string; refundId?: string },
  type: 'created' | 'updated' | 'failed' = 'created',
  event: Partial<StripeEvent> = {},
) =>
  eventOf(
    `refund.${type}`,
    {
      id: refund.id,
      object: 'refund',
      charge: `ch_${order.number}`,
      payment_intent: intentOf(order),
      currency: 'usd',
      amount: refund.amount,
      status: refund.status ?? (type === 'failed' ? 'failed' : 'succeeded'),
      metadata: refund.refundId ? { refund_id: refund.refundId, order_id: order.uid } : {},
    },
    event,
  )

export const disputed = (order: Sold, status = 'needs_response') =>
  eventOf(`charge.dispute.${status === 'needs_response' ? 'created' : 'closed'}`, {
    id: `dp_${order.number}`,
    object: 'dispute',
    charge: `ch_${order.number}`,
    payment_intent: intentOf(order),
    currency: 'usd',
    amount: order.total,
    status,
  })

/** The header `stripe-signature`, made as Stripe does: https://docs.stripe.com/webhooks/signature */
export function signatureOf(
  body: string,
  { secret = LOCAL_SECRET, at = Math.floor(Date.now() / 1000) } = {},
): string {
  return `t=${at},v1=${digestOf(body, secret, at)}`
}

export const digestOf = (body: string, secret: string, at: number): string =>
  createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')

/** Sends an event as Stripe does. */
export function tell(
  world: World,
  event: StripeEvent,
  sign: { secret?: string; at?: number } = {},
): Promise<Response> {
  const raw = JSON.stringify(event)
  const headers = { 'stripe-signature': signatureOf(raw, sign), 'content-type': 'application/json' }
  return world.as('anonymous').post(WEBHOOK, { raw, headers })
}

/** The statuses of events that are told one after the other. */
export async function tellAll(world: World, ...events: StripeEvent[]): Promise<number[]> {
  const statuses: number[] = []
  for (const event of events) statuses.push((await tell(world, event)).status)
  return statuses
}
