import * as z from 'zod/mini'
import {
  instant,
  listOf,
  pageOf,
  pageQuery,
  queryFlag,
  rowId,
  rowNumber,
  searchTerm,
  upTo,
  whole,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { Money, moneyField } from '../../core/money.ts'
import { DISCOUNT_SCOPES, DISCOUNT_STATUSES } from './kinds.ts'

const MOST_PRODUCTS = 200
const MOST_CATEGORIES = 50
const MOST_USES = 1_000_000

export const DiscountView = lazily(() =>
  z
    .object({
      id: z.int(),
      code: upTo(40),
      percent: z.nullable(z.int()),
      amount: z
        .nullable(Money())
        .apply(meta, { description: 'Either this or `percent` is given.' }),
      enabled: z.boolean(),
      status: z
        .enum(DISCOUNT_STATUSES)
        .apply(meta, { description: 'What follows at this moment.' }),
      starts_at: z.nullable(instant()),
      ends_at: z.nullable(instant()),
      minimum: z.nullable(Money()),
      max_uses: z.nullable(z.int()),
      max_uses_per_customer: z.nullable(z.int()),
      scope: z.enum(DISCOUNT_SCOPES),
      product_ids: listOf(z.int(), MOST_PRODUCTS),
      category_ids: listOf(z.int(), MOST_CATEGORIES),
      uses: z
        .object({ held: z.int(), used: z.int() })
        .apply(meta, { description: 'By orders that wait for their payment, and by paid ones.' }),
      created_at: instant(),
      updated_at: instant(),
    })
    .apply(meta, { id: 'Discount' }),
)
export type DiscountView = Made<typeof DiscountView>

export const DiscountPage = lazily(() => pageOf(DiscountView()).apply(meta, { id: 'DiscountPage' }))
export const DiscountId = lazily(() => z.object({ id: rowId() }))

export const ListDiscounts = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    active: z.optional(queryFlag()).apply(meta, {
      description: 'Those that a buyer can use at this moment, or those that nobody can.',
    }),
    q: z.optional(searchTerm()).apply(meta, { description: 'Looks through the codes.' }),
    count: z.optional(queryFlag()),
  }),
)
export type ListDiscounts = Made<typeof ListDiscounts>

/** What a buyer types in: the case does not matter. */
export const discountCode = () =>
  z
    .string()
    .check(z.maxLength(40), z.regex(/^[A-Za-z0-9_-]{3,40}$/))
    .apply(meta, { example: 'SPRING-10' })

const code = () =>
  discountCode().apply(meta, { description: 'Unique whatever its case; fixed once it was used.' })

const uses = (description: string) =>
  z.optional(z.nullable(whole(1, MOST_USES))).apply(meta, { description })

const ids = (most: number) =>
  z.array(rowNumber()).check(
    z.maxLength(most),
    z.refine((given) => new Set(given).size === given.length, { message: 'Each stands once.' }),
  )

const written = lazily(() => ({
  percent: z
    .optional(z.nullable(whole(1, 100)))
    .apply(meta, { description: 'Of the goods in scope, rounded half up to minor units.' }),
  amount: z
    .optional(z.nullable(moneyField(1)))
    .apply(meta, { description: 'Off the goods in scope, and never more than they cost.' }),
  enabled: z.optional(z.boolean()),
  starts_at: z.optional(z.nullable(instant())),
  ends_at: z.optional(z.nullable(instant())),
  minimum: z
    .optional(z.nullable(moneyField(0)))
    .apply(meta, { description: 'What all goods in the cart must come to.' }),
  max_uses: uses('By all orders together, unpaid ones too while their goods are held.'),
  max_uses_per_customer: uses(
    'By one account or address; whoever has neither cannot use the code.',
  ),
  scope: z.optional(z.enum(DISCOUNT_SCOPES)).apply(meta, {
    description: 'A selection where products or categories are given, else everything.',
  }),
  product_ids: z.optional(ids(MOST_PRODUCTS)),
  category_ids: z.optional(ids(MOST_CATEGORIES)),
}))

export const CreateDiscount = lazily(() =>
  z
    .strictObject({ code: code(), ...written() })
    .apply(meta, { id: 'CreateDiscount', example: { code: 'SPRING-10', percent: 10 } }),
)
export type CreateDiscount = Made<typeof CreateDiscount>

export const UpdateDiscount = lazily(() =>
  z
    .strictObject({ code: z.optional(code()), ...written() })
    .apply(meta, { id: 'UpdateDiscount', example: { enabled: false } }),
)
export type UpdateDiscount = Made<typeof UpdateDiscount>
