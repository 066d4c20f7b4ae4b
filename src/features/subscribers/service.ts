import type { Context } from '../../context.ts'
import { notFound } from '../../core/errors.ts'
import { MOST_SKIPPED, type Page, type Slice } from '../../core/page.ts'
import { fold } from '../../core/text.ts'
import { DAY, iso, isoOrNull } from '../../core/time.ts'
import { inChunks } from '../../db/chunks.ts'
import { readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import type { SubscriberStatus } from './kinds.ts'
import {
  countByStatus,
  countConfirmedInVain,
  countSubscribers,
  deletePendingBefore,
  deleteSubscriber,
  findByUser,
  listSubscribers,
  sliceSubscribers,
} from './repo.ts'
import type { ListSubscribers, SubscriberStats, SubscriberView } from './schemas.ts'
import { LINK_LIFETIME } from './subscribe.ts'
import { countSuppressions } from './suppression-repo.ts'
import type { SubscriberRow } from './table.ts'

export { exportSubscribers } from './export.ts'
export { wayToLeave } from './links.ts'
export { sendNewsletters } from './newsletter.ts'
export { confirm, subscribe, unsubscribe } from './subscribe.ts'
export {
  liftSuppression,
  listAllSuppressions,
  suppressionStatement,
  toSuppressionView,
} from './suppressions.ts'

export function listAll(ctx: Context, filter: ListSubscribers): Promise<Page<SubscriberView>> {
  const folded = fold(filter.q ?? '')
  return readPage<SubscriberRow, SubscriberView>(ctx, 'subscribers', filter, {
    rows: (before) => listSubscribers(ctx.db, filter, before, folded),
    count: () => countSubscribers(ctx.db, filter, folded),
    view: toSubscriberView,
  })
}

export async function countAll(ctx: Context): Promise<SubscriberStats> {
  const [counts, [suppressed], [inVain]] = await ctx.db.batch([
    countByStatus(ctx.db),
    countSuppressions(ctx.db),
    countConfirmedInVain(ctx.db),
  ])
  const of = (status: SubscriberStatus) => counts.find((row) => row.status === status)?.count ?? 0
  return {
    total: counts.reduce((sum, row) => sum + row.count, 0),
    pending: of('pending'),
    confirmed: of('confirmed') - (inVain?.count ?? 0),
    unsubscribed: of('unsubscribed'),
    suppressed: suppressed?.count ?? 0,
  }
}

/** Subscribers by their place, oldest first. */
export async function sliceAll(
  ctx: Context,
  slice: Slice,
  status?: SubscriberStatus,
): Promise<SubscriberView[]> {
  if (slice.skip > MOST_SKIPPED) return []
  return (await sliceSubscribers(ctx.db, slice, status)).map(toSubscriberView)
}

/** Deletes a subscriber, and by a trigger the mails that went there. */
export async function removeSubscriber(ctx: Context, id: number): Promise<void> {
  const [deleted] = await ctx.db.batch([
    deleteSubscriber(ctx.db, id),
    auditEntry(ctx, 'subscriber.delete', { entity: 'subscriber', id: String(id) }),
  ])
  if (deleted.length === 0) throw notFound('Subscriber')
}

const KEEP_PENDING = 30 * DAY

/** Whoever never confirmed did perhaps not ask. */
export async function forgetPending(ctx: Context): Promise<void> {
  const before = Date.now() - KEEP_PENDING + LINK_LIFETIME
  await inChunks((limit) => deletePendingBefore(ctx.db, before, limit))
}

/** The subscription of an account's address, for the batch of its export. */
export const subscriptionStatement = (ctx: Context, userId: number) => findByUser(ctx.db, userId)

export const toSubscriberView = (row: SubscriberRow): SubscriberView => ({
  id: row.id,
  email: row.email,
  status: row.status,
  created_at: iso(row.createdAt),
  confirmed_at: isoOrNull(row.confirmedAt),
})
