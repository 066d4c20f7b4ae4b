import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Answers that were given under an Idempotency-Key, sealed, for a day. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    /** HMAC of caller, operation and key. */
    key: text().primaryKey(),
    /** HMAC of the request body. */
    fingerprint: text().notNull(),
    answer: text().notNull(),
    expiresAt: integer().notNull(),
  },
  (table) => [index('idempotency_keys_expires_at').on(table.expiresAt)],
)
