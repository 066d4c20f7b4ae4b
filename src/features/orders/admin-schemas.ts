import * as z from 'zod'
import {
  instant,
  line,
  pageOf,
  pageQuery,
  queryFlag,
  searchTerm,
  uid,
  webUrl,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
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
      lines: z
        .array(
          z.object({
            variant_id: z.int(),
            quantity: z.int(),
            value: Money().meta({ description: 'What these units have brought, with their tax.' }),
          }),
        )
        .max(MOST_LINES),
      restock: z.boolean(),
      reason: z.string().max(500).nullable(),
      status: z.enum(REFUND_STATUSES).meta({
        description: 'Pending until the payment provider has answered and the money is on its way.',
      }),
      error: z.string().max(500).nullable(),
      provider_id: z.string().max(300).nullable(),
      created_at: instant(),
      settled_at: instant().nullable(),
    })
    .meta({ id: 'Refund' }),
)
export type RefundView = Made<typeof RefundView>

export const ManagedOrderView = lazily(() =>
  OrderView()
    .extend({
      lines: z
        .array(
          OrderLineView()
            .extend({
              discount: Money().meta({ description: "Its part of the order's discount." }),
              refunded_quantity: z.int(),
            })
            .meta({ id: 'ManagedOrderLine' }),
        )
        .max(MOST_LINES),
      user_id: uid().nullable(),
      country: z
        .string()
        .max(2)
        .nullable()
        .meta({ description: 'As the buyer said before paying.' }),
      shipping_label: z.string().max(100).nullable(),
      discount_code: z.string().max(100).nullable(),
      note: z.string().max(1000).nullable(),
      goods: z.enum(STOCK_STATES).meta({ description: 'Held for it, back in the shop, or sold.' }),
      refund_due: Money().meta({
        description: 'Paid when its goods were gone: so much has to be given back.',
      }),
      payment: z.object({
        status: z.enum(PAYMENT_STATUSES),
        session_id: z.string().max(300).nullable(),
        payment_intent: z.string().max(300).nullable(),
        paid: Money(),
        dispute: z.enum(DISPUTE_STATES).nullable(),
      }),
      refunds: z.array(RefundView()).max(MOST_REFUNDS).meta({ description: 'Oldest first.' }),
    })
    .meta({ id: 'ManagedOrder' }),
)
export type ManagedOrderView = Made<typeof ManagedOrderView>

export const ManagedOrderPage = lazily(() =>
  pageOf(ManagedOrderView()).meta({ id: 'ManagedOrderPage' }),
)

export const PaymentEventView = lazily(() =>
  z
    .object({
      id: uid(),
      event_id: z.string().max(300).meta({ description: "The provider's own name of it." }),
      type: z.string().max(100),
      subject: z
        .string()
        .max(300)
        .nullable()
        .meta({ description: 'The session, payment or charge that it speaks of.' }),
      status: z.enum(EVENT_STATUSES),
      order_id: uid().nullable(),
      attempts: z.int(),
      error: z.string().max(500).nullable(),
      event_at: instant().meta({ description: 'When the provider made it.' }),
      created_at: instant(),
      done_at: instant().nullable(),
      next_try_at: instant().nullable().meta({ description: 'Null when it is settled.' }),
    })
    .meta({
      id: 'PaymentEvent',
      description: 'What the payment provider told. Its content is not shown.',
    }),
)
export type PaymentEventView = Made<typeof PaymentEventView>

export const PaymentEventPage = lazily(() =>
  pageOf(PaymentEventView()).meta({ id: 'PaymentEventPage' }),
)

const MOST_BESIDE = 100

export const OrderFile = lazily(() =>
  ManagedOrderView()
    .extend({
      events: z.array(PaymentEventView()).max(MOST_BESIDE).meta({ description: 'Newest first.' }),
      mails: z.array(MailView()).max(MOST_BESIDE).meta({ description: 'Newest first.' }),
    })
    .meta({ id: 'OrderFile', description: 'An order with all that belongs to it.' }),
)
export type OrderFile = Made<typeof OrderFile>

const filters = lazily(() => ({
  status: z.enum(ORDER_STATUSES).optional(),
  q: searchTerm()
    .optional()
    .meta({ description: 'Looks through number, e-mail address, name and skus.' }),
  from: instant().optional(),
  to: instant().optional(),
}))

export const FindOrders = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    ...filters(),
    count: queryFlag().optional(),
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
        .strictObject({ carrier: line(1, 60), number: line(1, 100), url: webUrl().optional() })
        .optional()
        .meta({ description: 'With `fulfil` only; it is mailed to the buyer.' }),
      note: line(0, 1000)
        .optional()
        .meta({ description: 'Kept with the order for the studio alone.' }),
    })
    .refine(({ action, tracking }) => action === 'fulfil' || tracking === undefined, {
      path: ['tracking'],
      message: 'Only with the action fulfil.',
    })
    .meta({
      id: 'ManageOrder',
      example: { action: 'fulfil', tracking: { carrier: 'Post', number: 'RR123456785CH' } },
    }),
)
export type ManageOrder = Made<typeof ManageOrder>

export const RefundOrder = lazily(() =>
  z
    .strictObject({
      amount: moneyField(1)
        .optional()
        .meta({ description: 'Without it what `lines` have brought, or all that is left.' }),
      lines: z
        .array(
          z.strictObject({
            variant_id: z.int().min(1).max(9_999_999_999),
            quantity: z.int().min(1).max(99),
          }),
        )
        .min(1)
        .max(MOST_LINES)
        .refine((lines) => new Set(lines.map((line) => line.variant_id)).size === lines.length, {
          message: 'Each variant stands once.',
        })
        .optional()
        .meta({
          description:
            'What comes back: its price less its part of the discount, with its part of the tax. Shipping goes back with a whole refund, or by `amount`.',
        }),
      restock: z.boolean().optional().meta({
        description: 'Puts the lines back into stock; all that are left of a whole refund.',
      }),
      reason: line(0, 500)
        .optional()
        .meta({ description: 'Kept with the refund for the studio alone.' }),
    })
    .refine(({ amount, lines, restock }) => !(restock && amount && !lines), {
      path: ['lines'],
      message: 'Say what goes back into stock.',
    })
    .meta({
      id: 'RefundOrder',
      example: { lines: [{ variant_id: 1, quantity: 1 }], restock: true },
    }),
)
export type RefundOrder = Made<typeof RefundOrder>

export const ListPaymentEvents = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    status: z.enum(EVENT_STATUSES).optional(),
    type: line(1, 100).optional(),
    order: uid().optional(),
    count: queryFlag().optional(),
  }),
)
export type ListPaymentEvents = Made<typeof ListPaymentEvents>
