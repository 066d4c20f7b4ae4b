import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Reaction, Thing } from './kinds.ts'

/** One per person and thing: the key keeps it so, whoever comes at the same time. */
export const reactions = sqliteTable(
  'reactions',
  {
    /** `post`, `project`. Rows of what is deleted are removed by triggers. */
    entityType: text().$type<Thing>().notNull(),
    entityId: integer().notNull(),
    /** `user:<uid>`, `visitor:<id of a cookie>` or `email:<hmac>`. */
    person: text().notNull(),
    type: text().$type<Reaction>().notNull(),
    createdAt: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.entityType, table.entityId, table.person] }),
    index('reactions_person').on(table.person, table.createdAt),
    index('reactions_newest').on(table.entityType, table.entityId, table.createdAt),
  ],
)

export type ReactionRow = typeof reactions.$inferSelect
