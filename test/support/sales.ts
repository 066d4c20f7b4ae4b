import { env } from 'cloudflare:workers'
import type { Caller, World } from './world.ts'

export const ANALYTICS = '/api/v1/analytics'

export type Line = { variant: number; quantity: number; price: number; discount: number }

/** An order as far as figures go; all times in milliseconds. */
export type Sale = {
  createdAt: number
  paidAt: number | null
  currency?: string
  lines: Line[]
}

const CHUNK = 2000

const insertEach = async (statements: string[], rows: object[]): Promise<void> => {
  for (let first = 0; first < rows.length; first += CHUNK) {
    const chunk = JSON.stringify(rows.slice(first, first + CHUNK))
    await env.DB.batch(statements.map((statement) => env.DB.prepare(statement).bind(chunk)))
  }
}

/** Active products 1, 2, 3... with so many variants each; variant 1 is the first of product 1. */
export async function fillShop(products: number, variantsEach: number, now = 1): Promise<void> {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => ({ n: index }))
  await insertEach(
    [
      `insert into products (id, slug, name, description, description_html, render_version, attributes, status, search, sort_name, created_at, updated_at)
       select (value ->> 'n') + 1, 'product-' || ((value ->> 'n') + 1), 'Product ' || ((value ->> 'n') + 1), '', '', 1, '{}', 'active', '', '', ${now}, ${now}
       from json_each(?)`,
    ],
    numbers(products),
  )
  await insertEach(
    [
      `insert into variants (id, product_id, sku, title, options, option_key, price, status, on_hand, created_at, updated_at)
       select (value ->> 'n') + 1, cast(value ->> 'n' as integer) / ${variantsEach} + 1, 'SKU-' || ((value ->> 'n') + 1), 'Variant ' || ((value ->> 'n') + 1), '{}', value ->> 'n', 100, 'active', 1000, ${now}, ${now}
       from json_each(?)`,
    ],
    numbers(products * variantsEach),
  )
}

export const paidFor = ({ lines }: Sale): number =>
  lines.reduce((sum, line) => sum + line.quantity * line.price - line.discount, 0)

/**
 * Places orders and pays those that have a time for it, as the shop does: the order, its lines, the
 * payment. Their ids follow each other from `first` on.
 */
export async function sell(sales: Sale[], first = 1): Promise<void> {
  const orders = sales.map((sale, index) => ({
    ...sale,
    id: first + index,
    currency: sale.currency ?? 'usd',
    total: paidFor(sale),
  }))
  await insertEach(
    [
      `insert into orders (id, uid, number, status, token_hash, token_sealed, currency, subtotal, total, return_to, stock, expires_at, reserved_until, search, created_at, updated_at)
       select value ->> 'id', 'uid-' || (value ->> 'id'), value ->> 'id', 'pending', value ->> 'id', '', value ->> 'currency', value ->> 'total', value ->> 'total', 'default', 'reserved', 0, 0, '', value ->> 'createdAt', value ->> 'createdAt'
       from json_each(?)`,
      `insert into order_lines (order_id, position, variant_id, product_id, sku, title, quantity, unit_price, total, discount)
       select o.value ->> 'id', l.key, v.id, v.product_id, v.sku, v.title, l.value ->> 'quantity', l.value ->> 'price', (l.value ->> 'quantity') * (l.value ->> 'price'), l.value ->> 'discount'
       from json_each(?) o, json_each(o.value, '$.lines') l join variants v on v.id = l.value ->> 'variant'`,
      `update orders set status = 'paid', payment_status = 'paid', amount_paid = paid.value ->> 'total', paid_at = paid.value ->> 'paidAt', updated_at = paid.value ->> 'paidAt'
       from json_each(?) paid where orders.id = paid.value ->> 'id' and paid.value ->> 'paidAt' is not null`,
    ],
    orders,
  )
}

export const refund = (order: number, amount: number, at: number) =>
  env.DB.prepare('update orders set refunded = refunded + ?, updated_at = ? where id = ?')
    .bind(amount, at, order)
    .run()

/** What a report answers an admin, and what it cost. Throws when it is refused. */
export async function report<View>(
  world: World,
  name: string,
  query: Record<string, string | number> = {},
  who: Caller = 'admin',
): Promise<{ view: View; calls: number; read: number }> {
  const text = new URLSearchParams(
    Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
  )
  const response = await world.as(who).get(`${ANALYTICS}/${name}?${text}`)
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  const timing = response.headers.get('server-timing') ?? ''
  const [, calls, read] = /calls=(\d+) read=(\d+)/.exec(timing) ?? []
  return { view: await response.json<View>(), calls: Number(calls), read: Number(read) }
}
