import * as z from 'zod/mini'
import { COUNTRIES } from './countries.ts'
import { line } from './fields.ts'
import { lazily, type Made } from './lazily.ts'
import { amountField, CURRENCY_CODES } from './money.ts'
import {
  each,
  json,
  list,
  matching,
  oneOf,
  optional,
  or,
  type Read,
  Unfit,
} from './setting-fields.ts'

/** What sending costs. Without `countries` it goes to every country that is sold to. */
export type ShippingRate = Made<typeof Rate>

/** Where a buyer goes after paying, and after turning back. */
export type ReturnUrls = Made<typeof Urls>

const name = lazily(() =>
  z.string().check(z.regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'is not a name such as standard')),
)

const Rate = lazily(() =>
  z.strictObject({
    id: name(),
    label: line(1, 60),
    amount: amountField(0),
    /** From this value of the goods on it costs nothing. */
    free_above: z.optional(amountField(0)),
    countries: z.optional(
      z
        .array(z.string().check(z.refine((code) => COUNTRIES.has(code), 'is not a country')))
        .check(z.minLength(1), z.maxLength(250)),
    ),
  }),
)

const Rates = lazily(() =>
  z.array(Rate()).check(
    z.maxLength(20),
    z.refine(
      (rates) => new Set(rates.map(({ id }) => id)).size === rates.length,
      'names one id twice',
    ),
  ),
)

// What follows # is ours: it takes the order's token past every server's log.
const page = lazily(() =>
  z.string().check(
    z.maxLength(500),
    z.refine(
      (url) => URL.canParse(url) && /^https?:\/\/[^\s#@\\]+$/.test(url),
      'is not an http or https address without #',
    ),
  ),
)

const Urls = lazily(() => z.strictObject({ success: page(), cancel: page() }))
const UrlsByName = lazily(() => z.record(name(), Urls()))

const countries: Read<string[]> = (text) => {
  const codes = [...new Set(list(text.toUpperCase()))]
  if (codes.length === 0) throw new Unfit('names no country')
  if (!codes.every((code) => COUNTRIES.has(code))) throw new Unfit('names what is no country')
  return codes
}

const ON_OR_OFF = ['on', 'off'] as const

/** The settings of what is sold, sent and paid. */
export const SHOP_SETTINGS = {
  CURRENCY: or('usd', oneOf(CURRENCY_CODES)),
  SHIPPING_COUNTRIES: or(['US'], countries),
  SHIPPING_RATES: or([], json(Rates)),
  CHECKOUT_RETURN_URLS: or({}, json(UrlsByName)),
  STRIPE_SECRET_KEY: optional(
    matching(/^[sr]k_(test|live)_\w{10,200}$/, 'is not a secret key of Stripe'),
  ),
  STRIPE_WEBHOOK_SECRET: or(
    [],
    each(matching(/^whsec_[\w+/=-]{16,200}$/, 'is not a signing secret of Stripe'), 2),
  ),
  STRIPE_ACCOUNT: optional(matching(/^acct_\w{5,50}$/, 'is not an account of Stripe')),
  STRIPE_TAX: or('off', oneOf(ON_OR_OFF)),
}
