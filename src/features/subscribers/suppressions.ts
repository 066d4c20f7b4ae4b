import type { Context } from '../../context.ts'
import { notFound } from '../../core/errors.ts'
import type { Page } from '../../core/page.ts'
import { fold } from '../../core/text.ts'
import { iso } from '../../core/time.ts'
import { readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import type { ListSuppressions, SuppressionView } from './schemas.ts'
import {
  countSuppressions,
  deleteSuppression,
  findByUser,
  findSuppression,
  listSuppressions,
} from './suppression-repo.ts'

type Row = Awaited<ReturnType<typeof listSuppressions>>[number]

/** Addresses that newsletters leave alone. */
export function listAllSuppressions(
  ctx: Context,
  filter: ListSuppressions,
): Promise<Page<SuppressionView>> {
  const folded = fold(filter.q ?? '')
  return readPage<Row, SuppressionView, string>(ctx, 'suppressions', filter, {
    rows: (after) => listSuppressions(ctx.db, filter, after, folded),
    keyOf: (row) => [row.emailKey, row.id],
    count: () => countSuppressions(ctx.db, folded),
    view: toSuppressionView,
  })
}

/** Lets newsletters go to an address again, and links to confirm. Throws `not_found`. */
export async function liftSuppression(ctx: Context, email: string): Promise<void> {
  const emailKey = email.toLowerCase()
  const [found] = await findSuppression(ctx.db, emailKey)
  if (!found) throw notFound('Suppression')
  const before = { email: emailKey, reason: found.reason }
  const [lifted] = await ctx.db.batch([
    deleteSuppression(ctx.db, emailKey),
    auditEntry(ctx, 'suppression.lift', { entity: 'suppression', id: null, before }),
  ])
  if (lifted.length === 0) throw notFound('Suppression')
}

/** That of an account's address, for the batch of its export. */
export const suppressionStatement = (ctx: Context, userId: number) => findByUser(ctx.db, userId)

export const toSuppressionView = (row: Omit<Row, 'id'>): SuppressionView => ({
  email: row.emailKey,
  reason: row.reason,
  created_at: iso(row.createdAt),
})
