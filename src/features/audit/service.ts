import { type SQL, sql } from 'drizzle-orm'
import * as z from 'zod/mini'
import type { Context } from '../../context.ts'
import { callerOf, isAdmin, kindOf } from '../../core/actor.ts'
import { newUid } from '../../core/ids.ts'
import { lazily } from '../../core/lazily.ts'
import type { Page } from '../../core/page.ts'
import { DAY, iso } from '../../core/time.ts'
import { inChunks } from '../../db/chunks.ts'
import { readPage } from '../../db/page.ts'
import { countEntries, deleteEntriesBefore, insertEntry, listEntries } from './repo.ts'
import type { Action, AuditEntryView, EntityType, ListAudit } from './schemas.ts'
import type { AuditRow } from './table.ts'

export type { Action } from './schemas.ts'

type Change = Record<string, unknown>
type Entry = {
  entity: EntityType
  /** An expression where only the batch knows it. */
  id: string | SQL | null
  before?: Change
  after?: Change
  actor?: string
}

/**
 * The record of a change, for the batch of the change. Without `condition` it must follow the
 * change's statement directly and is written only when that changed something.
 */
export function auditEntry(
  ctx: Context,
  action: Action,
  { entity, id, before, after, actor }: Entry,
  condition: SQL = sql`changes() > 0`,
) {
  return insertEntry(
    ctx.db,
    {
      uid: newUid(),
      actorType: actor && !isAdmin(ctx.actor) ? 'user' : kindOf(ctx.actor),
      actorId: actor ?? (callerOf(ctx.actor) || null),
      action,
      entityType: entity,
      entityId: id,
      before: before ? JSON.stringify(before) : null,
      after: after ? JSON.stringify(after) : null,
      requestId: ctx.requestId,
      source: ctx.network,
      createdAt: Date.now(),
    },
    condition,
  )
}

export const listAudit = (ctx: Context, filter: ListAudit): Promise<Page<AuditEntryView>> =>
  readPage<AuditRow, AuditEntryView>(ctx, 'audit', filter, {
    rows: (before) => listEntries(ctx.db, filter, before),
    count: () => countEntries(ctx.db, filter),
    view: toAuditView,
  })

export async function forgetOldAudit(ctx: Context): Promise<void> {
  const keep = ctx.settings.KEEP_AUDIT_DAYS
  if (keep === 0) return
  const before = Date.now() - keep * DAY
  await inChunks((limit) => deleteEntriesBefore(ctx.db, before, limit))
}

const Kept = lazily(() => z.record(z.string(), z.unknown()))
const parse = (text: string | null) => (text === null ? null : Kept().parse(JSON.parse(text)))

export const toAuditView = (row: AuditRow): AuditEntryView => ({
  id: row.uid,
  actor_type: row.actorType as AuditEntryView['actor_type'],
  actor: row.actorId,
  action: row.action as Action,
  entity_type: row.entityType as EntityType,
  entity_id: row.entityId,
  before: parse(row.before),
  after: parse(row.after),
  request_id: row.requestId,
  source: row.source,
  created_at: iso(row.createdAt),
})
