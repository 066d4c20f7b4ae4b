import type { Context } from '../../context.ts'
import { invalid } from '../../core/errors.ts'
import { MOST_AMOUNT, type Money } from '../../core/money.ts'
import type { ShippingRate } from '../../core/shop.ts'
import type { Offer } from '../catalog/service.ts'
import type { CartDiscount } from '../discounts/service.ts'
import { discountOf, type GivenCode } from './codes.ts'
import type { PROBLEMS, QuoteCart, QuoteView } from './schemas.ts'

export type PricedLine = {
  variantId: number
  quantity: number
  offer: Offer | null
  problem: (typeof PROBLEMS)[number] | null
}

export type PricedRate = Pick<ShippingRate, 'id' | 'label' | 'amount'>

/** A cart at the prices of this moment. Amounts are minor units of the shop's currency. */
export type PricedCart = {
  lines: PricedLine[]
  subtotal: number
  discount: CartDiscount | null
  /** The cheapest first. Null where the studio sends for nothing. */
  rates: PricedRate[] | null
  /** Where it may go. */
  countries: string[]
}

/**
 * What a cart comes to. Throws `validation` for a country that is not sold to, for a code that cannot
 * be used, and for a cart that is worth more than can be paid at once.
 */
export function priceCart(
  ctx: Context,
  cart: QuoteCart,
  offers: Offer[],
  code: GivenCode,
): PricedCart {
  const { settings } = ctx
  const { country } = cart
  const countries = settings.SHIPPING_COUNTRIES
  if (country !== undefined && !countries.includes(country)) {
    throw refused('country', 'not_served', 'Nothing is sent there.')
  }
  const lines = priceLines(cart, new Map(offers.map((offer) => [offer.id, offer])))
  const subtotal = lines.reduce(
    (sum, { offer, quantity }) => sum + (offer?.price ?? 0) * quantity,
    0,
  )
  if (subtotal > MOST_AMOUNT) throw refused('items', 'too_big', 'This is too much for one order.')
  const discount = discountOf(ctx, cart, lines, code)
  const [only] = countries
  const goesTo = country ?? (countries.length === 1 ? only : undefined)
  return {
    lines,
    subtotal,
    discount,
    rates: ratesFor(settings.SHIPPING_RATES, goesTo, subtotal - (discount?.amount ?? 0)),
    countries: country === undefined ? countries : [country],
  }
}

const refused = (path: string, code: string, message: string) => invalid([{ path, code, message }])

function priceLines({ items }: QuoteCart, offers: Map<number, Offer>): PricedLine[] {
  const wanted = new Map<number, number>()
  for (const { variant_id: id, quantity } of items) {
    wanted.set(id, (wanted.get(id) ?? 0) + quantity)
  }
  return items.map(({ variant_id: variantId, quantity }) => {
    const known = offers.get(variantId)
    const offer = known?.isActive ? known : null
    const isEnough = (offer?.available ?? 0) >= (wanted.get(variantId) ?? 0)
    return { variantId, quantity, offer, problem: offer ? (isEnough ? null : 'too_few') : 'gone' }
  })
}

function ratesFor(
  rates: ShippingRate[],
  country: string | undefined,
  value: number,
): PricedRate[] | null {
  if (rates.length === 0) return null
  return rates
    .filter(({ countries }) => !countries || (country && countries.includes(country)))
    .map(({ id, label, amount, free_above: free }) => {
      return { id, label, amount: free !== undefined && value >= free ? 0 : amount }
    })
    .sort((a, b) => a.amount - b.amount)
}

export const isPayable = ({ lines, rates }: PricedCart): boolean =>
  lines.every(({ problem }) => problem === null) && rates?.length !== 0

export function toQuoteView({ settings }: Context, cart: PricedCart): QuoteView {
  const money = (amount: number): Money => ({ amount, currency: settings.CURRENCY })
  const { lines, subtotal, discount, rates } = cart
  return {
    lines: lines.map(({ variantId, quantity, offer, problem }) => ({
      variant_id: variantId,
      title: offer?.label ?? null,
      quantity,
      unit_price: offer && money(offer.price),
      total: offer && money(offer.price * quantity),
      problem,
      available: Math.max(0, offer?.available ?? 0),
    })),
    subtotal: money(subtotal),
    discount: discount && { code: discount.code, amount: money(discount.amount) },
    shipping: (rates ?? []).map(({ id, label, amount }) => ({ id, label, price: money(amount) })),
    total: money(subtotal - (discount?.amount ?? 0) + (rates?.[0]?.amount ?? 0)),
    currency: settings.CURRENCY,
    payable: isPayable(cart),
  }
}
