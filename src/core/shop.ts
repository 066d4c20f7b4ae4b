import * as z from 'zod'
import { COUNTRIES } from './countries.ts'
import { line } from './fields.ts'
import { lazily, type Made } from './lazily.ts'
import { amountField, CURRENCY_CODES } from './money.ts'

/** What sending costs. Without `countries` it goes to every country that is sold to. */
export type ShippingRate = Made<typeof Rate>

/** Where a buyer goes after paying, and after turning back. */
export type ReturnUrls = Made<typeof Urls>

const country = () => z.string().refine((code) => COUNTRIES.has(code), 'is not a country')
const name = lazily(() =>
  z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'is not a name such as standard'),
)

const Rate = lazily(() =>
  z.strictObject({
    id: name(),
    label: line(1, 60),
    amount: amountField(0),
    /** From this value of the goods on it costs nothing. */
    free_above: amountField(0).optional(),
    countries: z.array(country()).min(1).max(250).optional(),
  }),
)

const Rates = lazily(() =>
  z
    .array(Rate())
    .max(20)
    .refine(
      (rates) => new Set(rates.map(({ id }) => id)).size === rates.length,
      'names one id twice',
    ),
)

// What follows # is ours: it takes the order's token past every server's log.
const page = lazily(() =>
  z
    .string()
    .max(500)
    .refine(
      (url) => URL.canParse(url) && /^https?:\/\/[^\s#@\\]+$/.test(url),
      'is not an http or https address without #',
    ),
)

const Urls = lazily(() => z.strictObject({ success: page(), cancel: page() }))

/** JSON in a setting, read by `schema`. */
const json = <Schema extends z.ZodType>(schema: Schema, fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, { issues }) => {
      try {
        return JSON.parse(text) as unknown
      } catch {
        issues.push({ code: 'custom', message: 'is not JSON', input: undefined })
        return z.NEVER
      }
    })
    .pipe(schema)

const codes = (text: string): string[] => [
  ...new Set(text.split(',').flatMap((part) => part.trim().toUpperCase() || [])),
]

/** The settings of what is sold, sent and paid. */
export const SHOP_SETTINGS = lazily(() => ({
  CURRENCY: z.enum(CURRENCY_CODES).default('usd'),
  SHIPPING_COUNTRIES: z
    .string()
    .default('US')
    .transform(codes)
    .pipe(z.array(country()).min(1).max(250)),
  SHIPPING_RATES: json(Rates(), '[]'),
  CHECKOUT_RETURN_URLS: json(z.record(name(), Urls()), '{}'),
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^[sr]k_(test|live)_\w{10,200}$/, 'is not a secret key of Stripe')
    .optional(),
  STRIPE_WEBHOOK_SECRET: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((part) => part.trim() || []))
    .pipe(
      z
        .array(z.string().regex(/^whsec_[\w+/=-]{16,200}$/, 'is not a signing secret of Stripe'))
        .max(2, 'holds more than two secrets'),
    ),
  STRIPE_ACCOUNT: z
    .string()
    .regex(/^acct_\w{5,50}$/, 'is not an account of Stripe')
    .optional(),
  STRIPE_TAX: z.enum(['on', 'off']).default('off'),
}))
