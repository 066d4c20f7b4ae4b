import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { MessageStatus } from './schemas.ts'

export const contactMessages = sqliteTable(
  'contact_messages',
  {
    id: integer().primaryKey(),
    uid: text().notNull().unique(),
    name: text().notNull(),
    email: text().notNull(),
    subject: text(),
    company: text(),
    message: text().notNull(),
    status: text().$type<MessageStatus>().notNull(),
    /** Folded name, address, subject, company and message: what `q` looks through. */
    search: text().notNull(),
    /** Counts the changes; the ETag. */
    version: integer().notNull().default(1),
    createdAt: integer().notNull(),
  },
  (table) => [
    index('contact_messages_status').on(table.status, table.id),
    index('contact_messages_email').on(sql`lower(email)`),
  ],
)

export const contactReplies = sqliteTable(
  'contact_replies',
  {
    id: integer().primaryKey(),
    uid: text().notNull().unique(),
    messageId: integer()
      .notNull()
      .references(() => contactMessages.id, { onDelete: 'cascade' }),
    body: text().notNull(),
    createdAt: integer().notNull(),
  },
  (table) => [index('contact_replies_message_id').on(table.messageId)],
)

export type MessageRow = typeof contactMessages.$inferSelect
