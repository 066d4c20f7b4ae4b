import * as z from 'zod'
import { email, instant, line, uid } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { Money } from '../../core/money.ts'

const CartItem = lazily(() =>
  z
    .strictObject({
      variant_id: z.int().min(1).max(9_999_999_999),
      quantity: z.int().min(1).max(99),
    })
    .meta({ id: 'CartItem' }),
)

const name = () => z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/)

const cart = lazily(() => ({
  items: z.array(CartItem()).min(1).max(50),
  discount_code: line(1, 40).optional(),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .optional()
    .meta({ description: 'Where it goes, as ISO 3166-1 alpha-2.', example: 'US' }),
}))
const example = { items: [{ variant_id: 1, quantity: 2 }], country: 'US' }

export const QuoteCart = lazily(() => z.strictObject(cart()).meta({ id: 'QuoteCart', example }))
export type QuoteCart = Made<typeof QuoteCart>

export const StartCheckout = lazily(() =>
  z
    .strictObject({
      ...cart(),
      shipping_rate: name()
        .optional()
        .meta({ description: "One of the quote's; the cheapest without it." }),
      email: email().optional(),
      return_to: name().optional().meta({
        description: 'Where the buyer goes afterwards: a name of the setting CHECKOUT_RETURN_URLS.',
      }),
    })
    .meta({ id: 'StartCheckout', example: { ...example, email: 'ann@example.org' } }),
)
export type StartCheckout = Made<typeof StartCheckout>

export const PROBLEMS = ['gone', 'too_few'] as const

const QuoteLine = lazily(() =>
  z
    .object({
      variant_id: z.int(),
      title: z.string().max(400).nullable(),
      quantity: z.int(),
      unit_price: Money().nullable(),
      total: Money().nullable(),
      problem: z
        .enum(PROBLEMS)
        .nullable()
        .meta({ description: 'Not sold any more, or not as many as all lines of it ask for.' }),
      available: z.int().min(0),
    })
    .meta({ id: 'QuoteLine' }),
)

export const QuoteView = lazily(() =>
  z
    .object({
      lines: z.array(QuoteLine()).max(50),
      subtotal: Money(),
      discount: z.object({ code: z.string().max(40), amount: Money() }).nullable(),
      shipping: z
        .array(z.object({ id: z.string().max(40), label: z.string().max(60), price: Money() }))
        .max(20)
        .meta({
          description:
            'The cheapest first. Without `country` only what goes everywhere; none where sending is free.',
        }),
      total: Money().meta({
        description: 'With the first of `shipping`, before the tax that the payment page may add.',
      }),
      currency: z.string().max(3),
      payable: z.boolean().meta({
        description: 'False while a line has a problem, or nothing of `shipping` goes there.',
      }),
    })
    .meta({ id: 'Quote' }),
)
export type QuoteView = Made<typeof QuoteView>

export const CheckoutView = lazily(() =>
  z
    .object({
      order_id: uid(),
      order_token: z.string().max(64).meta({
        description: 'Opens the order without an account, in the header `x-order-token`. Keep it.',
      }),
      url: z.string().max(5000).meta({ description: 'Where the buyer pays.' }),
      expires_at: instant().meta({ description: 'Until when it can be paid.' }),
    })
    .meta({ id: 'Checkout' }),
)
export type CheckoutView = Made<typeof CheckoutView>
