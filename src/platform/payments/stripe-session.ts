import type { Stripe } from 'stripe'
import { SECOND } from '../../core/time.ts'
import type { CheckoutRequest } from './payments.ts'

type Session = Stripe.Checkout.SessionCreateParams
type Country = NonNullable<Session['shipping_address_collection']>['allowed_countries'][number]

// As long as Stripe takes them.
const MAX_PRODUCT_NAME = 250
const MAX_COUPON_NAME = 40

/**
 * An order in Stripe's words. The same order gives the same parameters at any time: a repeated call
 * with others would be refused.
 */
export function toSession(request: CheckoutRequest, coupon: string | null): Session {
  const { currency, tax, email, shipping } = request
  const names = { order_id: request.orderId, order_number: request.orderNumber }
  // Added to the price where Stripe works it out; prices here are without it.
  const taxed = tax ? { tax_behavior: 'exclusive' as const } : {}
  return {
    mode: 'payment',
    client_reference_id: request.orderId,
    metadata: names,
    // Charges and disputes speak of the payment and not of the session.
    payment_intent_data: { metadata: names },
    line_items: request.lines.map(({ name, sku, unitAmount, quantity }) => ({
      quantity,
      price_data: {
        currency,
        unit_amount: unitAmount,
        product_data: { name: cut(name, MAX_PRODUCT_NAME), metadata: { sku } },
        ...taxed,
      },
    })),
    ...(coupon !== null && { discounts: [{ coupon }] }),
    ...(shipping && {
      shipping_options: [
        {
          shipping_rate_data: {
            type: 'fixed_amount',
            display_name: shipping.label,
            fixed_amount: { amount: shipping.amount, currency },
            metadata: { rate: shipping.id },
            ...taxed,
          },
        },
      ],
    }),
    shipping_address_collection: { allowed_countries: request.countries as Country[] },
    automatic_tax: { enabled: tax },
    ...(email !== null && { customer_email: email }),
    success_url: request.successUrl,
    cancel_url: request.cancelUrl,
    expires_at: Math.floor(request.expiresAt / SECOND),
  }
}

/** The discount of one order, for that order alone. */
export const toCoupon = (
  { orderId, currency }: CheckoutRequest,
  discount: NonNullable<CheckoutRequest['discount']>,
): Stripe.CouponCreateParams => ({
  duration: 'once',
  amount_off: discount.amount,
  currency,
  max_redemptions: 1,
  name: cut(discount.name, MAX_COUPON_NAME),
  metadata: { order_id: orderId },
})

/** By code points, so that no letter is torn. */
const cut = (text: string, most: number): string => Array.from(text).slice(0, most).join('')
