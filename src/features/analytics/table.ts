import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

// Figures added up in blocks of time, whose edges are those of UTC: `start` is a multiple of `span`,
// both in milliseconds. Triggers keep them in the batch of whatever happens; a block in which nothing
// happened has no row. Zones differ from UTC by quarters of an hour, so the smallest blocks fit all.

/** What was asked for and paid, in one currency. */
export const salesRollups = sqliteTable(
  'sales_rollups',
  {
    currency: text().notNull(),
    span: integer().notNull(),
    start: integer().notNull(),
    /** Orders that were placed then, and how many of those were paid at any time since. */
    checkouts: integer().notNull(),
    converted: integer().notNull(),
    /** Orders that were paid then: how many, how many pieces, how much. */
    orders: integer().notNull(),
    units: integer().notNull(),
    sales: integer().notNull(),
    /** What was given back then, of whatever order. */
    refunds: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.currency, table.span, table.start] })],
)

/** What was paid then, by variant; revenue is without its part of the order's discount. */
export const productRollups = sqliteTable(
  'product_rollups',
  {
    currency: text().notNull(),
    span: integer().notNull(),
    start: integer().notNull(),
    variantId: integer().notNull(),
    productId: integer().notNull(),
    units: integer().notNull(),
    revenue: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.currency, table.span, table.start, table.variantId] })],
)

/** Views of posts, and reactions and approved comments that were made then and are still there. */
export const contentRollups = sqliteTable(
  'content_rollups',
  {
    span: integer().notNull(),
    start: integer().notNull(),
    views: integer().notNull(),
    reactions: integer().notNull(),
    comments: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.span, table.start] })],
)
