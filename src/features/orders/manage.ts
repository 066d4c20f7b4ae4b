import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { conflict, notFound, unavailable } from '../../core/errors.ts'
import { allowedVersions, checkPrecondition, type Precondition } from '../../core/etag.ts'
import type { Statement } from '../../db/client.ts'
import { PaymentUnavailable } from '../../platform/payments/index.ts'
import { auditEntry } from '../audit/service.ts'
import { mailStatement, type PreparedMail, wakeMailer } from '../mail/service.ts'
import type { ManageOrder } from './admin-schemas.ts'
import { isAtVersion, markCancelled, markFulfilled } from './facts-repo.ts'
import { forgetGoods, releaseGoods, settle } from './goods.ts'
import type { OrderAction } from './kinds.ts'
import { cancelledMail, shippedMail } from './mails.ts'
import { type FullOrder, findOrder } from './repo.ts'
import { mayDo, mayDoNow, refusalOf } from './states.ts'

/**
 * Sends an order on its way, or takes it back before it is paid. Throws `conflict` with the reason where
 * its state does not allow that, `stale` where it is not in a state that `ifMatch` allows.
 */
export async function manageOrder(
  ctx: Context,
  uid: string,
  input: ManageOrder,
  ifMatch?: Precondition,
): Promise<void> {
  const [order] = await findOrder(ctx.db, uid)
  if (!order) throw notFound('Order')
  checkPrecondition(String(order.version), ifMatch)
  if (!mayDo(input.action, order)) throw conflict(refusalOf(input.action, order.status))
  await (input.action === 'fulfil'
    ? fulfil(ctx, order, input, ifMatch)
    : cancel(ctx, order, input, ifMatch))
}

const conditionOf = (action: OrderAction, ifMatch: Precondition | undefined): SQL =>
  sql`${mayDoNow(action)} and ${isAtVersion(allowedVersions(ifMatch))}`

async function fulfil(
  ctx: Context,
  order: FullOrder,
  { tracking, note }: ManageOrder,
  ifMatch: Precondition | undefined,
): Promise<void> {
  const mail = await shippedMail(ctx, order, tracking)
  const shipping = {
    carrier: tracking?.carrier ?? null,
    trackingNumber: tracking?.number ?? null,
    trackingUrl: tracking?.url ?? null,
    note: note || null,
  }
  const now = Date.now()
  const mark = markFulfilled(ctx.db, order.uid, shipping, now, conditionOf('fulfil', ifMatch))
  const after = tracking ? { tracking } : {}
  const audit = auditEntry(ctx, 'order.fulfil', { entity: 'order', id: order.uid, after })
  await change(ctx, order, 'fulfil', { mark, audit, mail, rest: [] }, ifMatch)
}

async function cancel(
  ctx: Context,
  order: FullOrder,
  { note }: ManageOrder,
  ifMatch: Precondition | undefined,
): Promise<void> {
  await endSession(ctx, order)
  const mail = await cancelledMail(ctx, order)
  const now = Date.now()
  const mark = markCancelled(ctx.db, order.uid, note || null, now, conditionOf('cancel', ifMatch))
  const audit = auditEntry(ctx, 'order.cancel', { entity: 'order', id: order.uid })
  const rest = releaseGoods(ctx, order.id, 'cancelled_at is not null')
  await change(ctx, order, 'cancel', { mark, audit, mail, rest }, ifMatch)
  await forgetGoods(ctx, order)
}

/** While anybody could still pay, nothing is taken back: a payment wins. */
async function endSession(ctx: Context, order: FullOrder): Promise<void> {
  if (order.sessionId === null) {
    if (order.resolveAt === null) return
    throw unavailable('The payment provider has not answered yet. Try again in a minute.', 60)
  }
  if (!ctx.payments) throw unavailable('There is no payment provider in the settings.', 60)
  try {
    const end = await ctx.payments.endCheckout(order.sessionId)
    if (end === 'paid') throw conflict(refusalOf('cancel', 'paid'))
  } catch (error) {
    if (!(error instanceof PaymentUnavailable)) throw error
    throw unavailable('The payment provider does not answer. Nothing has changed.', 30, error)
  }
}

type Change = {
  /** Returns a row where it changes something. */
  mark: Statement & PromiseLike<unknown[]>
  audit: Statement
  mail: PreparedMail | null
  rest: Statement[]
}

async function change(
  ctx: Context,
  order: FullOrder,
  action: OrderAction,
  { mark, audit, mail, rest }: Change,
  ifMatch: Precondition | undefined,
): Promise<void> {
  const [marked] = await ctx.db.batch([
    mark,
    audit,
    ...(mail ? [mailStatement(ctx, mail, sql`changes() > 0`)] : []),
    ...rest,
    settle(ctx, order.id),
  ])
  if ((marked as unknown[]).length === 0) {
    // Somebody was quicker: what is there now says why.
    const [present] = await findOrder(ctx.db, order.uid)
    if (!present) throw notFound('Order')
    checkPrecondition(String(present.version), ifMatch)
    throw conflict(refusalOf(action, present.status))
  }
  if (mail) await wakeMailer(ctx, [mail.uid])
}
