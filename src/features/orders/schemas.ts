import * as z from 'zod/mini'
import { instant, listOf, pageOf, pageQuery, uid, upTo } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { Money } from '../../core/money.ts'
import { ORDER_STATUSES } from './kinds.ts'

const part = () => z.nullable(upTo(200))

/** As the payment provider asked the buyer for it. */
export const Address = lazily(() =>
  z
    .object({
      name: part(),
      line1: part(),
      line2: part(),
      postal_code: part(),
      city: part(),
      state: part(),
      country: part().apply(meta, { description: 'ISO 3166-1 alpha-2.' }),
    })
    .apply(meta, { id: 'Address' }),
)
export type Address = Made<typeof Address>

export const OrderLineView = lazily(() =>
  z
    .object({
      variant_id: z.int(),
      sku: upTo(100),
      title: upTo(500),
      quantity: z.int(),
      unit_price: Money(),
      total: Money(),
    })
    .apply(meta, { id: 'OrderLine' }),
)

export const OrderView = lazily(() =>
  z
    .object({
      id: uid(),
      number: upTo(20).apply(meta, { description: 'What people call it.' }),
      status: z.enum(ORDER_STATUSES),
      email: z.nullable(upTo(254)),
      lines: listOf(OrderLineView(), 50),
      subtotal: Money(),
      discount: Money(),
      shipping: Money(),
      tax: Money(),
      total: Money(),
      refunded: Money(),
      shipping_address: z.nullable(Address()),
      tracking: z.nullable(
        z.object({
          carrier: upTo(60),
          number: upTo(100),
          url: z.nullable(upTo(500)),
        }),
      ),
      created_at: instant(),
      paid_at: z.nullable(instant()),
      fulfilled_at: z.nullable(instant()),
      history: z
        .array(z.object({ status: z.enum(ORDER_STATUSES), at: instant() }))
        .apply(meta, { description: 'Each state that it was in, oldest first.' }),
    })
    .apply(meta, { id: 'Order' }),
)
export type OrderView = Made<typeof OrderView>

export const OrderPage = lazily(() => pageOf(OrderView()).apply(meta, { id: 'OrderPage' }))

export const OrderId = lazily(() => z.object({ id: uid() }))

export const ListOrders = lazily(() => z.strictObject(pageQuery()))
export type ListOrders = Made<typeof ListOrders>

export const EventTaken = lazily(() =>
  z.object({ received: z.literal(true) }).apply(meta, { id: 'EventTaken' }),
)
