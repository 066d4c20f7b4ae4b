import { share } from '../../core/shares.ts'
import type { DiscountKind } from './kinds.ts'

export type PricedLine = { variantId: number; quantity: number; unitPrice: number }

/** What a discount takes off a cart: in all, and off each line. */
export type Reduction = { amount: number; lines: number[] }

/**
 * What a discount takes off the lines whose variants are in scope. A percentage is worked out of their
 * sum and rounded half up to minor units; an amount is at most their sum. It is shared out over them
 * by what they come to, so that the lines add up to it whatever their order.
 */
export function priceDiscount(
  { kind, value }: { kind: DiscountKind; value: number },
  lines: PricedLine[],
  inScope: ReadonlySet<number>,
): Reduction {
  const parts = lines.map(({ variantId, quantity, unitPrice }) => ({
    name: variantId,
    weight: inScope.has(variantId) ? quantity * unitPrice : 0,
  }))
  const sum = parts.reduce((total, { weight }) => total + weight, 0)
  const amount = kind === 'percent' ? Math.floor((sum * value + 50) / 100) : Math.min(value, sum)
  return { amount, lines: share(amount, parts) }
}
