import * as z from 'zod/mini'
import { email, upTo } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { toStored } from '../../core/text.ts'
import { type PaymentEvent, refundStatusOf } from '../../platform/payments/index.ts'
import type { DisputeState, RefundStatus } from './kinds.ts'
import type { Address } from './schemas.ts'

/** What an event says of an order, in our words. */
export type Claim =
  | ({ kind: 'session' } & SessionClaim)
  | { kind: 'charge'; subject: string; paymentIntent: string; currency: string; refunded: number }
  | ({ kind: 'refund' } & RefundClaim)
  | {
      kind: 'dispute'
      subject: string
      paymentIntent: string
      currency: string
      dispute: DisputeState
    }

export type RefundClaim = {
  /** The provider's name of the refund. */
  subject: string
  /** Ours, where it was made here. */
  refundUid: string | null
  paymentIntent: string
  currency: string
  amount: number
  status: RefundStatus
}

export type SessionClaim = {
  subject: string
  orderUid: string
  /** Whether the two names that checkout gives to a session are the same order's. */
  isTorn: boolean
  outcome: 'paid' | 'processing' | 'failed' | 'expired'
  paymentIntent: string | null
  currency: string
  amounts: { subtotal: number; discount: number; shipping: number; tax: number; total: number }
  /** What the buyer was told that shipping is; null where the event does not say. */
  shippingLabel: string | null
  email: string | null
  address: Address | null
}

/** The event speaks of something that concerns us, in a way that cannot be read. */
export class UnreadableEvent extends Error {}

const named = lazily(() => z.union([upTo(300), z.object({ id: upTo(300) })]))
const amount = lazily(() => z.int().check(z.gte(0)))
const text = lazily(() => z.nullish(z.string()))

const Contact = lazily(() =>
  z.nullish(
    z.object({
      name: text(),
      email: text(),
      address: z.nullish(
        z.object({
          line1: text(),
          line2: text(),
          postal_code: text(),
          city: text(),
          state: text(),
          country: text(),
        }),
      ),
    }),
  ),
)
type Contact = Made<typeof Contact>

// https://docs.stripe.com/api/checkout/sessions/object
const Session = lazily(() =>
  z.object({
    id: upTo(300),
    client_reference_id: text(),
    metadata: z.nullish(z.record(z.string(), z.unknown())),
    payment_intent: z.nullish(named()),
    payment_status: z.enum(['paid', 'unpaid', 'no_payment_required']),
    currency: z.string(),
    amount_subtotal: amount(),
    amount_total: amount(),
    total_details: z.object({
      amount_discount: amount(),
      amount_shipping: z.nullish(amount()),
      amount_tax: amount(),
    }),
    shipping_cost: z.nullish(
      z.object({
        shipping_rate: z.nullish(z.union([z.string(), z.object({ display_name: text() })])),
      }),
    ),
    customer_details: Contact(),
    collected_information: z.nullish(z.object({ shipping_details: Contact() })),
  }),
)
type Session = Made<typeof Session>

// https://docs.stripe.com/api/charges/object
const Charge = lazily(() =>
  z.object({
    id: upTo(300),
    payment_intent: z.nullish(named()),
    currency: z.string(),
    amount_refunded: amount(),
  }),
)

// https://docs.stripe.com/api/refunds/object
const Refund = lazily(() =>
  z.object({
    id: upTo(300),
    payment_intent: z.nullish(named()),
    currency: z.string(),
    amount: amount(),
    status: text(),
    metadata: z.nullish(z.record(z.string(), z.unknown())),
  }),
)

// https://docs.stripe.com/api/disputes/object
const Dispute = lazily(() =>
  z.object({
    id: upTo(300),
    payment_intent: z.nullish(named()),
    currency: z.string(),
    status: z.string(),
  }),
)

/** By the event's type; each throws UnreadableEvent. */
const READERS: Record<string, (object: Record<string, unknown>) => Claim | null> = {
  'checkout.session.completed': (object) => {
    const session = read(Session(), object)
    return toSessionClaim(session, session.payment_status === 'unpaid' ? 'processing' : 'paid')
  },
  'checkout.session.async_payment_succeeded': (object) =>
    toSessionClaim(read(Session(), object), 'paid'),
  'checkout.session.async_payment_failed': (object) =>
    toSessionClaim(read(Session(), object), 'failed'),
  'checkout.session.expired': (object) => toSessionClaim(read(Session(), object), 'expired'),
  'charge.refunded': (object) => {
    const charge = read(Charge(), object)
    const names = namesOf(charge)
    return names && { kind: 'charge', ...names, refunded: charge.amount_refunded }
  },
  'refund.created': (object) => toRefund(read(Refund(), object)),
  'refund.updated': (object) => toRefund(read(Refund(), object)),
  'refund.failed': (object) => toRefund(read(Refund(), object)),
  'charge.dispute.created': (object) => toDispute(read(Dispute(), object), 'open'),
  'charge.dispute.closed': (object) => {
    const dispute = read(Dispute(), object)
    return toDispute(dispute, dispute.status === 'lost' ? 'lost' : 'won')
  },
}

/** Null for what is of no concern: another type, or a payment that no checkout asked for. */
export const readClaim = ({ type, object }: PaymentEvent): Claim | null =>
  Object.hasOwn(READERS, type) ? (READERS[type]?.(object) ?? null) : null

function read<Schema extends z.ZodMiniType>(schema: Schema, object: unknown): z.output<Schema> {
  const result = schema.safeParse(object)
  if (result.success) return result.data
  const paths = result.error.issues.map((issue) => issue.path.join('.') || 'all of it')
  throw new UnreadableEvent(`It cannot be read: ${[...new Set(paths)].slice(0, 5).join(', ')}.`)
}

const idOf = (name: Made<typeof named>): string => (typeof name === 'string' ? name : name.id)

type Paid = {
  id: string
  payment_intent?: Made<typeof named> | null | undefined
  currency: string
}

const namesOf = ({ id, payment_intent, currency }: Paid) =>
  payment_intent ? { subject: id, paymentIntent: idOf(payment_intent), currency } : null

function toRefund(object: Made<typeof Refund>): Claim | null {
  const names = namesOf(object)
  if (!names || object.amount === 0) return null
  return {
    kind: 'refund',
    ...names,
    refundUid: Uid().safeParse(object.metadata?.refund_id).data ?? null,
    amount: object.amount,
    status: refundStatusOf(object.status),
  }
}

function toDispute(object: Made<typeof Dispute>, dispute: DisputeState): Claim | null {
  const names = namesOf(object)
  return names && { kind: 'dispute', ...names, dispute }
}

function toSessionClaim(session: Session, outcome: SessionClaim['outcome']): Claim | null {
  const { total_details: details, shipping_cost: cost, customer_details: customer } = session
  const rate = cost?.shipping_rate
  const uids = ordersOf(session)
  const [orderUid] = uids
  if (orderUid === undefined) return null
  return {
    kind: 'session',
    subject: session.id,
    orderUid,
    isTorn: uids.length !== 1,
    outcome,
    paymentIntent: session.payment_intent ? idOf(session.payment_intent) : null,
    currency: session.currency,
    amounts: {
      subtotal: session.amount_subtotal,
      discount: details.amount_discount,
      shipping: details.amount_shipping ?? 0,
      tax: details.amount_tax,
      total: session.amount_total,
    },
    shippingLabel: typeof rate === 'object' ? (rate?.display_name ?? null) : null,
    email: email().safeParse(customer?.email).data ?? null,
    address: toAddress(session.collected_information?.shipping_details ?? customer),
  }
}

const Uid = lazily(() => z.uuid().check(z.toLowerCase()))

/** Checkout gives a session the same name twice. */
const ordersOf = ({ client_reference_id, metadata }: Session): string[] => [
  ...new Set(
    [client_reference_id, metadata?.order_id].flatMap((name) => Uid().safeParse(name).data ?? []),
  ),
]

function toAddress(contact: Contact): Address | null {
  if (!contact?.address) return null
  const { line1, line2, postal_code, city, state, country } = contact.address
  return {
    name: clean(contact.name),
    line1: clean(line1),
    line2: clean(line2),
    postal_code: clean(postal_code),
    city: clean(city),
    state: clean(state),
    country: clean(country),
  }
}

/** One line, as it goes on a label. */
const clean = (value: string | null | undefined): string | null =>
  toStored((value ?? '').replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')).slice(0, 200) || null
