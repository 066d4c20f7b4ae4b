import * as z from 'zod'
import { iso, isoOrNull } from '../../core/time.ts'
import { ORDER_STATUSES } from './kinds.ts'
import type { FullOrder } from './repo.ts'
import { Address, type ManagedOrderView, type OrderView } from './schemas.ts'
import { moneyOf } from './words.ts'

const Lines = z.array(
  z.object({
    variantId: z.number(),
    sku: z.string(),
    title: z.string(),
    quantity: z.number(),
    unitPrice: z.number(),
    total: z.number(),
  }),
)
const History = z.array(z.object({ status: z.enum(ORDER_STATUSES), at: z.number() }))

export const linesIn = (row: FullOrder) => Lines.parse(JSON.parse(row.lines))

export const addressIn = ({ shippingAddress }: Pick<FullOrder, 'shippingAddress'>) =>
  shippingAddress === null ? null : Address.parse(JSON.parse(shippingAddress))

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
  history: History.parse(JSON.parse(row.history)).map(({ status, at }) => ({
    status,
    at: iso(at),
  })),
})

/** The same with what only the studio sees. */
export const toManagedView = (row: FullOrder): ManagedOrderView => ({
  ...toOrderView(row),
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
})
