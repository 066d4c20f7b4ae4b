import { env } from 'cloudflare:workers'
import { outOfStep } from './shop.ts'

/** What of each order is not there, or there twice. D1 takes five terms at a time. */
const ORDER_FAULTS = [
  `select 'order ' || id || ': lines' as fault from orders o where subtotal is not (
      select sum(total) from order_lines where order_id = o.id)
   union all
   select 'order ' || id || ': history' from orders o where status is not (
      select status from order_history where order_id = o.id order by id desc limit 1)
   union all
   select 'order ' || o.id || ': goods' from orders o join order_lines l on l.order_id = o.id
    where (-(o.stock = 'sold') * l.quantity, (o.stock = 'reserved') * l.quantity) is not (
      select sum(on_hand_change), sum(reserved_change) from stock_movements
      where order_id = o.id and variant_id = l.variant_id and reason <> 'returned')
   union all
   select 'order ' || id || ': mails' from orders o where (payment_status = 'paid') <> (
      select count(*) from outbox where about = 'order:' || o.uid and kind = 'order.new')`,
  `select 'order ' || id || ': money back' as fault from orders o where refunded <> (
      select coalesce(sum(amount), 0) from refunds where order_id = o.id and status = 'succeeded')
   union all
   select 'order ' || id || ': records of refunds' from orders o where (
      select count(*) from refunds where order_id = o.id) <> (
      select count(*) from audit_log where entity_id = o.uid and action = 'order.refund')
   union all
   select 'order ' || id || ': goods back' from orders o where (
      select coalesce(sum(part.value ->> 'quantity'), 0) from refunds r, json_each(r.lines) part
      where r.order_id = o.id and r.restocked_at is not null) <> (
      select coalesce(sum(on_hand_change), 0) from stock_movements
      where order_id = o.id and reason = 'returned')`,
]

/** What of the shop is half done; nothing when every change is there whole or not at all. */
export async function halfDone(): Promise<string[]> {
  const answers = await env.DB.batch<{ fault: string }>(
    ORDER_FAULTS.map((sql) => env.DB.prepare(sql)),
  )
  const faults = answers.flatMap(({ results }) => results.map(({ fault }) => fault))
  return [...(await outOfStep()), ...faults]
}
