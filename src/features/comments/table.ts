import { sql } from 'drizzle-orm'
import { type AnySQLiteColumn, index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { users } from '../users/table.ts'
import type { Commented, CommentStatus } from './kinds.ts'

export const comments = sqliteTable(
  'comments',
  {
    /** Never given again: what was meant for one that is gone must not hit another. */
    id: integer().primaryKey({ autoIncrement: true }),
    /** What a batch and the mails about it call it, before it has a number. */
    key: text().notNull().unique(),
    /** What is commented: `post`, `project`. Rows of what is deleted are removed by triggers. */
    entityType: text().$type<Commented>().notNull(),
    entityId: integer().notNull(),
    /** What it answers; that answers nothing itself. */
    parentId: integer().references((): AnySQLiteColumn => comments.id, { onDelete: 'cascade' }),
    /** The account that wrote it, which also has its name; null for guests and deleted accounts. */
    userId: integer().references(() => users.id, { onDelete: 'set null' }),
    /** Of guests, as they gave it. */
    name: text(),
    email: text(),
    content: text().notNull(),
    status: text().$type<CommentStatus>().notNull(),
    /** The pseudonym of the address that it came from, for 30 days. */
    source: text(),
    /** Folded name and content: what `q` looks through. */
    search: text().notNull(),
    /** Counts the changes; the ETag. */
    version: integer().notNull().default(1),
    createdAt: integer().notNull(),
  },
  (table) => [
    index('comments_thread').on(
      table.entityType,
      table.entityId,
      table.parentId,
      table.status,
      table.id,
    ),
    index('comments_replies').on(table.parentId, table.status, table.id),
    index('comments_status').on(table.status, table.id),
    index('comments_user').on(table.userId, table.status),
    index('comments_email').on(sql`lower(email)`),
    index('comments_source').on(table.createdAt).where(sql`source is not null`),
  ],
)

export type CommentRow = typeof comments.$inferSelect
