import { digest } from '../../src/core/crypto.ts'

/** What opens the order in the middle. */
export const ORDER_TOKEN = 'A'.repeat(43)

const uidOf = (number: number | string): string =>
  `0197c9e2-5b1c-7cc0-9a51-${String(number).padStart(12, '0')}`

export const middleOrder = (orders: number): string => uidOf(Math.floor(orders / 2))

/** Two pages of one account, spread over all. */
const OWN = 40

/** Fills a shop that has variants with so many paid orders, each of 3 lines, some of them the first user's. */
export async function fillOrders(db: D1Database, orders: number): Promise<void> {
  const middle = Math.floor(orders / 2)
  const statements = [
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${orders})
     insert into orders (uid, number, status, user_id, token_hash, token_sealed, currency, subtotal, total,
       return_to, payment_status, amount_paid, stock, expires_at, reserved_until, search, created_at, updated_at)
     select printf('0197c9e2-5b1c-7cc0-9a51-%012d', i), 'N' || i, 'pending',
       iif(i % ${Math.ceil(orders / OWN)} = 0, (select min(id) from users), null),
       iif(i = ${middle}, '${digest(ORDER_TOKEN)}', 'hash ' || i), '', 'usd', 600, 600,
       'default', 'paid', 600, 'sold', 1, 1, 'n' || i, i * 1000, 1 from n`,
    `insert into order_lines (order_id, position, variant_id, product_id, sku, title, quantity, unit_price, total)
     select o.id, value, value, 1, 'S', 'A thing', 1, 200, 200 from orders o, json_each('[1, 2, 3]')`,
    "update orders set status = 'paid'",
  ]
  for (const sql of statements) await db.prepare(sql).run()
}
