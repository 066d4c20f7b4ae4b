import type { Variant } from './orders.ts'
import { type Caller, newWorld, type World } from './world.ts'

export const QUOTE = '/api/v1/checkout/quote'
export const SESSIONS = '/api/v1/checkout/sessions'

export type Checkout = { order_id: string; order_token: string; url: string; expires_at: string }
export type Quote = {
  lines: { problem: string | null; available: number }[]
  subtotal: { amount: number }
  shipping: { id: string; price: { amount: number } }[]
  total: { amount: number }
  payable: boolean
}
type Options = { from?: string; key?: string; headers?: Record<string, string> }

/** Another visitor each. */
export const sourceOf = (index: number): string => `198.51.${(index >> 8) & 255}.${index & 255}`

export const cartOf = (variant: Variant, quantity = 1) => ({
  items: [{ variant_id: variant.id, quantity }],
})

export function buy(
  world: World,
  body: object,
  { from, key, headers = {} }: Options = {},
  caller: Caller = 'anonymous',
) {
  return world.as(caller).post(SESSIONS, {
    body,
    headers: { ...(key !== undefined && { 'idempotency-key': key }), ...headers },
    ...(from !== undefined && { from }),
  })
}

export const quote = (world: World, body: object, from?: string) =>
  world.as('anonymous').post(QUOTE, { body, ...(from !== undefined && { from }) })

/** A world that lets one source order as often as it likes. */
export const newShop = (settings: Record<string, string> = {}) =>
  newWorld({ RATE_LIMIT_SCALE: '1000', ...settings })

/** Sums of the ledger and the counters of every variant, which must agree. */
export async function stockIsTrue(world: World): Promise<boolean> {
  const sums = await world.env.DB.prepare(
    `select count(*) as wrong from variants v where
       on_hand <> (select coalesce(sum(on_hand_change), 0) from stock_movements where variant_id = v.id)
       or reserved <> (select coalesce(sum(reserved_change), 0) from stock_movements where variant_id = v.id)`,
  ).first<{ wrong: number }>()
  return sums?.wrong === 0
}
