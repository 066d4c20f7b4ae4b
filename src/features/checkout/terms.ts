import * as z from 'zod/mini'
import type { Context } from '../../context.ts'
import { invalid } from '../../core/errors.ts'
import { lazily } from '../../core/lazily.ts'
import type { ReturnUrls } from '../../core/shop.ts'
import type { CheckoutRequest } from '../../platform/payments/index.ts'
import { type FullOrder, linesIn } from '../orders/service.ts'
import { moneyOf } from '../orders/words.ts'
import type { PricedCart } from './price.ts'

const Terms = lazily(() =>
  z.object({
    success: z.string(),
    cancel: z.string(),
    countries: z.array(z.string()),
    tax: z.boolean(),
  }),
)

/**
 * What the settings say of an order, kept with it. Throws `validation` for pages that they do not name,
 * unless there are others for that.
 */
export function toTerms(
  { settings }: Context,
  returnTo: string,
  { countries }: PricedCart,
  otherwise?: ReturnUrls,
): string {
  const pages = Object.hasOwn(settings.CHECKOUT_RETURN_URLS, returnTo)
    ? settings.CHECKOUT_RETURN_URLS[returnTo]
    : otherwise
  if (!pages) {
    const message = 'The settings name no such pages.'
    throw invalid([{ path: 'return_to', code: 'unknown', message }])
  }
  return JSON.stringify({ ...pages, countries, tax: settings.STRIPE_TAX === 'on' })
}

/** Where the buyer goes behind the payment page. The order's token is in the fragment: no server logs it. */
export function pagesOf(order: Pick<FullOrder, 'uid' | 'terms'>, token: string) {
  const { success, cancel } = termsOf(order)
  return { success: `${success}#order=${order.uid}&token=${token}`, cancel }
}

const termsOf = ({ terms }: Pick<FullOrder, 'terms'>) => Terms().parse(JSON.parse(terms ?? 'null'))

/** The call to the provider, from what stands in the order alone: so it may be repeated at any time. */
export function toRequest(order: FullOrder, token: string): CheckoutRequest {
  const { countries, tax } = termsOf(order)
  const { success, cancel } = pagesOf(order, token)
  const { currency } = moneyOf(order, 0)
  return {
    orderId: order.uid,
    orderNumber: order.number,
    currency,
    email: order.email,
    lines: linesIn(order).map(({ title: name, sku, unitPrice: unitAmount, quantity }) => {
      return { name, sku, unitAmount, quantity }
    }),
    discount:
      order.discount > 0
        ? { name: order.discountCode ?? 'Discount', amount: order.discount }
        : null,
    shipping:
      order.shippingRate === null || order.shippingLabel === null
        ? null
        : { id: order.shippingRate, label: order.shippingLabel, amount: order.shipping },
    countries,
    tax,
    successUrl: success,
    cancelUrl: cancel,
    expiresAt: order.expiresAt,
  }
}
