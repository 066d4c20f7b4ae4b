import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { csvLine } from '../../core/csv.ts'
import { fold } from '../../core/text.ts'
import { iso, isoOrNull } from '../../core/time.ts'
import { toUtf8 } from '../../core/utf8.ts'
import { auditEntry } from '../audit/service.ts'
import type { ExportOrders } from './admin-schemas.ts'
import { type FullOrder, walkOrders } from './repo.ts'
import { addressIn, linesIn } from './show.ts'
import { linesOf } from './words.ts'

/** An order may have fifty lines, so fewer at once than of what is small. */
const CHUNK = 200

const HEAD = [
  'number',
  'id',
  'status',
  'created_at',
  'paid_at',
  'fulfilled_at',
  'email',
  'items',
  'currency',
  'subtotal',
  'discount',
  'shipping',
  'tax',
  'total',
  'refunded',
  'refund_due',
  'address',
  'tracking',
  'note',
]

/**
 * Orders as CSV, read as fast as it is taken; amounts are in minor units. The first rows are there
 * before the answer starts, so that a refusal is a whole one; a list that breaks off later breaks the
 * transfer.
 */
export async function exportOrders(
  ctx: Context,
  filter: ExportOrders,
): Promise<ReadableStream<Uint8Array>> {
  const folded = fold(filter.q ?? '')
  const [first] = await ctx.db.batch([
    walkOrders(ctx.db, filter, folded, 0, CHUNK),
    auditEntry(ctx, 'order.export', { entity: 'order', id: null, after: filter }, sql`true`),
  ])
  let rows = first
  let head = csvLine(HEAD)
  return new ReadableStream({
    async pull(controller) {
      controller.enqueue(toUtf8(head + rows.map(toLine).join('')))
      head = ''
      const last = rows.at(-1)
      if (rows.length < CHUNK || !last) return controller.close()
      rows = await walkOrders(ctx.db, filter, folded, last.id, CHUNK)
    },
  })
}

const toLine = (row: FullOrder): string =>
  csvLine([
    row.number,
    row.uid,
    row.status,
    iso(row.createdAt),
    isoOrNull(row.paidAt),
    isoOrNull(row.fulfilledAt),
    row.email,
    linesIn(row)
      .map(({ quantity, sku }) => `${quantity} x ${sku}`)
      .join('; '),
    row.currency,
    row.subtotal,
    row.discount,
    row.shipping,
    row.tax,
    row.total,
    row.refunded,
    row.refundDue,
    linesOf(addressIn(row)).join(', '),
    [row.carrier, row.trackingNumber].filter(Boolean).join(' '),
    row.note,
  ])
