import type { Context } from '../../context.ts'
import { digest, seal, toBase64Url } from '../../core/crypto.ts'
import { DAY, MINUTE } from '../../core/time.ts'
import type { Statement } from '../../db/client.ts'
import { orders, paymentEvents, stockMovements, variants } from '../../db/schema.ts'
import { findOffers, type Offer } from '../../features/catalog/service.ts'
import { placeOrder } from '../../features/orders/place.ts'
import { readOrderRow } from '../../features/orders/service.ts'
import { type OrderFacts, statusOf } from '../../features/orders/states.ts'
import { searchTextOf } from '../../features/orders/words.ts'
import { demoUid } from './names.ts'
import { type Row, STORIES, type Story } from './order-stories.ts'

type Placed = Row & { uid: string; search: string; subtotal: number; shipping: number }

/** So long the one that waits for its payment can be paid: a day, so that it can be tried. */
const WAITS = DAY
const SHIPPING = 600

/** Fewer of something are left alone: what is low or sold out stays as it is. */
const PLENTY = 10

/** What can be had in this database, and is not running out. */
export async function findPlenty(ctx: Context): Promise<Stock> {
  const ids = (await ctx.db.select().from(variants).limit(100)).map(({ id }) => id)
  const offers = [...(await findOffers(ctx, ids)).values()].sort((a, b) => a.id - b.id)
  return offers.filter(({ isActive, available }) => isActive && available >= PLENTY)
}

/** Orders in every state; nobody is mailed. */
export async function loadOrders(ctx: Context): Promise<void> {
  const stock = await findPlenty(ctx)
  if (stock.length === 0) return
  for (const [index, story] of STORIES.entries()) await tellStory(ctx, stock, index, story)
}

type Stock = Offer[]

export async function tellStory(
  ctx: Context,
  stock: Stock,
  index: number,
  story: Story,
): Promise<void> {
  const chosen = story.lines.flatMap(([place, quantity]) => {
    const variant = stock[place % stock.length]
    return variant ? [{ variant, quantity }] : []
  })
  const row = await rowOf(ctx, index, story, chosen)
  const lines = chosen.map(({ variant, quantity }) => ({
    variantId: variant.id,
    quantity,
    unitPrice: variant.price,
  }))
  const isThere = await readOrderRow(ctx, row.uid).catch(() => null)
  if (isThere) return
  const placed = placeOrder(ctx, { row, lines, discounts: [] })
  await ctx.db.batch(placed as [Statement, ...Statement[]])
  const { id: orderId } = await readOrderRow(ctx, row.uid)
  const statements: Statement[] = []
  let known: Row = row
  for (const [place, { after, facts, goods, event }] of story.steps.entries()) {
    const at = row.createdAt + after
    const change = { ...facts(known, at), ...(goods && { stock: goods }), updatedAt: at }
    known = { ...known, ...change }
    const status = statusOf(known as Row & OrderFacts)
    statements.push(
      ctx.db
        .insert(orders)
        .values(row)
        .onConflictDoUpdate({ target: orders.uid, set: { ...change, status } }),
    )
    for (const { variantId, quantity } of goods ? lines : []) {
      statements.push(
        ctx.db.insert(stockMovements).values({
          variantId,
          reason: goods === 'sold' ? 'sold' : 'released',
          onHandChange: goods === 'sold' ? -quantity : 0,
          reservedChange: -quantity,
          orderId,
          actor: 'payments',
          createdAt: at,
        }),
      )
    }
    if (!event) continue
    statements.push(
      ctx.db.insert(paymentEvents).values({
        uid: demoUid('e1', index * 10 + place),
        eventId: `evt_demo_${story.number}_${event}`,
        type: event,
        status: 'done',
        orderId,
        subject: event.startsWith('checkout') ? row.sessionId : `ch_demo_${story.number}`,
        attempts: 1,
        eventAt: at,
        createdAt: at,
        doneAt: at,
      }),
    )
  }
  if (statements.length > 0) await ctx.db.batch(statements as [Statement, ...Statement[]])
}

async function rowOf(
  ctx: Context,
  index: number,
  { number, buyer, age }: Story,
  chosen: { variant: Stock[number]; quantity: number }[],
): Promise<Placed> {
  const uid = demoUid('e0', index)
  const token = toBase64Url(crypto.getRandomValues(new Uint8Array(32)))
  const createdAt = Date.now() - age
  const subtotal = chosen.reduce((sum, { variant, quantity }) => sum + variant.price * quantity, 0)
  const { email, ...address } = buyer
  const [country = 'US'] = ctx.settings.SHIPPING_COUNTRIES
  const known = { ...address, line2: null, state: null, country }
  const skus = chosen.map(({ variant }) => variant.sku)
  return {
    uid,
    number,
    status: 'pending',
    email,
    tokenHash: digest(token),
    tokenSealed: await seal(ctx.settings.keys, uid, token),
    currency: ctx.settings.CURRENCY,
    subtotal,
    discount: 0,
    shipping: SHIPPING,
    shippingRate: 'standard',
    shippingLabel: 'Standard',
    total: subtotal + SHIPPING,
    shippingAddress: JSON.stringify(known),
    returnTo: 'default',
    terms: JSON.stringify({
      ...ctx.settings.CHECKOUT_RETURN_URLS.default,
      countries: [country],
      tax: false,
    }),
    sessionId: `cs_local_${uid}`,
    sessionUrl: `${ctx.settings.API_ORIGIN}/dev/pay/${uid}`,
    paymentStatus: 'none',
    amountPaid: 0,
    refunded: 0,
    dispute: null,
    stock: 'reserved',
    fulfilledAt: null,
    cancelledAt: null,
    expiredAt: null,
    expiresAt: createdAt + WAITS,
    reservedUntil: createdAt + WAITS + 5 * MINUTE,
    search: searchTextOf({ number, email, name: buyer.name, skus }),
    createdAt,
    updatedAt: createdAt,
  }
}
