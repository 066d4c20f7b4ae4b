import { env } from 'cloudflare:workers'
import { createContext } from '../../src/context.ts'
import { ANONYMOUS } from '../../src/core/actor.ts'
import { digest, seal } from '../../src/core/crypto.ts'
import { newUid } from '../../src/core/ids.ts'
import { MINUTE } from '../../src/core/time.ts'
import type { Statement } from '../../src/db/client.ts'
import type { Bindings } from '../../src/env.ts'
import { placeOrder } from '../../src/features/orders/place.ts'
import type { Person } from './people.ts'
import type { World } from './world.ts'

export const ORDERS = '/api/v1/orders'
export const ALL_ORDERS = '/api/v1/admin/orders'
export const EVENTS = '/api/v1/admin/payment-events'

/** Of one order in a studio that is filled. */
export const ORDER_TOKEN = 'A'.repeat(43)

/** An order that waits for its payment, with what a test needs to know of it. */
export type Sold = {
  uid: string
  number: string
  token: string
  sessionId: string
  subtotal: number
  discount: number
  shipping: number
  total: number
}

export type Variant = { id: number; sku: string; price: number }

let made = 0

/** A variant of a product of its own, with so many in stock. */
export async function newVariant(
  stock: number,
  { price = 1250, title = 'Cup' }: { price?: number; title?: string } = {},
): Promise<Variant> {
  const number = ++made
  const sku = `CUP-${number}`
  const now = Date.now()
  await env.DB.batch([
    env.DB.prepare(
      `insert into products (slug, name, description, description_html, render_version, attributes,
         status, search, sort_name, created_at, updated_at, published_at)
       values (?, ?, '', '', 1, '{}', 'active', '', ?, ?, ?, ?)`,
    ).bind(`cup-${number}`, title, title.toLowerCase(), now, now, now),
    env.DB.prepare(
      `insert into variants (product_id, sku, title, options, option_key, price, status, created_at, updated_at)
       select id, ?, 'Blue', '{}', '{}', ?, 'active', ?, ? from products where slug = ?`,
    ).bind(sku, price, now, now, `cup-${number}`),
    env.DB.prepare(
      `insert into stock_movements (variant_id, reason, on_hand_change, reserved_change, actor, created_at)
       select id, 'received', ?, 0, 'test', ? from variants where sku = ?`,
    ).bind(stock, now, sku),
  ])
  const row = await env.DB.prepare('select id from variants where sku = ?').bind(sku).first()
  return { id: Number(row?.id), sku, price }
}

const PAGES = {
  success: 'http://localhost:5173/checkout/success',
  cancel: 'http://localhost:5173/cart',
}

type Wish = {
  lines?: { variant: Variant; quantity?: number }[]
  by?: Person
  email?: string | null
  discount?: number
  shipping?: number
  tax?: boolean
  token?: string
  sessionId?: string | null
  createdAt?: number
}

/** Places an order as checkout does; throws when it cannot be had. */
export async function newOrder(world: World, variant: Variant, wish: Wish = {}): Promise<Sold> {
  const { email = null, discount = 0, shipping = 500, tax = false } = wish
  const { createdAt = Date.now() } = wish
  const ctx = createContext(world.env as unknown as Bindings, ANONYMOUS)
  const lines = (wish.lines ?? [{ variant }]).map((line) => ({
    variantId: line.variant.id,
    quantity: line.quantity ?? 1,
    unitPrice: line.variant.price,
  }))
  const uid = newUid()
  const token = wish.token ?? newToken()
  const number = newNumber()
  const subtotal = lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0)
  const total = subtotal - discount + shipping
  const sessionId = wish.sessionId === undefined ? `cs_local_${uid}` : wish.sessionId
  const skus = (wish.lines ?? [{ variant }]).map((line) => line.variant.sku.toLowerCase())
  const user = wish.by
    ? await env.DB.prepare('select id from users where uid = ?').bind(wish.by.id).first()
    : null
  const statements = placeOrder(ctx, {
    row: {
      uid,
      number,
      status: 'pending',
      userId: user ? Number(user.id) : null,
      email,
      tokenHash: digest(token),
      tokenSealed: await seal(ctx.settings.keys, uid, token),
      currency: 'usd',
      subtotal,
      discount,
      shipping,
      shippingRate: 'standard',
      shippingLabel: 'Standard',
      total,
      returnTo: 'default',
      terms: JSON.stringify({ ...PAGES, countries: ['US'], tax }),
      sessionId,
      sessionUrl: null,
      stock: 'reserved',
      expiresAt: createdAt + 35 * MINUTE,
      reservedUntil: createdAt + 40 * MINUTE,
      search: [number.toLowerCase(), email?.toLowerCase(), ...skus].filter(Boolean).join('\n'),
      createdAt,
      updatedAt: createdAt,
    },
    lines,
    discounts: [],
  })
  await ctx.db.batch(statements as [Statement, ...Statement[]])
  const placed = await env.DB.prepare('select 1 from orders where uid = ?').bind(uid).first()
  if (!placed) throw new Error('It cannot be had')
  return { uid, number, token, sessionId: sessionId ?? '', subtotal, discount, shipping, total }
}

const newToken = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')

const newNumber = (): string => crypto.randomUUID().replaceAll('-', '').slice(0, 10).toUpperCase()

export const rowOf = (uid: string) =>
  env.DB.prepare('select * from orders where uid = ?').bind(uid).first<Record<string, unknown>>()

/** How many there are of a variant, and how many of them are held for somebody. */
export const stockOf = async ({ id }: Variant) => {
  const row = await env.DB.prepare('select on_hand, reserved from variants where id = ?')
    .bind(id)
    .first<{ on_hand: number; reserved: number }>()
  return [row?.on_hand, row?.reserved]
}

/** What of an order must not depend on how its events came. */
export async function factsOf(uid: string) {
  const row = await rowOf(uid)
  const { status, payment_status, amount_paid, refunded, refund_due, dispute, stock, total } =
    row ?? {}
  return {
    facts: { status, payment_status, amount_paid, refunded, refund_due, dispute, stock, total },
    who: [row?.email, row?.shipping_address, row?.payment_intent, row?.search],
    when: [row?.paid_at, row?.expired_at],
  }
}

export const eventRows = async () =>
  (await env.DB.prepare('select * from payment_events order by id').all()).results
