import type { Context } from '../../context.ts'
import { unseal } from '../../core/crypto.ts'
import { type Currency, inFigures, type Money } from '../../core/money.ts'
import { fold } from '../../core/text.ts'
import type { Address } from './schemas.ts'
import type { OrderRow } from './table.ts'

/** How a mail names the order that it is about. */
export const aboutOrder = (uid: string): string => `order:${uid}`

/** What `q` looks through. */
export const searchTextOf = (parts: {
  number: string
  email: string | null
  name?: string | null
  skus: string[]
}): string =>
  fold([parts.number, parts.email, parts.name, ...parts.skus].filter(Boolean).join('\n'))

export const moneyOf = ({ currency }: { currency: string }, amount: number): Money => ({
  amount,
  // Only a currency of the settings gets into the table.
  currency: currency as Currency,
})

export const figuresOf = (order: { currency: string }, amount: number): string =>
  inFigures(moneyOf(order, amount))

/** An address as an envelope shows it. */
export const linesOf = (address: Address | null): string[] =>
  [
    address?.name,
    address?.line1,
    address?.line2,
    [address?.postal_code, address?.city].filter(Boolean).join(' '),
    [address?.state, address?.country].filter(Boolean).join(', '),
  ].filter((line): line is string => Boolean(line))

type Sealed = Pick<OrderRow, 'uid' | 'tokenSealed'>

/** What opens the order without an account; null when it was sealed with a key that is gone. */
export const tokenOf = ({ settings }: Context, { uid, tokenSealed }: Sealed) =>
  unseal(settings.keys, uid, tokenSealed).catch(() => null)

/** Where the buyer sees the order. The token is in the fragment, which no server logs. */
export async function orderPage(ctx: Context, order: Sealed): Promise<string> {
  const { SITE_ORIGIN, SITE_ORDER_PATH } = ctx.settings
  const page = SITE_ORIGIN + SITE_ORDER_PATH.replace('{id}', order.uid)
  const token = await tokenOf(ctx, order)
  return token === null ? page : `${page}#token=${token}`
}
