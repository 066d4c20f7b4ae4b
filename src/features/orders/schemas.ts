import * as z from 'zod'
import { instant, pageOf, pageQuery, uid } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { Money } from '../../core/money.ts'
import { ORDER_STATUSES } from './kinds.ts'

const part = () => z.string().max(200).nullable()

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
      country: part().meta({ description: 'ISO 3166-1 alpha-2.' }),
    })
    .meta({ id: 'Address' }),
)
export type Address = Made<typeof Address>

export const OrderLineView = lazily(() =>
  z
    .object({
      variant_id: z.int(),
      sku: z.string().max(100),
      title: z.string().max(500),
      quantity: z.int(),
      unit_price: Money(),
      total: Money(),
    })
    .meta({ id: 'OrderLine' }),
)

export const OrderView = lazily(() =>
  z
    .object({
      id: uid(),
      number: z.string().max(20).meta({ description: 'What people call it.' }),
      status: z.enum(ORDER_STATUSES),
      email: z.string().max(254).nullable(),
      lines: z.array(OrderLineView()).max(50),
      subtotal: Money(),
      discount: Money(),
      shipping: Money(),
      tax: Money(),
      total: Money(),
      refunded: Money(),
      shipping_address: Address().nullable(),
      tracking: z
        .object({
          carrier: z.string().max(60),
          number: z.string().max(100),
          url: z.string().max(500).nullable(),
        })
        .nullable(),
      created_at: instant(),
      paid_at: instant().nullable(),
      fulfilled_at: instant().nullable(),
      history: z
        .array(z.object({ status: z.enum(ORDER_STATUSES), at: instant() }))
        .meta({ description: 'Each state that it was in, oldest first.' }),
    })
    .meta({ id: 'Order' }),
)
export type OrderView = Made<typeof OrderView>

export const OrderPage = lazily(() => pageOf(OrderView()).meta({ id: 'OrderPage' }))

export const OrderId = lazily(() => z.object({ id: uid() }))

export const ListOrders = lazily(() => z.strictObject(pageQuery()))
export type ListOrders = Made<typeof ListOrders>

export const EventTaken = lazily(() =>
  z.object({ received: z.literal(true) }).meta({ id: 'EventTaken' }),
)
