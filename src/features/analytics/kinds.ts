/** What products and variants are ranked by. */
export const SALE_RANKS = ['revenue', 'units'] as const
export type SaleRank = (typeof SALE_RANKS)[number]

/** What posts and projects are ranked by. */
export const CONTENT_RANKS = ['views', 'reactions', 'comments'] as const
export type ContentRank = (typeof CONTENT_RANKS)[number]

/** What is added up of sales, and of what visitors do with content: columns of the rollups. */
export const SALES_FIGURES = [
  'checkouts',
  'converted',
  'orders',
  'units',
  'sales',
  'refunds',
] as const
export type SalesFigure = (typeof SALES_FIGURES)[number]
export const CONTENT_FIGURES = ['views', 'reactions', 'comments'] as const
export type ContentFigure = (typeof CONTENT_FIGURES)[number]

/** The longest period, two years with a leap day each way, and the most buckets that it is cut into. */
export const MOST_DAYS = 732
export const MOST_BUCKETS = 370

/** The period when nobody says. */
export const DEFAULT_DAYS = 30

/** How far back sales tell how fast stock goes. */
export const RATE_DAYS = 28

/** So many of the newest posts, and as many projects, are ranked. */
export const RANKED = 500
