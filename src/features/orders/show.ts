import * as z from 'zod/mini'
import { lazily, type Made } from '../../core/lazily.ts'
import { iso, isoOrNull } from '../../core/time.ts'
import type { ManagedOrderView, RefundView } from './admin-schemas.ts'
import { ORDER_STATUSES, REFUND_STATUSES } from './kinds.ts'
import { goneOf, type RefundedLine } from './refund-parts.ts'
import type { FullOrder } from './repo.ts'
import { Address, type OrderView } from './schemas.ts'
import { moneyOf } from './words.ts'

const Lines = lazily(() =>
  z.array(
    z.object({
      position: z.number(),
      variantId: z.number(),
      sku: z.string(),
      title: z.string(),
      quantity: z.number(),
      unitPrice: z.number(),
      total: z.number(),
      discount: z.number(),
    }),
  ),
)
const Refunds = lazily(() =>
  z.array(
    z.object({
      id: z.number(),
      uid: z.string(),
      amount: z.number(),
      lines: z.array(z.object({ position: z.number(), quantity: z.number(), value: z.number() })),
      restock: z.number(),
      reason: z.nullable(z.string()),
      status: z.enum(REFUND_STATUSES),
      error: z.nullable(z.string()),
      providerId: z.nullable(z.string()),
      createdAt: z.number(),
      settledAt: z.nullable(z.number()),
    }),
  ),
)
export type ShownRefund = Made<typeof Refunds>[number]
const History = lazily(() => z.array(z.object({ status: z.enum(ORDER_STATUSES), at: z.number() })))

export const linesIn = (row: FullOrder) => Lines().parse(JSON.parse(row.lines))

/** The refunds of an order, oldest first. */
export const refundsIn = (row: FullOrder) => Refunds().parse(JSON.parse(row.refunds))

/** The units that its refunds are for, but for those that came to nothing. */
export const unitsIn = (row: FullOrder): RefundedLine[] =>
  refundsIn(row).flatMap(({ status, lines }) => (status === 'failed' ? [] : lines))

export const addressIn = ({ shippingAddress }: Pick<FullOrder, 'shippingAddress'>) =>
  shippingAddress === null ? null : Address().parse(JSON.parse(shippingAddress))

/** An order as its buyer sees it. */
export const toOrderView = (row: FullOrder): OrderView => ({
  id: row.uid,
  number: row.number,
  status: row.status,
  email: row.email,
  lines: linesIn(row).map((line) => ({
    variant_id: line.variantId,
    sku: line.sku,
    title: line.title,
    quantity: line.quantity,
    unit_price: moneyOf(row, line.unitPrice),
    total: moneyOf(row, line.total),
  })),
  subtotal: moneyOf(row, row.subtotal),
  discount: moneyOf(row, row.discount),
  shipping: moneyOf(row, row.shipping),
  tax: moneyOf(row, row.tax),
  total: moneyOf(row, row.total),
  refunded: moneyOf(row, row.refunded),
  shipping_address: addressIn(row),
  tracking:
    row.carrier === null || row.trackingNumber === null
      ? null
      : { carrier: row.carrier, number: row.trackingNumber, url: row.trackingUrl },
  created_at: iso(row.createdAt),
  paid_at: isoOrNull(row.paidAt),
  fulfilled_at: isoOrNull(row.fulfilledAt),
  history: History()
    .parse(JSON.parse(row.history))
    .map(({ status, at }) => ({
      status,
      at: iso(at),
    })),
})

export function toRefundView(row: FullOrder, refund: ShownRefund): RefundView {
  const variants = new Map(linesIn(row).map((line) => [line.position, line.variantId]))
  return {
    id: refund.uid,
    amount: moneyOf(row, refund.amount),
    lines: refund.lines.map(({ position, quantity, value }) => ({
      variant_id: variants.get(position) ?? 0,
      quantity,
      value: moneyOf(row, value),
    })),
    restock: refund.restock === 1,
    reason: refund.reason,
    status: refund.status,
    error: refund.error,
    provider_id: refund.providerId,
    created_at: iso(refund.createdAt),
    settled_at: isoOrNull(refund.settledAt),
  }
}

function toManagedLines(row: FullOrder): ManagedOrderView['lines'] {
  const lines = linesIn(row)
  const gone = goneOf({ ...row, lines }, unitsIn(row))
  return toOrderView(row).lines.map((line, index) => ({
    ...line,
    discount: moneyOf(row, lines[index]?.discount ?? 0),
    refunded_quantity: gone[index]?.quantity ?? 0,
  }))
}

/** The same with what only the studio sees. */
export const toManagedView = (row: FullOrder): ManagedOrderView => ({
  ...toOrderView(row),
  lines: toManagedLines(row),
  user_id: row.userUid,
  country: row.country,
  shipping_label: row.shippingLabel,
  discount_code: row.discountCode,
  note: row.note,
  goods: row.stock,
  refund_due: moneyOf(row, row.refundDue),
  payment: {
    status: row.paymentStatus,
    session_id: row.sessionId,
    payment_intent: row.paymentIntent,
    paid: moneyOf(row, row.amountPaid),
    dispute: row.dispute,
  },
  refunds: refundsIn(row).map((refund) => toRefundView(row, refund)),
})
