import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { SlugOwner } from './kinds.ts'

/** Every slug that a thing has or had: the present one finds it, an older one leads to the present. */
export const slugs = sqliteTable(
  'slugs',
  {
    entityType: text().$type<SlugOwner>().notNull(),
    slug: text().notNull(),
    entityId: integer().notNull(),
    createdAt: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.entityType, table.slug] }),
    index('slugs_entity').on(table.entityType, table.entityId),
  ],
)
