import { and, count, desc, eq, gte, inArray, lt, type SQL } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertIf, type RowOf } from '../../db/record.ts'
import type { ListAudit } from './schemas.ts'
import { auditLog } from './table.ts'

export function insertEntry(db: Db, row: RowOf<typeof auditLog>, condition: SQL) {
  return insertIf(db, auditLog, row, condition)
}

export function listEntries(db: Db, filter: ListAudit, before: number | undefined) {
  return db
    .select()
    .from(auditLog)
    .where(and(matches(filter), before === undefined ? undefined : lt(auditLog.id, before)))
    .orderBy(desc(auditLog.id))
    .limit(filter.limit + 1)
}

export function countEntries(db: Db, filter: ListAudit) {
  return db.select({ count: count() }).from(auditLog).where(matches(filter))
}

export function deleteEntriesBefore(db: Db, before: number, limit: number) {
  const old = db
    .select({ id: auditLog.id })
    .from(auditLog)
    .where(lt(auditLog.createdAt, before))
    .limit(limit)
  return db.delete(auditLog).where(inArray(auditLog.id, old)).returning({ id: auditLog.id })
}

const matches = (filter: ListAudit) =>
  and(
    filter.actor === undefined ? undefined : eq(auditLog.actorId, filter.actor),
    filter.action && eq(auditLog.action, filter.action),
    filter.entity_type && eq(auditLog.entityType, filter.entity_type),
    filter.entity_id === undefined ? undefined : eq(auditLog.entityId, filter.entity_id),
    filter.from === undefined ? undefined : gte(auditLog.createdAt, Date.parse(filter.from)),
    filter.to === undefined ? undefined : lt(auditLog.createdAt, Date.parse(filter.to)),
  )
