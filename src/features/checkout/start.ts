import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { AppError, notFound } from '../../core/errors.ts'
import type { ReturnUrls } from '../../core/shop.ts'
import { SECOND } from '../../core/time.ts'
import { batchBehind } from '../../db/batch.ts'
import { forgetProducts, offersStatement, toOffer } from '../catalog/service.ts'
import { type Customer, canBeUsed, customerOf, holdDiscount } from '../discounts/service.ts'
import { keepMade } from '../idempotency/service.ts'
import { hasRoom, longest, note, peek, refusal, takeEach } from '../limits/service.ts'
import { canBeHad, findOrder, isPlaced, type OrderDraft, placeOrder } from '../orders/place.ts'
import type { FullOrder } from '../orders/service.ts'
import { codeStatements, countTry } from './codes.ts'
import { checkLines, clickKeyOf, draftOrder, subjectOf } from './draft.ts'
import { CHECKOUT_LIMITS, MOST_HELD } from './limits.ts'
import { type PricedCart, priceCart } from './price.ts'
import { variantIdsOf } from './quote.ts'
import {
  clearClick,
  findClick,
  findEmail,
  findHeld,
  findUid,
  holdsLessThan,
  idOf,
  isFirstClick,
} from './repo.ts'
import type { CheckoutView, StartCheckout } from './schemas.ts'
import { awaitSession, openSession, paymentsOf } from './session.ts'

/** The same cart of the same person within so long is one click. */
export const CLICK_MS = 10 * SECOND

/**
 * Places an order at the prices of this moment, holds its goods and says where it is paid. Throws
 * `conflict` that names the lines which cannot be had, `rate_limited`, and what openSession() throws.
 */
export async function startCheckout(
  ctx: Context,
  input: StartCheckout,
  pages?: ReturnUrls,
): Promise<CheckoutView> {
  paymentsOf(ctx)
  const clickKey = clickKeyOf(ctx, input)
  const known = customerOf(ctx, input.email ?? null)
  const [rows, [click], [account], [row], [tries]] = await ctx.db.batch([
    offersStatement(ctx.db, variantIdsOf(input)),
    findClick(ctx.db, clickKey, Date.now() - CLICK_MS),
    findEmail(ctx.db, ctx.actor.type === 'user' ? ctx.actor.id : 0),
    ...codeStatements(ctx, input, known),
  ])
  if (click) return await awaitSession(ctx, click.uid)
  await countTry(ctx, input, row, tries)
  const code = { row, customer: known, mustBeKnown: true }
  const cart = priceCart(ctx, input, rows.map(toOffer), code)
  checkLines(cart.lines)
  const email = input.email ?? account?.email ?? null
  const draft = await draftOrder(ctx, input, cart, { clickKey, email, pages })
  const order = await place(ctx, input, { cart, draft, customer: customerOf(ctx, email) })
  if (typeof order === 'string') return await awaitSession(ctx, order)
  try {
    return await openSession(ctx, order, { isFirst: true })
  } finally {
    await ctx.later(() => forgetProducts(ctx, variantIdsOf(input)))
  }
}

/** Where the order is paid that this Idempotency-Key led to. */
export async function recallCheckout(ctx: Context, id: number): Promise<CheckoutView> {
  const [order] = await findUid(ctx.db, id)
  if (!order) throw notFound('Order')
  return await awaitSession(ctx, order.uid)
}

/** The order that was placed, or the name of that which the same click had placed before. */
async function place(
  ctx: Context,
  input: StartCheckout,
  { cart, draft, customer }: { cart: PricedCart; draft: OrderDraft; customer: Customer },
): Promise<FullOrder | string> {
  const { uid } = draft.row
  const clickKey = typeof draft.row.clickKey === 'string' ? draft.row.clickKey : null
  const subject = subjectOf(ctx)
  const most = Math.ceil(MOST_HELD * ctx.settings.RATE_LIMIT_SCALE)
  const mayBePlaced = sql.join(
    [
      isFirstClick(clickKey),
      holdsLessThan(subject, most),
      ...CHECKOUT_LIMITS.map((policy) => hasRoom(ctx, policy, subject)),
      canBeHad(draft.lines),
      canBeUsed(cart.discount, customer),
    ],
    sql` and `,
  )
  const since = Date.now() - CLICK_MS
  const [[order], [click], [holding], rows, [row], ...quotas] = await batchBehind(
    ctx.db,
    [
      clearClick(ctx.db, clickKey, since),
      ...takeEach(ctx, CHECKOUT_LIMITS, subject, mayBePlaced),
      ...placeOrder(ctx, draft, sql`changes() > 0`),
      ...holdDiscount(ctx, uid, cart.discount, customer),
      ...keepMade(ctx, idOf(uid), isPlaced(uid)),
    ],
    [
      findOrder(ctx.db, uid),
      findClick(ctx.db, clickKey, since),
      findHeld(ctx.db, subject),
      offersStatement(ctx.db, variantIdsOf(input)),
      codeStatements(ctx, input, customer)[0],
      ...CHECKOUT_LIMITS.map((policy) => peek(ctx, policy, subject)),
    ],
  )
  for (const [index, policy] of CHECKOUT_LIMITS.entries()) note(ctx, policy, quotas[index]?.[0])
  if (order) return order
  if (click) return click.uid
  if (holding && holding.held >= most) throw holdsTooMany(holding.until ?? Date.now())
  const full = longest(ctx, CHECKOUT_LIMITS)
  if (full) throw refusal(ctx, full)
  checkLines(priceCart(ctx, input, rows.map(toOffer), { row, customer, mustBeKnown: true }).lines)
  throw new AppError(
    'conflict',
    'A price or the discount has just changed. Look at the cart once more.',
  )
}

function holdsTooMany(until: number): AppError {
  const retryAfter = Math.max(1, Math.ceil((until - Date.now()) / SECOND))
  const detail = `${MOST_HELD} orders wait for their payment. Pay one of them, or wait until it is over.`
  return new AppError('rate_limited', detail, { retryAfter })
}
