import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { MailKind, MailStatus, SuppressionReason } from './kinds.ts'

/** Mails to send and mails sent: written in the batch of the change that caused them. */
export const outbox = sqliteTable(
  'outbox',
  {
    id: integer().primaryKey(),
    uid: text().notNull().unique(),
    kind: text().$type<MailKind>().notNull(),
    recipient: text().notNull(),
    /** What the mail is about, as `message:<uid>`; it is deleted together with it. */
    about: text(),
    subject: text().notNull(),
    /** Sealed MailPayload, bound to the uid; null once it is sent. */
    payload: text(),
    status: text().$type<MailStatus>().notNull(),
    attempts: integer().notNull(),
    /** From when on it may be tried. */
    dueAt: integer().notNull(),
    /** Until when the consumer that took it may hold it. */
    leasedUntil: integer(),
    lastError: text(),
    createdAt: integer().notNull(),
    sentAt: integer(),
  },
  (table) => [
    index('outbox_due').on(table.dueAt).where(sql`status in ('queued', 'sending')`),
    index('outbox_status').on(table.status, table.id),
    index('outbox_kind').on(table.kind, table.id),
    index('outbox_recipient').on(sql`lower(recipient)`, table.id),
    index('outbox_about').on(table.about),
    index('outbox_created_at').on(table.createdAt),
  ],
)

/** Addresses that newsletters leave alone: their mail came back for good, or somebody complained. */
export const suppressions = sqliteTable('suppressions', {
  /** Lower case. */
  emailKey: text().primaryKey(),
  reason: text().$type<SuppressionReason>().notNull(),
  createdAt: integer().notNull(),
})

export type OutboxRow = typeof outbox.$inferSelect
