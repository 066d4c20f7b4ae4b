import { type FieldError, invalid } from '../../core/errors.ts'
import type { Currency, Money } from '../../core/money.ts'
import type { DiscountView, UpdateDiscount } from './schemas.ts'

/** What an admin decides of a discount, as views show it. */
export type Terms = Omit<DiscountView, 'id' | 'status' | 'uses' | 'created_at' | 'updated_at'>

export const NEW_TERMS: Omit<Terms, 'code'> = {
  percent: null,
  amount: null,
  enabled: true,
  starts_at: null,
  ends_at: null,
  minimum: null,
  max_uses: null,
  max_uses_per_customer: null,
  scope: 'everything',
  product_ids: [],
  category_ids: [],
}

/**
 * The terms with what `input` says of them: a percentage takes the place of an amount and the other
 * way round, and products or categories make a selection of everything. Throws `validation` for what
 * does not go together.
 */
export function termsWith(present: Terms, input: UpdateDiscount, currency: Currency): Terms {
  const { percent, amount, product_ids, category_ids, ...rest } = given(input)
  const wanted: Terms = {
    ...present,
    ...rest,
    percent: percent === undefined ? (amount ? null : present.percent) : percent,
    amount: amount === undefined ? (percent ? null : present.amount) : amount,
    minimum: (rest.minimum === undefined ? present.minimum : rest.minimum) ?? null,
    product_ids: product_ids?.toSorted((a, b) => a - b) ?? present.product_ids,
    category_ids: category_ids?.toSorted((a, b) => a - b) ?? present.category_ids,
  }
  if (wanted.minimum?.amount === 0) wanted.minimum = null
  const names = (product_ids?.length ?? 0) + (category_ids?.length ?? 0) > 0
  if (input.scope === undefined && names) wanted.scope = 'selection'
  if (wanted.scope === 'everything' && !names) {
    wanted.product_ids = []
    wanted.category_ids = []
  }
  const errors = faultsOf(wanted, currency)
  if (errors.length > 0) throw invalid(errors)
  return wanted
}

const given = <Input extends object>(input: Input) =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Input]?: Exclude<Input[Name], undefined>
  }

function faultsOf(terms: Terms, currency: Currency): FieldError[] {
  const fault = (path: string, code: string, message: string) => [{ path, code, message }]
  const foreign = (path: string, money: Money | null) =>
    money === null || money.currency === currency
      ? []
      : fault(`${path}.currency`, 'invalid_value', `Must be ${currency}.`)
  const { percent, amount, starts_at, ends_at } = terms
  return [
    ...((percent === null) === (amount === null)
      ? fault('percent', 'custom', 'Give either a percentage or an amount.')
      : []),
    ...foreign('amount', amount),
    ...foreign('minimum', terms.minimum),
    ...(starts_at !== null && ends_at !== null && Date.parse(starts_at) >= Date.parse(ends_at)
      ? fault('ends_at', 'custom', 'Must be later than starts_at.')
      : []),
    ...(terms.scope === 'everything' && terms.product_ids.length + terms.category_ids.length > 0
      ? fault('scope', 'custom', 'Products and categories make a selection.')
      : []),
  ]
}
