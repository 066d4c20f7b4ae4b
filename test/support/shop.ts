import { env } from 'cloudflare:workers'
import type { World } from './world.ts'

export const PRODUCTS = '/api/v1/products'
export const CATEGORIES = '/api/v1/categories'
export const VARIANTS = '/api/v1/variants'
export const INVENTORY = '/api/v1/inventory'

type Money = { amount: number; currency: string }
export type Variant = {
  id: number
  product_id: number
  sku: string
  title: string
  options: Record<string, string>
  price: Money
  compare_at: Money | null
  available: number
  status: string
  on_hand?: number
  reserved?: number
  low_stock_at?: number | null
}
export type Category = { id: number; slug: string; name: string; product_count: number }
export type Product = {
  id: number
  slug: string
  name: string
  status: string
  categories: Category[]
  variants: [Variant, ...Variant[]]
  price_from: Money | null
  available: number
  published_at: string | null
}

export const usd = (amount: number): Money => ({ amount, currency: 'usd' })

let made = 0

/** A variant as a body brings it, with a sku and a size of its own. */
export const variant = (body: Record<string, unknown> = {}) => ({
  sku: `SKU-${++made}`,
  price: usd(1250),
  options: { Size: `${made}` },
  ...body,
})

/** Makes something as the admin; throws when it is refused. */
async function make<View>(world: World, path: string, body: object): Promise<View> {
  const response = await world.as('admin').post(path, { body })
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
  return await response.json<View>()
}

export const newCategory = (world: World, body: object = {}) =>
  make<Category>(world, CATEGORIES, { name: 'Bowls', ...body })

/** An active product with one variant, of which five are there. */
export const newProduct = (world: World, body: object = {}) =>
  make<Product>(world, PRODUCTS, {
    name: 'A bowl',
    status: 'active',
    variants: [variant({ on_hand: 5 })],
    ...body,
  })

export const changeStock = (world: World, id: number, change: number, reason = 'correction') =>
  world.as('admin').post(`${VARIANTS}/${id}/stock`, { body: { change, reason } })

/** An order of `quantity` of a variant, which holds them; a new one each time. */
export async function order(variantId: number, quantity: number): Promise<number> {
  const uid = crypto.randomUUID()
  const [, found] = await env.DB.batch<{ id: number }>([
    env.DB.prepare(
      `insert into orders (uid, number, status, token_hash, token_sealed, currency, subtotal, total,
        return_to, stock, expires_at, reserved_until, search, created_at, updated_at)
       values (?1, ?1, 'pending', ?1, '', 'usd', 0, 0, 'default', 'reserved', 1, 1, '', 1, 1)`,
    ).bind(uid),
    env.DB.prepare('select id from orders where uid = ?').bind(uid),
    env.DB.prepare(
      `insert into order_lines (order_id, position, variant_id, product_id, sku, title, quantity, unit_price, total)
       select o.id, 0, v.id, v.product_id, v.sku, '', ?3, v.price, ?3 * v.price
       from orders o, variants v where o.uid = ?1 and v.id = ?2`,
    ).bind(uid, variantId, quantity),
    env.DB.prepare(
      `insert into stock_movements (variant_id, reason, on_hand_change, reserved_change, order_id, actor, created_at)
       select ?2, 'reserved', 0, ?3, id, '', 1 from orders where uid = ?1`,
    ).bind(uid, variantId, quantity),
  ])
  return found?.results[0]?.id ?? 0
}

/** Gives back what an order holds, or sells it. */
export const settle = (orderId: number, how: 'released' | 'sold') =>
  env.DB.prepare(
    `insert into stock_movements (variant_id, reason, on_hand_change, reserved_change, order_id, actor, created_at)
     select variant_id, ?2, iif(?2 = 'sold', -1, 0) * quantity, -quantity, order_id, '', 1
     from order_lines where order_id = ?1`,
  )
    .bind(orderId, how)
    .run()

/** Where stock, prices and counts are not what their rows say, one sentence each. */
export async function outOfStep(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `select 'variant ' || id || ': stock' as fault from variants v where (on_hand, reserved) is not (
        select coalesce(sum(on_hand_change), 0), coalesce(sum(reserved_change), 0)
        from stock_movements where variant_id = v.id)
     union all
     select 'product ' || id || ': price' from products p where price_from <> coalesce((
        select min(price) from variants where product_id = p.id and status = 'active'), 1000000001)
     union all
     select 'product ' || id || ': in stock' from products p where in_stock <> exists (
        select 1 from variants where product_id = p.id and status = 'active' and on_hand > reserved)
     union all
     select 'category ' || id || ': count' from categories c where product_count <> (
        select count(*) from product_categories pc join products p on p.id = pc.product_id
        where pc.category_id = c.id and p.status = 'active')`,
  ).all<{ fault: string }>()
  return results.map(({ fault }) => fault)
}
