import { sql } from 'drizzle-orm'
import {
  check,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import type { MovementReason, ProductStatus, VariantStatus } from './kinds.ts'

/** More than any price. */
export const NO_PRICE = 1_000_000_001

export const categories = sqliteTable(
  'categories',
  {
    /** Never given again: what was meant for one that is gone must not hit another. */
    id: integer().primaryKey({ autoIncrement: true }),
    slug: text().notNull().unique(),
    name: text().notNull(),
    /** The beginning of the folded name: what they are listed by. */
    sortName: text().notNull(),
    description: text().notNull(),
    /** Of active products; kept by triggers. */
    productCount: integer().notNull().default(0),
    version: integer().notNull().default(1),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
  },
  (table) => [index('categories_name').on(table.sortName, table.id)],
)

export const products = sqliteTable(
  'products',
  {
    /** Never given again: what was meant for one that is gone must not hit another. */
    id: integer().primaryKey({ autoIncrement: true }),
    slug: text().notNull().unique(),
    name: text().notNull(),
    /** Markdown, and what it was rendered to. */
    description: text().notNull(),
    descriptionHtml: text().notNull(),
    /** Which rules descriptionHtml was rendered by; older ones are rendered anew by the cron. */
    renderVersion: integer().notNull(),
    /** JSON: name -> text or list of texts. */
    attributes: text().notNull(),
    status: text().$type<ProductStatus>().notNull(),
    /** Folded name and attributes: what `q` looks through. */
    search: text().notNull(),
    /** The beginning of the folded name: what `sort=name` goes by. */
    sortName: text().notNull(),
    /** The lowest price of an active variant; NO_PRICE without one, behind all others. Kept by triggers. */
    priceFrom: integer().notNull().default(NO_PRICE),
    /** Whether an active variant can be had; kept by triggers. */
    inStock: integer({ mode: 'boolean' }).notNull().default(false),
    likeCount: integer().notNull().default(0),
    loveCount: integer().notNull().default(0),
    congratulationsCount: integer().notNull().default(0),
    insightfulCount: integer().notNull().default(0),
    version: integer().notNull().default(1),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
    /** When it was active first; null for one that never was. */
    publishedAt: integer(),
  },
  (table) => [
    index('products_newest').on(table.publishedAt, table.id).where(sql`status = 'active'`),
    index('products_price').on(table.priceFrom, table.id).where(sql`status = 'active'`),
    index('products_name').on(table.sortName, table.id).where(sql`status = 'active'`),
    index('products_hidden').on(table.id).where(sql`status <> 'active'`),
    index('products_rendered').on(table.renderVersion),
  ],
)

export const productCategories = sqliteTable(
  'product_categories',
  {
    productId: integer()
      .notNull()
      .references(() => products.id, { onDelete: 'cascade' }),
    categoryId: integer()
      .notNull()
      .references(() => categories.id, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ columns: [table.productId, table.categoryId] }),
    index('product_categories_category').on(table.categoryId, table.productId),
  ],
)

/** What is sold. Its stock changes only with a row of stock_movements, by trigger. */
export const variants = sqliteTable(
  'variants',
  {
    /** Never given again: what was meant for one that is gone must not hit another. */
    id: integer().primaryKey({ autoIncrement: true }),
    productId: integer()
      .notNull()
      .references(() => products.id, { onDelete: 'cascade' }),
    sku: text().notNull().unique(),
    title: text().notNull(),
    /** JSON: option -> value, such as size and shape. */
    options: text().notNull(),
    /** The same folded and sorted: one product has each combination once. */
    optionKey: text().notNull(),
    /** Minor units of the shop's currency, as all prices. */
    price: integer().notNull(),
    compareAt: integer(),
    weightGrams: integer(),
    position: integer().notNull().default(0),
    status: text().$type<VariantStatus>().notNull(),
    onHand: integer().notNull().default(0),
    reserved: integer().notNull().default(0),
    /** The owner is told when fewer than this can be had; null for never. */
    lowStockAt: integer(),
    /** Whether the owner was told of the present dip. */
    lowStockTold: integer({ mode: 'boolean' }).notNull().default(false),
    version: integer().notNull().default(1),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
  },
  (table) => [
    check('variants_stock', sql`on_hand >= 0 and reserved >= 0 and reserved <= on_hand`),
    check('variants_price', sql`price >= 0 and price <= 1000000000`),
    index('variants_product').on(table.productId, table.position, table.id),
    uniqueIndex('variants_options').on(table.productId, table.optionKey),
    index('variants_low')
      .on(table.id)
      .where(
        sql`status = 'active' and low_stock_at is not null and low_stock_told = 0 and on_hand - reserved < low_stock_at`,
      ),
  ],
)

/** The ledger of stock. A trigger applies each row to its variant; a CHECK there refuses what cannot be. */
export const stockMovements = sqliteTable(
  'stock_movements',
  {
    id: integer().primaryKey(),
    variantId: integer()
      .notNull()
      .references(() => variants.id, { onDelete: 'cascade' }),
    reason: text().$type<MovementReason>().notNull(),
    onHandChange: integer().notNull(),
    reservedChange: integer().notNull(),
    /** The order that it belongs to; null for what is changed by hand. */
    orderId: integer(),
    /** Who did it: the id of a user, the name of a job, '' for a visitor. */
    actor: text().notNull(),
    note: text(),
    createdAt: integer().notNull(),
  },
  (table) => [
    index('stock_movements_variant').on(table.variantId, table.id),
    // One order takes, gives back and sells a variant once each, whatever is run twice.
    uniqueIndex('stock_movements_once')
      .on(table.orderId, table.variantId, table.reason)
      .where(sql`order_id is not null and reason <> 'returned'`),
  ],
)

export type CategoryRow = typeof categories.$inferSelect
export type ProductRow = typeof products.$inferSelect
export type VariantRow = typeof variants.$inferSelect
export type MovementRow = typeof stockMovements.$inferSelect
