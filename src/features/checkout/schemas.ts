import * as z from 'zod/mini'
import { email, instant, line, listOf, rowNumber, uid, upTo, whole } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { Money } from '../../core/money.ts'

const CartItem = lazily(() =>
  z
    .strictObject({
      variant_id: rowNumber(),
      quantity: whole(1, 99),
    })
    .apply(meta, { id: 'CartItem' }),
)

const name = () => z.string().check(z.regex(/^[a-z0-9][a-z0-9_-]{0,39}$/))

const cart = lazily(() => ({
  items: z.array(CartItem()).check(z.minLength(1), z.maxLength(50)),
  discount_code: z.optional(line(1, 40)),
  country: z
    .optional(z.string().check(z.regex(/^[A-Z]{2}$/)))
    .apply(meta, { description: 'Where it goes, as ISO 3166-1 alpha-2.', example: 'US' }),
}))
const example = { items: [{ variant_id: 1, quantity: 2 }], country: 'US' }

export const QuoteCart = lazily(() =>
  z.strictObject(cart()).apply(meta, { id: 'QuoteCart', example }),
)
export type QuoteCart = Made<typeof QuoteCart>

export const StartCheckout = lazily(() =>
  z
    .strictObject({
      ...cart(),
      shipping_rate: z
        .optional(name())
        .apply(meta, { description: "One of the quote's; the cheapest without it." }),
      email: z.optional(email()),
      return_to: z.optional(name()).apply(meta, {
        description: 'Where the buyer goes afterwards: a name of the setting CHECKOUT_RETURN_URLS.',
      }),
    })
    .apply(meta, { id: 'StartCheckout', example: { ...example, email: 'ann@example.org' } }),
)
export type StartCheckout = Made<typeof StartCheckout>

export const PROBLEMS = ['gone', 'too_few'] as const

const QuoteLine = lazily(() =>
  z
    .object({
      variant_id: z.int(),
      title: z.nullable(upTo(400)),
      quantity: z.int(),
      unit_price: z.nullable(Money()),
      total: z.nullable(Money()),
      problem: z.nullable(z.enum(PROBLEMS)).apply(meta, {
        description: 'Not sold any more, or not as many as all lines of it ask for.',
      }),
      available: z.int().check(z.gte(0)),
    })
    .apply(meta, { id: 'QuoteLine' }),
)

export const QuoteView = lazily(() =>
  z
    .object({
      lines: listOf(QuoteLine(), 50),
      subtotal: Money(),
      discount: z.nullable(z.object({ code: upTo(40), amount: Money() })),
      shipping: listOf(
        z.object({
          id: upTo(40),
          label: upTo(60),
          price: Money(),
        }),
        20,
      ).apply(meta, {
        description:
          'The cheapest first. Without `country` only what goes everywhere; none where sending is free.',
      }),
      total: Money().apply(meta, {
        description: 'With the first of `shipping`, before the tax that the payment page may add.',
      }),
      currency: upTo(3),
      payable: z.boolean().apply(meta, {
        description: 'False while a line has a problem, or nothing of `shipping` goes there.',
      }),
    })
    .apply(meta, { id: 'Quote' }),
)
export type QuoteView = Made<typeof QuoteView>

export const CheckoutView = lazily(() =>
  z
    .object({
      order_id: uid(),
      order_token: upTo(64).apply(meta, {
        description: 'Opens the order without an account, in the header `x-order-token`. Keep it.',
      }),
      url: upTo(5000).apply(meta, { description: 'Where the buyer pays.' }),
      expires_at: instant().apply(meta, { description: 'Until when it can be paid.' }),
    })
    .apply(meta, { id: 'Checkout' }),
)
export type CheckoutView = Made<typeof CheckoutView>
