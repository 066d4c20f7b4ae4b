export const ORDER_STATUSES = [
  'pending',
  'paid',
  'fulfilled',
  'partially_refunded',
  'refunded',
  'cancelled',
  'expired',
  'disputed',
] as const
export type OrderStatus = (typeof ORDER_STATUSES)[number]

/**
 * What is known of the payment: nothing yet, on its way (a bank transfer), a failure, or money. Each
 * outranks those before it, in whatever order the provider tells of them.
 */
export const PAYMENT_STATUSES = ['none', 'processing', 'failed', 'paid'] as const
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number]

/** Where the order's goods are: held for it, back in the shop, or sold. */
export const STOCK_STATES = ['reserved', 'released', 'sold'] as const
export type StockState = (typeof STOCK_STATES)[number]

/** Each outranks those before it. */
export const DISPUTE_STATES = ['open', 'won', 'lost'] as const
export type DisputeState = (typeof DISPUTE_STATES)[number]

/** What the studio does with an order. */
export const ORDER_ACTIONS = ['fulfil', 'cancel'] as const
export type OrderAction = (typeof ORDER_ACTIONS)[number]

/** Held back for the provider's answer, given back, or come to nothing. Each outranks those before it. */
export const REFUND_STATUSES = ['pending', 'succeeded', 'failed'] as const
export type RefundStatus = (typeof REFUND_STATUSES)[number]

/** An event of the payment provider: kept, done with, or failed and waiting for its next turn. */
export const EVENT_STATUSES = ['received', 'done', 'failed'] as const
export type EventStatus = (typeof EVENT_STATUSES)[number]
