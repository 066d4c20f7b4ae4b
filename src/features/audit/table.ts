import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Who did what: written in the batch of the change, never changed afterwards. */
export const auditLog = sqliteTable(
  'audit_log',
  {
    id: integer().primaryKey(),
    uid: text().notNull().unique(),
    actorType: text().notNull(),
    /** The account's uid, the job's name, or null for a visitor. */
    actorId: text(),
    action: text().notNull(),
    entityType: text().notNull(),
    entityId: text(),
    /** JSON of what changed, before and after; never a secret. */
    before: text(),
    after: text(),
    requestId: text().notNull(),
    /** Shortened to /24 or /48. */
    source: text().notNull(),
    createdAt: integer().notNull(),
  },
  (table) => [
    index('audit_log_actor').on(table.actorId, table.id),
    index('audit_log_action').on(table.action, table.id),
    index('audit_log_entity').on(table.entityType, table.entityId, table.id),
    index('audit_log_created_at').on(table.createdAt),
  ],
)

export type AuditRow = typeof auditLog.$inferSelect
