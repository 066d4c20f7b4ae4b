import type { Context } from '../../context.ts'
import { digest, seal, toBase64Url } from '../../core/crypto.ts'
import { DAY, MINUTE } from '../../core/time.ts'
import type { Statement } from '../../db/client.ts'
import { orders, paymentEvents, variants } from '../../db/schema.ts'
import { findOffers, type Offer } from '../../features/catalog/service.ts'
import {
  findOrder,
  insertMoves,
  isPlaced,
  orderId,
  placeOrder,
} from '../../features/orders/place.ts'
import { type OrderFacts, statusOf } from '../../features/orders/states.ts'
import { searchTextOf } from '../../features/orders/words.ts'
import { demoUid } from './names.ts'
import { STORIES, type Story } from './stories.ts'

type Row = typeof orders.$inferInsert
type Placed = Row & { uid: string; search: string; subtotal: number; shipping: number }

/** So long the one that waits for its payment can be paid: a day, so that it can be tried. */
const WAITS = DAY
const SHIPPING = 600

/** Fewer of something are left alone: what is low or sold out stays as it is. */
const PLENTY = 10

/** So many kinds of goods the stories name; with fewer there could be too few of one. */
const VARIETY = 9

/** What can be had in this database, and is not running out. */
export async function findPlenty(ctx: Context): Promise<Stock> {
  const ids = (await ctx.db.select().from(variants).limit(100)).map(({ id }) => id)
  const offers = [...(await findOffers(ctx, ids)).values()].sort((a, b) => a.id - b.id)
  return offers.filter(({ isActive, available }) => isActive && available >= PLENTY)
}

/** Orders in every state; nobody is mailed. */
export async function loadOrders(ctx: Context): Promise<void> {
  const stock = await findPlenty(ctx)
  if (stock.length >= VARIETY) await tellStories(ctx, stock, { first: 0, stories: STORIES })
}

export type Stock = Offer[]

/** Stories one after the other, which are named by the numbers from `first` on. */
type Stories = { first: number; stories: Story[] }

/** Lets all of it happen in one batch, behind `before`; nothing if it has happened already. */
export async function tellStories(
  ctx: Context,
  stock: Stock,
  { first, stories }: Stories,
  before: Statement[] = [],
): Promise<void> {
  const [there] = await findOrder(ctx.db, uidOf(first))
  if (there) return
  const statements = [...before]
  for (const [index, story] of stories.entries()) {
    statements.push(...(await storyStatements(ctx, stock, first + index, story)))
  }
  await ctx.db.batch(statements as [Statement, ...Statement[]])
}

async function storyStatements(
  ctx: Context,
  stock: Stock,
  index: number,
  story: Story,
): Promise<Statement[]> {
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
  const order = orderId(row.uid)
  const statements = placeOrder(ctx, { row, lines, discounts: [] })
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
    if (goods) {
      const move = goods === 'sold' ? 'sell' : 'release'
      const how = { actor: 'payments', now: at, condition: isPlaced(row.uid) }
      statements.push(insertMoves(ctx.db, order, move, how))
    }
    if (!event) continue
    statements.push(
      ctx.db.insert(paymentEvents).values({
        uid: demoUid('e1', index * 10 + place),
        eventId: `evt_demo_${story.number}_${event}`,
        type: event,
        status: 'done',
        orderId: order,
        subject: event.startsWith('checkout') ? row.sessionId : `ch_demo_${story.number}`,
        attempts: 1,
        eventAt: at,
        createdAt: at,
        doneAt: at,
      }),
    )
  }
  return statements
}

const uidOf = (index: number): string => demoUid('e0', index)

async function rowOf(
  ctx: Context,
  index: number,
  { number, buyer, age }: Story,
  chosen: { variant: Stock[number]; quantity: number }[],
): Promise<Placed> {
  const uid = uidOf(index)
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
