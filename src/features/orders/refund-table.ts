import { sql } from 'drizzle-orm'
import { check, index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { RefundStatus } from './kinds.ts'
import { orders } from './table.ts'

/**
 * Money that goes back to a buyer. A row takes its amount from what is left of the order before the
 * provider is asked, and holds it unless the provider says no.
 */
export const refunds = sqliteTable(
  'refunds',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** Names it at the provider, and is the idempotency key of the call. */
    uid: text().notNull().unique(),
    orderId: integer()
      .notNull()
      .references(() => orders.id, { onDelete: 'cascade' }),
    amount: integer().notNull(),
    /** JSON of { position, quantity, value }: what it is for; value is what that brought. */
    lines: text().notNull().default('[]'),
    restock: integer({ mode: 'boolean' }).notNull().default(false),
    reason: text(),
    status: text().$type<RefundStatus>().notNull(),
    /** The provider's own name of it; null until it has answered. */
    providerId: text().unique(),
    /** Why it came to nothing, in one sentence. */
    error: text(),
    /** When the call is repeated whose result is not known; null when it is. */
    resolveAt: integer(),
    attempts: integer().notNull().default(0),
    createdAt: integer().notNull(),
    settledAt: integer(),
    /** When the provider says that it came to nothing after it had taken it. */
    failedAt: integer(),
    restockedAt: integer(),
  },
  (table) => [
    check('refunds_amount', sql`amount > 0`),
    index('refunds_order').on(table.orderId, table.id),
    index('refunds_unresolved').on(table.resolveAt).where(sql`resolve_at is not null`),
  ],
)

export type RefundRow = typeof refunds.$inferSelect
