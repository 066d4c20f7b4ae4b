import type { ProviderRefund } from './payments.ts'

const STATUSES = new Map<string, ProviderRefund['status']>([
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
])

/** In our words: https://docs.stripe.com/api/refunds/object#refund_object-status */
export const refundStatusOf = (status: string | null | undefined): ProviderRefund['status'] =>
  STATUSES.get(status ?? '') ?? 'pending'
