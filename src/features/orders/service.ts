import type { Context } from '../../context.ts'
import { signedIn } from '../../core/actor.ts'
import { digest } from '../../core/crypto.ts'
import { notFound } from '../../core/errors.ts'
import { etagOf, type Tagged } from '../../core/etag.ts'
import type { Page } from '../../core/page.ts'
import { fold } from '../../core/text.ts'
import { readPage } from '../../db/page.ts'
import { mailAboutStatement, toMailView } from '../mail/service.ts'
import type { FindOrders, ManagedOrderView, OrderFile } from './admin-schemas.ts'
import { toEventView } from './inbox.ts'
import { findEventsOf } from './inbox-repo.ts'
import {
  countOrders,
  type FullOrder,
  findOrder,
  findOrderFor,
  listOrders,
  listOrdersOf,
} from './repo.ts'
import type { ListOrders, OrderView } from './schemas.ts'
import { toManagedView, toOrderView } from './show.ts'
import { aboutOrder } from './words.ts'

export { exportOrders } from './export.ts'
export { releaseGoods, settle } from './goods.ts'
export { forgetPayloads, listPaymentEvents, replayEvent, retryEvents, takeEvent } from './inbox.ts'
export { manageOrder } from './manage.ts'
export { readMadeRefund, refundOrder } from './refund.ts'
export { resolveRefunds } from './refund-resolve.ts'
export { type FullOrder, findOrder } from './repo.ts'
export { addressIn, linesIn, toOrderView } from './show.ts'
export { figuresOf, moneyOf, tokenOf } from './words.ts'

/** Beside an order as the studio sees it, of each kind. */
const MOST_BESIDE = 100

/** What the caller bought while signed in; what a guest bought under the same address is not theirs. */
export function listMine(ctx: Context, filter: ListOrders): Promise<Page<OrderView>> {
  const { id } = signedIn(ctx)
  return readPage<FullOrder, OrderView>(ctx, 'orders', filter, {
    rows: (before) => listOrdersOf(ctx.db, id, filter.limit + 1, before),
    view: toOrderView,
  })
}

/** Whoever is neither the buyer nor has the token learns nothing: not even that there is an order. */
export async function readOrder(
  ctx: Context,
  uid: string,
  token: string | undefined,
): Promise<Tagged<OrderView>> {
  const userId = ctx.actor.type === 'user' ? ctx.actor.id : null
  const [row] = await findOrderFor(ctx.db, uid, userId, token ? digest(token) : null)
  if (!row) throw notFound('Order')
  return { view: toOrderView(row), tag: String(row.version) }
}

export function listAll(ctx: Context, filter: FindOrders): Promise<Page<ManagedOrderView>> {
  const folded = fold(filter.q ?? '')
  return readPage<FullOrder, ManagedOrderView>(ctx, 'orders.all', filter, {
    rows: (before) => listOrders(ctx.db, filter, before, folded),
    count: () => countOrders(ctx.db, filter, folded),
    view: toManagedView,
  })
}

/** An order with its events and mails. */
export async function readFile(ctx: Context, uid: string): Promise<Tagged<OrderFile>> {
  const [[row], events, mails] = await ctx.db.batch([
    findOrder(ctx.db, uid),
    findEventsOf(ctx.db, uid, MOST_BESIDE),
    mailAboutStatement(ctx, aboutOrder(uid), MOST_BESIDE),
  ])
  if (!row) throw notFound('Order')
  const view = {
    ...toManagedView(row),
    events: events.map(toEventView),
    mails: mails.map(toMailView),
  }
  return { view, tag: await etagOf(row.version, view) }
}

/** The row of an order, for the test payment page. Throws `not_found`. */
export async function readOrderRow(ctx: Context, uid: string): Promise<FullOrder> {
  const [row] = await findOrder(ctx.db, uid)
  if (!row) throw notFound('Order')
  return row
}

/** What an account has bought, for the batch of its export. */
export const ordersStatement = (ctx: Context, userId: number, most: number) =>
  listOrdersOf(ctx.db, userId, most)
