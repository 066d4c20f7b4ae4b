import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { callerOf } from '../../core/actor.ts'
import type { Statement } from '../../db/client.ts'
import { mailStatement, type PreparedMail, wakeMailer } from '../mail/service.ts'
import { forgetGoods, settle } from './goods.ts'
import type { RefundStatus } from './kinds.ts'
import { refundedMail, troubleMail } from './mails.ts'
import {
  insertReturned,
  isWaiting,
  markAnswered,
  markRefusedRefund,
  markRestocked,
  settleGivenBack,
  touchOrder,
} from './refund-repo.ts'
import type { FullOrder } from './repo.ts'
import { figuresOf } from './words.ts'

/** What the provider says of a refund; `at` is when it says so. */
export type Answer = { providerId: string; status: RefundStatus; amount: number; at: number }

/** Who puts goods back, where nobody is signed in and no job runs. */
const PROVIDER = 'payments'

/**
 * What follows from an answer, for one batch: the route's and the event's alike, and once whoever of
 * them comes first. `ours` finds the row that waits for it.
 */
export async function answerStatements(
  ctx: Context,
  order: FullOrder,
  answer: Answer,
  ours: SQL,
): Promise<{ statements: Statement[]; mails: PreparedMail[] }> {
  const { db } = ctx
  const now = Date.now()
  const mail = await mailOf(ctx, order, answer)
  const which = sql`provider_id = ${answer.providerId}`
  const statements = [
    markAnswered(db, answer, ours, now),
    ...(mail ? [mailStatement(ctx, mail, sql`changes() > 0`)] : []),
    insertReturned(db, which, callerOf(ctx.actor) || PROVIDER, now),
    markRestocked(db, which, now),
    settleGivenBack(db, order.id, now),
    settle(ctx, order.id),
  ]
  return { statements, mails: mail ? [mail] : [] }
}

function mailOf(
  ctx: Context,
  order: FullOrder,
  { status, amount, providerId }: Answer,
): Promise<PreparedMail | null> | null {
  if (status === 'pending') return null
  if (status === 'succeeded') return refundedMail(ctx, order, amount)
  const message = `A refund of ${figuresOf(order, amount)} came to nothing at the payment provider, and the buyer does not get it. Give the money back another way, or try again.`
  return troubleMail(ctx, order, message, providerId)
}

/** Writes down what the provider has answered to our call. */
export async function settleRefund(
  ctx: Context,
  order: FullOrder,
  { uid, restock }: { uid: string; restock: boolean },
  answer: Answer,
): Promise<void> {
  const ours = isWaiting(order.id, uid, answer.amount)
  const { statements, mails } = await answerStatements(ctx, order, answer, ours)
  const [first, ...rest] = statements
  if (first) await ctx.db.batch([first, ...rest])
  if (restock) await forgetGoods(ctx, order)
  await wakeMailer(
    ctx,
    mails.map((mail) => mail.uid),
  )
}

/** Frees the amount of a refund that the provider has not taken. */
export async function dropRefund(
  ctx: Context,
  order: FullOrder,
  uid: string,
  error: string,
): Promise<void> {
  const now = Date.now()
  await ctx.db.batch([
    markRefusedRefund(ctx.db, uid, error.slice(0, 500), now),
    touchOrder(ctx.db, order.id, now, sql`changes() > 0`),
  ])
}
