import { sql } from 'drizzle-orm'
import { check, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { categories, products } from '../catalog/table.ts'
import { orders } from '../orders/table.ts'
import { users } from '../users/table.ts'
import type { DiscountKind, DiscountScope, UseState } from './kinds.ts'

export const discounts = sqliteTable(
  'discounts',
  {
    /** Never given again: what was meant for one that is gone must not hit another. */
    id: integer().primaryKey({ autoIncrement: true }),
    /** As the studio writes it, and in capitals: what must be unique and what buyers are asked for. */
    code: text().notNull(),
    codeKey: text().notNull().unique(),
    kind: text().$type<DiscountKind>().notNull(),
    /** Whole percents, or minor units of the shop's currency. */
    value: integer().notNull(),
    enabled: integer({ mode: 'boolean' }).notNull().default(true),
    /** From then on, and until just before; null for always. */
    startsAt: integer(),
    endsAt: integer(),
    /** What all goods of a cart must come to. */
    minimum: integer().notNull().default(0),
    maxUses: integer(),
    maxUsesPerCustomer: integer(),
    /** Said, not counted: one whose last product is deleted is for nothing, not for everything. */
    scope: text().$type<DiscountScope>().notNull(),
    /** Of discount_uses, by state; kept by triggers. */
    held: integer().notNull().default(0),
    used: integer().notNull().default(0),
    version: integer().notNull().default(1),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
  },
  () => [
    check('discounts_value', sql`value >= 1 and (kind <> 'percent' or value <= 100)`),
    check('discounts_uses', sql`held >= 0 and used >= 0`),
  ],
)

export const discountProducts = sqliteTable(
  'discount_products',
  {
    discountId: integer()
      .notNull()
      .references(() => discounts.id, { onDelete: 'cascade' }),
    productId: integer()
      .notNull()
      .references(() => products.id, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ columns: [table.discountId, table.productId] }),
    index('discount_products_product').on(table.productId),
  ],
)

export const discountCategories = sqliteTable(
  'discount_categories',
  {
    discountId: integer()
      .notNull()
      .references(() => discounts.id, { onDelete: 'cascade' }),
    categoryId: integer()
      .notNull()
      .references(() => categories.id, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ columns: [table.discountId, table.categoryId] }),
    index('discount_categories_category').on(table.categoryId),
  ],
)

/** One for each order with a discount. Its state follows the order's goods, by trigger. */
export const discountUses = sqliteTable(
  'discount_uses',
  {
    orderId: integer()
      .primaryKey()
      .references(() => orders.id, { onDelete: 'cascade' }),
    /** Kept: a discount that was ever used is disabled, not deleted. */
    discountId: integer()
      .notNull()
      .references(() => discounts.id, { onDelete: 'restrict' }),
    /** Who used it: the account, the keyed hash of the address, or nobody that is known. */
    userId: integer().references(() => users.id, { onDelete: 'set null' }),
    emailKey: text(),
    state: text().$type<UseState>().notNull(),
    createdAt: integer().notNull(),
  },
  (table) => [
    index('discount_uses_discount').on(table.discountId),
    index('discount_uses_user').on(table.userId, table.discountId).where(sql`user_id is not null`),
    index('discount_uses_email')
      .on(table.emailKey, table.discountId)
      .where(sql`email_key is not null`),
  ],
)

export type DiscountRow = typeof discounts.$inferSelect
