import { ALL_ORDERS, type Sold } from './orders.ts'
import { intentOf } from './stripe-events.ts'
import type { World } from './world.ts'

export type Refund = {
  id: string
  amount: { amount: number; currency: string }
  lines: { variant_id: number; quantity: number; value: { amount: number } }[]
  restock: boolean
  status: 'pending' | 'succeeded' | 'failed'
  error: string | null
  provider_id: string | null
}

export type ManagedOrder = {
  status: string
  refunded: { amount: number }
  refund_due: { amount: number }
  lines: { variant_id: number; refunded_quantity: number; discount: { amount: number } }[]
  refunds: Refund[]
}

export const usd = (amount: number) => ({ amount, currency: 'usd' })

/** Gives money back as the admin. */
export const giveBack = (
  world: World,
  { uid }: Pick<Sold, 'uid'>,
  body: object = {},
  headers: Record<string, string> = {},
) => world.as('admin').post(`${ALL_ORDERS}/${uid}/refunds`, { body, headers })

/** The same, for a test that counts on it. */
export async function refund(world: World, order: Pick<Sold, 'uid'>, body: object = {}) {
  const response = await giveBack(world, order, body)
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
  return await response.json<Refund>()
}

export const fileOf = async (world: World, { uid }: Pick<Sold, 'uid'>): Promise<ManagedOrder> =>
  (await world.as('admin').get(`${ALL_ORDERS}/${uid}`)).json<ManagedOrder>()

/** What the stand-in for Stripe is told that was paid. */
export const paidBy = (order: Sold) => ({ [intentOf(order)]: order.total })
