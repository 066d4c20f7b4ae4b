import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import type { Statement } from '../../db/client.ts'
import { markCancelled, mergeExpiry } from './facts-repo.ts'
import { releaseGoods, settle } from './goods.ts'
import { orderId } from './place-repo.ts'

const isUnpaid = sql`stock = 'reserved' and payment_status in ('none', 'failed')`

/** Ends an order whose time is over; changes nothing of one that is paid, or about to be. */
export function expireOrder(ctx: Context, id: number): Statement[] {
  const now = Date.now()
  return [
    mergeExpiry(ctx.db, id, now, now, sql`${isUnpaid} and reserved_until <= ${now}`),
    ...releaseGoods(ctx, id, 'expired_at is not null'),
    settle(ctx, id),
  ]
}

/** Ends an order that nobody can pay, since the provider made no session for it. */
export function refuseOrder(ctx: Context, uid: string): Statement[] {
  const now = Date.now()
  const id = orderId(uid)
  return [
    markCancelled(ctx.db, uid, null, now, sql`${isUnpaid} and session_id is null`),
    ...releaseGoods(ctx, id, 'cancelled_at is not null'),
    settle(ctx, id),
  ]
}
