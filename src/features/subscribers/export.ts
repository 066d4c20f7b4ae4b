import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { csvLine } from '../../core/csv.ts'
import { iso, isoOrNull } from '../../core/time.ts'
import { toUtf8 } from '../../core/utf8.ts'
import { auditEntry } from '../audit/service.ts'
import { walkSubscribers } from './repo.ts'
import type { ExportSubscribers } from './schemas.ts'
import type { SubscriberRow } from './table.ts'

const CHUNK = 1000

const HEAD = ['id', 'email', 'status', 'created_at', 'confirmed_at', 'unsubscribed_at']

/**
 * Everybody as CSV, read as fast as it is taken. The first rows are there before the answer starts, so
 * that a refusal is a whole one; a list that breaks off later breaks the transfer.
 */
export async function exportSubscribers(
  ctx: Context,
  { status }: ExportSubscribers,
): Promise<ReadableStream<Uint8Array>> {
  const after = { status: status ?? 'all' }
  const [first] = await ctx.db.batch([
    walkSubscribers(ctx.db, status, 0, CHUNK),
    auditEntry(ctx, 'subscriber.export', { entity: 'subscriber', id: null, after }, sql`true`),
  ])
  let rows = first
  let head = csvLine(HEAD)
  return new ReadableStream({
    async pull(controller) {
      controller.enqueue(toUtf8(head + rows.map(toLine).join('')))
      head = ''
      const last = rows.at(-1)
      if (rows.length < CHUNK || !last) return controller.close()
      rows = await walkSubscribers(ctx.db, status, last.id, CHUNK)
    },
  })
}

const toLine = (row: SubscriberRow): string =>
  csvLine([
    row.id,
    row.email,
    row.status,
    iso(row.createdAt),
    isoOrNull(row.confirmedAt),
    isoOrNull(row.unsubscribedAt),
  ])
