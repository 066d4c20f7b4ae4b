import type { LimitPolicy } from '../../core/limits.ts'

/** Orders that one account or source may place. */
export const CHECKOUT_LIMITS: LimitPolicy[] = [
  { name: 'checkout-minute', quota: 5, windowSeconds: 60 },
  { name: 'checkout-hour', quota: 20, windowSeconds: 3600 },
]

/** Discount codes that do not exist which one source may try: a short one could be guessed. */
export const CODE_TRIES: LimitPolicy = {
  name: 'discount-codes',
  quota: 20,
  windowSeconds: 3600,
}

/** Unpaid orders that one account or source may hold goods with at a time. */
export const MOST_HELD = 5
