import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { newUid } from '../../core/ids.ts'
import type { Statement } from '../../db/client.ts'
import { mailStatement, type PreparedMail } from '../mail/service.ts'
import type { Claim, RefundClaim, SessionClaim } from './claims.ts'
import { markRefundDue, mergeDispute, mergeExpiry, mergePayment } from './facts-repo.ts'
import { releaseGoods, sellGoods, settle } from './goods.ts'
import { cancelledMail, paidMails, troubleIn, troubleMail } from './mails.ts'
import { insertForeign, isWaiting, mergeCharge, settleGivenBack } from './refund-repo.ts'
import { answerStatements } from './refund-settle.ts'
import type { FullOrder } from './repo.ts'
import { linesIn } from './show.ts'
import { searchTextOf } from './words.ts'

/** What makes a claim true, for one batch, and the mails that may be in the outbox behind it. */
export type Effect = { statements: Statement[]; mails: PreparedMail[] }

/** An event of an order that is not paid yet, though it speaks of its payment. */
export const isTooEarly = (claim: Claim, order: FullOrder): boolean =>
  claim.kind !== 'session' && order.paymentStatus !== 'paid'

/** `at` is when the provider says that it happened. */
export async function effectOf(
  ctx: Context,
  order: FullOrder,
  claim: Claim,
  { eventId, at: said }: { eventId: string; at: number },
): Promise<Effect> {
  const now = Date.now()
  const { db } = ctx
  const { id } = order
  // The provider counts in seconds: what it says may seem to be before the order.
  const at = Math.max(said, order.createdAt)
  const trouble = troubleIn(order, claim)
  const alarm = trouble === null ? null : await troubleMail(ctx, order, trouble, eventId)
  if (claim.kind === 'charge') {
    const { refunded } = claim
    return effect([
      mergeCharge(db, id, { refunded, at }, now),
      settleGivenBack(db, id, now),
      settle(ctx, id),
    ])
  }
  if (claim.kind === 'refund') return await refundEffect(ctx, order, claim, at)
  if (claim.kind === 'dispute') {
    const merge = mergeDispute(db, id, claim.dispute, now)
    return effect([merge, ...behind(ctx, alarm), settle(ctx, id)], alarm)
  }
  switch (claim.outcome) {
    case 'paid': {
      const { receipt, notice } = await paidMails(ctx, order, claim)
      const statements = [
        mergePayment(db, id, paymentOf(order, claim, 'paid', at), now),
        ...sellGoods(ctx, id),
        ...behind(ctx, notice, receipt),
        markRefundDue(db, id, now),
        ...behind(ctx, alarm),
        settle(ctx, id),
      ]
      return effect(statements, receipt, notice, alarm)
    }
    case 'processing':
      return effect([
        mergePayment(db, id, paymentOf(order, claim, 'processing', at), now),
        settle(ctx, id),
      ])
    case 'failed': {
      const mail = await cancelledMail(
        ctx,
        { ...order, email: claim.email ?? order.email },
        'payment_failed',
      )
      const statements = [
        mergePayment(db, id, paymentOf(order, claim, 'failed', at), now),
        ...releaseGoods(ctx, id, "payment_status = 'failed'"),
        ...behind(ctx, mail),
        settle(ctx, id),
      ]
      return effect(statements, mail)
    }
    case 'expired':
      return effect([
        mergeExpiry(db, id, at, now, sql`true`),
        ...releaseGoods(ctx, id, 'expired_at is not null'),
        settle(ctx, id),
      ])
  }
}

/** A refund that was made here, or at the provider: then it becomes a row now. */
async function refundEffect(
  ctx: Context,
  order: FullOrder,
  { subject: providerId, refundUid, amount, status }: RefundClaim,
  at: number,
): Promise<Effect> {
  const ours = isWaiting(order.id, refundUid, amount)
  const row = {
    uid: newUid(),
    orderId: order.id,
    amount,
    status: 'pending' as const,
    providerId,
    createdAt: at,
  }
  const answer = { providerId, status, amount, at }
  const { statements, mails } = await answerStatements(ctx, order, answer, ours)
  return { statements: [insertForeign(ctx.db, row, ours), ...statements], mails }
}

const effect = (statements: Statement[], ...mails: (PreparedMail | null)[]): Effect => ({
  statements,
  mails: mails.filter((mail) => mail !== null),
})

/** Mails that are written when the statement before them has changed something. */
function behind(ctx: Context, ...mails: (PreparedMail | null)[]): Statement[] {
  const moved: SQL = sql`changes() > 0`
  return mails.filter((mail) => mail !== null).map((mail) => mailStatement(ctx, mail, moved))
}

const paymentOf = (
  order: FullOrder,
  claim: SessionClaim,
  status: 'processing' | 'failed' | 'paid',
  at: number,
) => ({
  status,
  at,
  sessionId: claim.subject,
  paymentIntent: claim.paymentIntent,
  total: claim.amounts.total,
  tax: claim.amounts.tax,
  email: claim.email,
  address: claim.address && JSON.stringify(claim.address),
  search: searchTextOf({
    number: order.number,
    email: claim.email ?? order.email,
    name: claim.address?.name ?? null,
    skus: linesIn(order).map(({ sku }) => sku),
  }),
})
