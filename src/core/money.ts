import * as z from 'zod/mini'
import { lazily, type Made } from './lazily.ts'
import { meta } from './meta.ts'

/** Currencies that can be sold in, by ISO 4217, with the number of decimals of their minor unit. */
export const CURRENCIES = {
  aud: 2,
  brl: 2,
  cad: 2,
  chf: 2,
  czk: 2,
  dkk: 2,
  eur: 2,
  gbp: 2,
  hkd: 2,
  inr: 2,
  jpy: 0,
  krw: 0,
  mxn: 2,
  nok: 2,
  nzd: 2,
  pln: 2,
  sek: 2,
  sgd: 2,
  usd: 2,
  zar: 2,
} as const satisfies Record<string, 0 | 2>
export type Currency = keyof typeof CURRENCIES
export const CURRENCY_CODES = Object.keys(CURRENCIES) as [Currency, ...Currency[]]

/** The most that one price or one order may come to, in minor units. */
export const MOST_AMOUNT = 1_000_000_000

export const Money = lazily(() =>
  z
    .object({
      amount: z.int().apply(meta, { description: 'Minor units: cents of a dollar, whole yen.' }),
      currency: z.enum(CURRENCY_CODES),
    })
    .apply(meta, { id: 'Money' }),
)
export type Money = Made<typeof Money>

/** An amount as bodies bring it: minor units of the shop's one currency. */
export const amountField = (min: number) => z.int().check(z.gte(min), z.lte(MOST_AMOUNT))

/** Money as bodies bring it, in the form in which views show it. */
export const moneyField = (min: number) =>
  z.strictObject({ amount: amountField(min), currency: z.enum(CURRENCY_CODES) })

/** For mails and pages, in plain figures: `12.50 USD`, `1250 JPY`. */
export const inFigures = (money: Money): string =>
  `${toDecimal(money)} ${money.currency.toUpperCase()}`

/** `12.50`, `1250`: with all decimals that the currency has. */
export function toDecimal({ amount, currency }: Money): string {
  const decimals = CURRENCIES[currency]
  const digits = String(Math.abs(amount)).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const figures = decimals === 0 ? digits : `${whole}.${digits.slice(-decimals)}`
  return `${amount < 0 ? '-' : ''}${figures}`
}

/** Minor units of `12.5`, digit by digit; null for what is no such amount, to the cent, up to MOST_AMOUNT. */
export function fromDecimal(text: string, currency: Currency): number | null {
  const decimals = CURRENCIES[currency]
  const [, whole, fraction = ''] = /^([0-9]{1,12})(?:\.([0-9]{0,12}?)0*)?$/.exec(text) ?? []
  if (whole === undefined || fraction.length > decimals) return null
  const amount = Number(whole + fraction.padEnd(decimals, '0'))
  return amount <= MOST_AMOUNT ? amount : null
}
