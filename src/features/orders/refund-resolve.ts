import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { HOUR, MINUTE } from '../../core/time.ts'
import { describeError } from '../../platform/telemetry.ts'
import { mailStatement, wakeMailer } from '../mail/service.ts'
import { troubleMail } from './mails.ts'
import { askProvider, CALL_MS } from './refund-call.ts'
import { claimUnresolved, postponeRefund } from './refund-repo.ts'
import type { RefundRow } from './refund-table.ts'
import { type FullOrder, findOrderOfRefund } from './repo.ts'
import { figuresOf } from './words.ts'

/** So many calls in one run: each may take its time. */
const CALLS = 10
const LONGEST_WAIT = 6 * HOUR
/** After so many tries, which is some hours, the studio is told. */
const TOLD_AFTER = 8

/** Asks again for refunds whose result nobody knows. */
export async function resolveRefunds(ctx: Context): Promise<void> {
  if (!ctx.payments) return
  const now = Date.now()
  const due = await claimUnresolved(ctx.db, now, now + CALL_MS, CALLS)
  for (const refund of due) {
    const [order] = await findOrderOfRefund(ctx.db, refund.id)
    if (order) await resolve(ctx, order, refund)
  }
}

async function resolve(ctx: Context, order: FullOrder, refund: RefundRow): Promise<void> {
  const figures = figuresOf(order, refund.amount)
  try {
    await askProvider(ctx, order, refund, { again: true })
  } catch (error) {
    ctx.log('warn', 'refunds.unresolved', { refund: refund.uid, ...describeError(error) })
    if (error instanceof AppError) {
      const message = `A refund of ${figures} was not possible. ${error.message}`
      return await alarm(ctx, order, refund, message)
    }
    const wait = Math.min(MINUTE * 2 ** refund.attempts, LONGEST_WAIT)
    await postponeRefund(ctx.db, refund.uid, Date.now() + wait)
    if (refund.attempts !== TOLD_AFTER) return
    const message = `Nobody knows whether a refund of ${figures} has reached the payment provider, which does not answer. It is asked again by itself.`
    await alarm(ctx, order, refund, message)
  }
}

async function alarm(
  ctx: Context,
  order: FullOrder,
  { uid }: RefundRow,
  message: string,
): Promise<void> {
  const mail = await troubleMail(ctx, order, message, uid)
  await ctx.db.batch([mailStatement(ctx, mail, sql`true`)])
  await wakeMailer(ctx, [mail.uid])
}
