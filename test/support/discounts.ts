import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { createContext } from '../../src/context.ts'
import { ANONYMOUS } from '../../src/core/actor.ts'
import { newUid } from '../../src/core/ids.ts'
import type { Statement } from '../../src/db/client.ts'
import type { Bindings } from '../../src/env.ts'
import {
  canBeUsed,
  customerOf,
  discountStatement,
  holdDiscount,
  judgeDiscount,
} from '../../src/features/discounts/service.ts'
import { isPlaced, placeOrder } from '../../src/features/orders/place.ts'
import type { World } from './world.ts'

export const DISCOUNTS = '/api/v1/discounts'

export type Discount = {
  id: number
  code: string
  percent: number | null
  enabled: boolean
  status: string
  scope: string
  product_ids: number[]
  category_ids: number[]
  uses: { held: number; used: number }
}

/** Makes a discount as the admin; throws when it is refused. */
export async function newDiscount(world: World, body: object = {}): Promise<Discount> {
  const given = { code: 'SPRING-10', percent: 10, ...body }
  const response = await world.as('admin').post(DISCOUNTS, { body: given })
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
  return await response.json<Discount>()
}

/** A product with a variant of that price, and so many of it; its ids are equal to its number. */
export async function seedGoods(prices: number[], stock = 10_000): Promise<void> {
  const rows = JSON.stringify(prices)
  await env.DB.batch([
    env.DB.prepare(
      `insert into products (id, slug, name, description, description_html, render_version, attributes, status, search, sort_name, created_at, updated_at, published_at)
       select key + 1, 'thing-' || (key + 1), 'Thing', '', '', 1, '{}', 'active', 'thing', 'thing', 1, 1, 1 from json_each(?)`,
    ).bind(rows),
    env.DB.prepare(
      `insert into variants (id, product_id, sku, title, options, option_key, price, status, created_at, updated_at)
       select key + 1, key + 1, 'T' || (key + 1), '', '{}', '', value, 'active', 1, 1 from json_each(?)`,
    ).bind(rows),
    env.DB.prepare(
      `insert into stock_movements (variant_id, reason, on_hand_change, reserved_change, actor, created_at)
       select key + 1, 'received', ?, 0, '', 1 from json_each(?)`,
    ).bind(stock, rows),
  ])
}

export async function seedCategory(id: number, productIds: number[]): Promise<void> {
  await env.DB.batch([
    env.DB.prepare(
      `insert into categories (id, slug, name, sort_name, description, created_at, updated_at)
       values (?1, 'c' || ?1, 'C', 'c', '', 1, 1)`,
    ).bind(id),
    env.DB.prepare(
      'insert into product_categories (product_id, category_id) select value, ? from json_each(?)',
    ).bind(id, JSON.stringify(productIds)),
  ])
}

/** The context of somebody who buys. */
export const buyer = (world: World, userId?: number) =>
  createContext(
    world.env as unknown as Bindings,
    userId === undefined
      ? ANONYMOUS
      : {
          type: 'user',
          id: userId,
          uid: '',
          role: 'user',
          sessionId: 0,
          sessionUid: '',
          steppedUpAt: null,
          needsFactor: false,
        },
  )

type Cart = { variantId: number; quantity: number; unitPrice: number }[]
type Wish = { email?: string; userId?: number; lines?: Cart; between?: () => Promise<unknown> }

const ONE: Cart = [{ variantId: 1, quantity: 1, unitPrice: 1000 }]

/**
 * Buys with a code as a checkout does: reads, judges, places and holds. The order's uid, or why there is
 * none; `lost` when the discount was gone between reading and placing.
 */
export async function buyWith(world: World, code: string, wish: Wish = {}): Promise<string> {
  const { lines = ONE, email = null, userId, between } = wish
  const ctx = buyer(world, userId)
  const customer = customerOf(ctx, email)
  const ids = lines.map(({ variantId }) => variantId)
  const [row] = await discountStatement(ctx, code, ids, customer)
  const judged = judgeDiscount(ctx, row, lines, customer, { mustBeKnown: true })
  if ('problem' in judged) return judged.problem.code
  const { discount } = judged
  await between?.()
  const uid = newUid()
  const subtotal = lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0)
  const now = Date.now()
  const draft = {
    row: {
      uid,
      number: uid,
      status: 'pending' as const,
      tokenHash: uid,
      tokenSealed: '',
      currency: 'usd',
      subtotal,
      discount: discount.amount,
      discountCode: discount.code,
      total: subtotal - discount.amount,
      returnTo: 'default',
      stock: 'reserved' as const,
      expiresAt: now,
      reservedUntil: now,
      search: '',
      createdAt: now,
      updatedAt: now,
    },
    lines,
    discounts: discount.lines,
  }
  const statements: Statement[] = [
    ...placeOrder(ctx, draft, canBeUsed(discount, customer)),
    ...holdDiscount(ctx, uid, discount, customer),
    ctx.db.select({ placed: sql<number>`${isPlaced(uid)}`.as('placed') }).from(sql`(select 1)`),
  ]
  const answers: unknown[] = await ctx.db.batch(statements as [Statement, ...Statement[]])
  const [last] = answers.at(-1) as { placed: number }[]
  return last?.placed ? uid : 'lost'
}

/** Moves the goods of an order as the end of its payment does. */
export const moveGoods = (uid: string, stock: 'sold' | 'released' | 'reserved') =>
  env.DB.prepare('update orders set stock = ? where uid = ?').bind(stock, uid).run()

/** The uses of a discount by its counters, and by its rows. */
export async function usesOf(code: string): Promise<{ counted: string; rows: string }> {
  const row = await env.DB.prepare(
    `select held || ' held, ' || used || ' used' as counted,
       (select count(*) filter (where state = 'held') || ' held, '
         || count(*) filter (where state = 'used') || ' used'
        from discount_uses where discount_id = discounts.id) as rows
     from discounts where code_key = ?`,
  )
    .bind(code.toUpperCase())
    .first<{ counted: string; rows: string }>()
  if (!row) throw new Error(`There is no ${code}`)
  return row
}
