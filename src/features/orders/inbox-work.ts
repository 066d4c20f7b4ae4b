import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { DAY, HOUR, MINUTE } from '../../core/time.ts'
import { batchBehind } from '../../db/batch.ts'
import type { PaymentEvent } from '../../platform/payments/index.ts'
import { mailStatement, wakeMailer } from '../mail/service.ts'
import { effectOf, isTooEarly } from './apply.ts'
import { whatIsWrong } from './checks.ts'
import type { Claim, UnreadableEvent } from './claims.ts'
import { forgetGoods } from './goods.ts'
import { markDone, markForRetry, markRefused } from './inbox-repo.ts'
import { troubleMail } from './mails.ts'
import type { FullOrder } from './repo.ts'
import type { PaymentEventRow } from './table.ts'

/** An event that nobody else works on meanwhile. */
export type Held = PaymentEventRow

/** As long as the provider itself goes on sending what is not taken. */
const GIVEN_UP_AFTER = 3 * DAY
const LONGEST_WAIT = 6 * HOUR

type Work = {
  event: PaymentEvent
  claim: Claim | UnreadableEvent | null
  order: FullOrder | undefined
  /** Whoever asked for it sees how it ends, and need not be told by mail. */
  quiet?: boolean
}

/** Does what an event says, refuses it for good, or puts it off. */
export async function workOn(
  ctx: Context,
  held: Held,
  { event, claim, order, quiet = false }: Work,
): Promise<void> {
  if (claim === null) return await refuse(ctx, held, null, 'It is of no concern.', true)
  if (claim instanceof Error) return await refuse(ctx, held, null, claim.message, quiet)
  if (!order) return await putOff(ctx, held, 'There is no order that it speaks of, so far.')
  const wrong = whatIsWrong(ctx, event, claim, order)
  if (wrong !== null) return await refuse(ctx, held, order, wrong, quiet)
  if (isTooEarly(claim, order)) {
    return await putOff(ctx, held, 'The order that it speaks of is not paid, so far.')
  }
  const { statements, mails } = await effectOf(ctx, order, claim, {
    eventId: event.id,
    at: event.createdAt,
  })
  await batchBehind(ctx.db, statements, [markDone(ctx.db, held, order.id, Date.now())])
  if (movesGoods(claim, order)) await forgetGoods(ctx, order)
  if (mails.length > 0) {
    await wakeMailer(
      ctx,
      mails.map(({ uid }) => uid),
    )
  }
}

/** Selling what was held for the order anyway leaves as many for others as before. */
const movesGoods = (claim: Claim, order: FullOrder): boolean =>
  claim.kind === 'refund' ||
  (claim.kind === 'session' &&
    claim.outcome !== 'processing' &&
    order.stock === (claim.outcome === 'paid' ? 'released' : 'reserved'))

/** An event that is not believed changes nothing, and the studio is told once. */
async function refuse(
  ctx: Context,
  held: Held,
  order: FullOrder | null,
  reason: string,
  quiet: boolean,
): Promise<void> {
  const marked = markRefused(ctx.db, held, order?.id ?? null, reason)
  ctx.log('error', 'payments.event_refused', { event: held.eventId, reason })
  if (quiet) {
    await marked
    return
  }
  const message = `The payment provider told something that does not fit and was not believed: ${reason} The event changed nothing. Compare the order with what the provider shows.`
  const mail = await troubleMail(ctx, order, message, held.eventId)
  await ctx.db.batch([marked, mailStatement(ctx, mail, sql`changes() > 0`)])
  await wakeMailer(ctx, [mail.uid])
}

/** Brings an event back later, each time after a longer while, and gives up after three days. */
export async function putOff(ctx: Context, held: Held, reason: string): Promise<void> {
  const now = Date.now()
  if (now - held.createdAt < GIVEN_UP_AFTER) {
    const wait = Math.min(MINUTE * 2 ** (held.attempts - 1), LONGEST_WAIT)
    await markForRetry(ctx.db, held, now + wait, reason)
    return
  }
  ctx.log('error', 'payments.event_given_up', { event: held.eventId, reason })
  const message = `An event of the payment provider was tried for three days and is given up: ${reason} Compare it with what the provider shows; it can be replayed from the list of payment events.`
  const mail = await troubleMail(ctx, null, message, held.eventId)
  await ctx.db.batch([
    markRefused(ctx.db, held, held.orderId, reason),
    mailStatement(ctx, mail, sql`changes() > 0`),
  ])
  await wakeMailer(ctx, [mail.uid])
}
