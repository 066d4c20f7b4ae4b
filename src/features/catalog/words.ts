import type { Context } from '../../context.ts'
import { type FieldError, invalid } from '../../core/errors.ts'
import type { Money } from '../../core/money.ts'
import { fold } from '../../core/text.ts'

/** So many characters of a name decide where it is listed: they stand in the cursor too. */
const SORTED = 100

export const sortNameOf = (name: string): string => [...fold(name)].slice(0, SORTED).join('')

type Attributes = Record<string, string | string[]>

/** What `q` looks through. */
export const searchTextOf = (name: string, attributes: Attributes): string =>
  fold([name, ...Object.values(attributes).flat()].join('\n'))

/** One text for one combination, however its names are written and in whatever order. */
export const optionKeyOf = (options: Record<string, string>): string =>
  JSON.stringify(
    Object.entries(options)
      .map(([name, value]) => [fold(name), fold(value)])
      .toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1)),
  )

/** A title that nobody wrote: what the variant's options are. */
export const titleOf = (options: Record<string, string>): string =>
  [...Object.values(options).join(' / ')].slice(0, 200).join('')

type Prices = { price?: Money | undefined; compare_at?: Money | null | undefined }

/**
 * Throws `validation` for money of another currency than the shop's, and for a price before that is
 * not above the price. `at` leads to them in the body.
 */
export function checkPrices(
  { settings }: Context,
  prices: Prices[],
  at: (index: number) => string,
) {
  const errors = prices.flatMap(({ price, compare_at: before }, index) => {
    const found: FieldError[] = []
    const fault = (name: string, code: string, message: string) =>
      found.push({ path: `${at(index)}${name}`, code, message })
    for (const [name, money] of Object.entries({ price, compare_at: before })) {
      if (money && money.currency !== settings.CURRENCY) {
        fault(`${name}.currency`, 'invalid_value', `Must be ${settings.CURRENCY}.`)
      }
    }
    if (price && before && before.amount <= price.amount) {
      fault('compare_at', 'too_small', 'Must be more than the price.')
    }
    return found
  })
  if (errors.length > 0) throw invalid(errors.slice(0, 20))
}
