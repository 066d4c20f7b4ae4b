export const PRODUCT_STATUSES = ['draft', 'active', 'archived'] as const
export type ProductStatus = (typeof PRODUCT_STATUSES)[number]

export const VARIANT_STATUSES = ['active', 'archived'] as const
export type VariantStatus = (typeof VARIANT_STATUSES)[number]

/** Why stock is changed by hand. */
export const STOCK_REASONS = ['received', 'damaged', 'count', 'correction'] as const
/** Why it changes by itself: with an order. */
export const ORDER_REASONS = ['reserved', 'released', 'sold', 'returned'] as const
export const MOVEMENT_REASONS = [...STOCK_REASONS, ...ORDER_REASONS] as const
export type MovementReason = (typeof MOVEMENT_REASONS)[number]

/** What one product has at most. */
export const MOST_VARIANTS = 100
export const MOST_CATEGORIES = 20
/** What one variant has at most, and what one row of the ledger may move. */
export const MOST_STOCK = 1_000_000
