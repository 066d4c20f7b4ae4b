import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { NewsType, SubscriberStatus } from './kinds.ts'

export const subscribers = sqliteTable(
  'subscribers',
  {
    /** Never given twice: a link to unsubscribe names it and lasts for ever. */
    id: integer().primaryKey({ autoIncrement: true }),
    /** As it was typed: mail goes here. */
    email: text().notNull(),
    /** Lower case: what must be unique and what look-ups use. */
    emailKey: text().notNull().unique(),
    status: text().$type<SubscriberStatus>().notNull(),
    /** SHA-256 of the secret in the newest link to confirm; null once it is used. */
    confirmHash: text().unique(),
    confirmExpiresAt: integer(),
    createdAt: integer().notNull(),
    confirmedAt: integer(),
    unsubscribedAt: integer(),
  },
  (table) => [
    index('subscribers_status').on(table.status, table.id),
    index('subscribers_asked').on(table.confirmExpiresAt).where(sql`status = 'pending'`),
  ],
)

/** What subscribers are told of, once each: written by triggers when something is published. */
export const newsletters = sqliteTable(
  'newsletters',
  {
    id: integer().primaryKey(),
    entityType: text().$type<NewsType>().notNull(),
    entityId: integer().notNull(),
    /** The last subscriber whose mail is in the outbox. */
    cursor: integer().notNull(),
    /** How many mails were put there. */
    queued: integer().notNull(),
    /** When it was published; who confirms later is not told. */
    createdAt: integer().notNull(),
    finishedAt: integer(),
  },
  (table) => [
    uniqueIndex('newsletters_entity').on(table.entityType, table.entityId),
    index('newsletters_waiting').on(table.id).where(sql`finished_at is null`),
  ],
)

export type SubscriberRow = typeof subscribers.$inferSelect
