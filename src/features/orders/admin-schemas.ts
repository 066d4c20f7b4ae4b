import * as z from 'zod/mini'
import {
  instant,
  line,
  listOf,
  pageOf,
  pageQuery,
  queryFlag,
  rowNumber,
  searchTerm,
  uid,
  upTo,
  webUrl,
  whole,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { Money, moneyField } from '../../core/money.ts'
import { MailView } from '../mail/schemas.ts'
import {
  DISPUTE_STATES,
  EVENT_STATUSES,
  ORDER_ACTIONS,
  ORDER_STATUSES,
  PAYMENT_STATUSES,
  REFUND_STATUSES,
  STOCK_STATES,
} from './kinds.ts'
import { OrderLineView, OrderView } from './schemas.ts'

const MOST_LINES = 50
const MOST_REFUNDS = 500

export const RefundView = lazily(() =>
  z
    .object({
      id: uid(),
      amount: Money(),
      lines: listOf(
        z.object({
          variant_id: z.int(),
          quantity: z.int(),
          value: Money().apply(meta, {
            description: 'What these units have brought, with their tax.',
          }),
        }),
        MOST_LINES,
      ),
      restock: z.boolean(),
      reason: z.nullable(upTo(500)),
      status: z.enum(REFUND_STATUSES).apply(meta, {
        description: 'Pending until the payment provider has answered and the money is on its way.',
      }),
      error: z.nullable(upTo(500)),
      provider_id: z.nullable(upTo(300)),
      created_at: instant(),
      settled_at: z.nullable(instant()),
    })
    .apply(meta, { id: 'Refund' }),
)
export type RefundView = Made<typeof RefundView>

export const ManagedOrderView = lazily(() =>
  z
    .extend(OrderView(), {
      lines: listOf(
        z
          .extend(OrderLineView(), {
            discount: Money().apply(meta, { description: "Its part of the order's discount." }),
            refunded_quantity: z.int(),
          })
          .apply(meta, { id: 'ManagedOrderLine' }),
        MOST_LINES,
      ),
      user_id: z.nullable(uid()),
      country: z.nullable(upTo(2)).apply(meta, { description: 'As the buyer said before paying.' }),
      shipping_label: z.nullable(upTo(100)),
      discount_code: z.nullable(upTo(100)),
      note: z.nullable(upTo(1000)),
      goods: z
        .enum(STOCK_STATES)
        .apply(meta, { description: 'Held for it, back in the shop, or sold.' }),
      refund_due: Money().apply(meta, {
        description: 'Paid when its goods were gone: so much has to be given back.',
      }),
      payment: z.object({
        status: z.enum(PAYMENT_STATUSES),
        session_id: z.nullable(upTo(300)),
        payment_intent: z.nullable(upTo(300)),
        paid: Money(),
        dispute: z.nullable(z.enum(DISPUTE_STATES)),
      }),
      refunds: listOf(RefundView(), MOST_REFUNDS).apply(meta, { description: 'Oldest first.' }),
    })
    .apply(meta, { id: 'ManagedOrder' }),
)
export type ManagedOrderView = Made<typeof ManagedOrderView>

export const ManagedOrderPage = lazily(() =>
  pageOf(ManagedOrderView()).apply(meta, { id: 'ManagedOrderPage' }),
)

export const PaymentEventView = lazily(() =>
  z
    .object({
      id: uid(),
      event_id: upTo(300).apply(meta, { description: "The provider's own name of it." }),
      type: upTo(100),
      subject: z
        .nullable(upTo(300))
        .apply(meta, { description: 'The session, payment or charge that it speaks of.' }),
      status: z.enum(EVENT_STATUSES),
      order_id: z.nullable(uid()),
      attempts: z.int(),
      error: z.nullable(upTo(500)),
      event_at: instant().apply(meta, { description: 'When the provider made it.' }),
      created_at: instant(),
      done_at: z.nullable(instant()),
      next_try_at: z.nullable(instant()).apply(meta, { description: 'Null when it is settled.' }),
    })
    .apply(meta, {
      id: 'PaymentEvent',
      description: 'What the payment provider told. Its content is not shown.',
    }),
)
export type PaymentEventView = Made<typeof PaymentEventView>

export const PaymentEventPage = lazily(() =>
  pageOf(PaymentEventView()).apply(meta, { id: 'PaymentEventPage' }),
)

const MOST_BESIDE = 100

export const OrderFile = lazily(() =>
  z
    .extend(ManagedOrderView(), {
      events: listOf(PaymentEventView(), MOST_BESIDE).apply(meta, { description: 'Newest first.' }),
      mails: listOf(MailView(), MOST_BESIDE).apply(meta, { description: 'Newest first.' }),
    })
    .apply(meta, { id: 'OrderFile', description: 'An order with all that belongs to it.' }),
)
export type OrderFile = Made<typeof OrderFile>

const filters = lazily(() => ({
  status: z.optional(z.enum(ORDER_STATUSES)),
  q: z
    .optional(searchTerm())
    .apply(meta, { description: 'Looks through number, e-mail address, name and skus.' }),
  from: z.optional(instant()),
  to: z.optional(instant()),
}))

export const FindOrders = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    ...filters(),
    count: z.optional(queryFlag()),
  }),
)
export type FindOrders = Made<typeof FindOrders>

export const ExportOrders = lazily(() => z.strictObject(filters()))
export type ExportOrders = Made<typeof ExportOrders>

export const ManageOrder = lazily(() =>
  z
    .strictObject({
      action: z.enum(ORDER_ACTIONS),
      tracking: z
        .optional(
          z.strictObject({ carrier: line(1, 60), number: line(1, 100), url: z.optional(webUrl()) }),
        )
        .apply(meta, { description: 'With `fulfil` only; it is mailed to the buyer.' }),
      note: z
        .optional(line(0, 1000))
        .apply(meta, { description: 'Kept with the order for the studio alone.' }),
    })
    .check(
      z.refine(({ action, tracking }) => action === 'fulfil' || tracking === undefined, {
        path: ['tracking'],
        message: 'Only with the action fulfil.',
      }),
    )
    .apply(meta, {
      id: 'ManageOrder',
      example: { action: 'fulfil', tracking: { carrier: 'Post', number: 'RR123456785CH' } },
    }),
)
export type ManageOrder = Made<typeof ManageOrder>

export const RefundOrder = lazily(() =>
  z
    .strictObject({
      amount: z
        .optional(moneyField(1))
        .apply(meta, { description: 'Without it what `lines` have brought, or all that is left.' }),
      lines: z
        .optional(
          z
            .array(
              z.strictObject({
                variant_id: rowNumber(),
                quantity: whole(1, 99),
              }),
            )
            .check(
              z.minLength(1),
              z.maxLength(MOST_LINES),
              z.refine(
                (lines) => new Set(lines.map((line) => line.variant_id)).size === lines.length,
                {
                  message: 'Each variant stands once.',
                },
              ),
            ),
        )
        .apply(meta, {
          description:
            'What comes back: its price less its part of the discount, with its part of the tax. Shipping goes back with a whole refund, or by `amount`.',
        }),
      restock: z.optional(z.boolean()).apply(meta, {
        description: 'Puts the lines back into stock; all that are left of a whole refund.',
      }),
      reason: z
        .optional(line(0, 500))
        .apply(meta, { description: 'Kept with the refund for the studio alone.' }),
    })
    .check(
      z.refine(({ amount, lines, restock }) => !(restock && amount && !lines), {
        path: ['lines'],
        message: 'Say what goes back into stock.',
      }),
    )
    .apply(meta, {
      id: 'RefundOrder',
      example: { lines: [{ variant_id: 1, quantity: 1 }], restock: true },
    }),
)
export type RefundOrder = Made<typeof RefundOrder>

export const ListPaymentEvents = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    status: z.optional(z.enum(EVENT_STATUSES)),
    type: z.optional(line(1, 100)),
    order: z.optional(uid()),
    count: z.optional(queryFlag()),
  }),
)
export type ListPaymentEvents = Made<typeof ListPaymentEvents>
