export const DISCOUNT_KINDS = ['percent', 'amount'] as const
export type DiscountKind = (typeof DISCOUNT_KINDS)[number]

/** What a discount is for: all goods, or those products and categories that it names. */
export const DISCOUNT_SCOPES = ['everything', 'selection'] as const
export type DiscountScope = (typeof DISCOUNT_SCOPES)[number]

/** How a discount stands at a moment. */
export const DISCOUNT_STATUSES = ['active', 'scheduled', 'over', 'used_up', 'disabled'] as const
export type DiscountStatus = (typeof DISCOUNT_STATUSES)[number]

/** Held for an unpaid order, used by a paid one, or given back by one that came to nothing. */
export const USE_STATES = ['held', 'used', 'returned'] as const
export type UseState = (typeof USE_STATES)[number]
