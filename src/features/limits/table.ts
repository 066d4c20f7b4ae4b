import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** How much of a limit somebody has used. The key names the policy and a pseudonym, never an address. */
export const rateLimits = sqliteTable(
  'rate_limits',
  {
    key: text().primaryKey(),
    used: integer().notNull(),
    resetsAt: integer().notNull(),
  },
  (table) => [index('rate_limits_resets_at').on(table.resetsAt)],
)
