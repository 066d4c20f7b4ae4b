import * as z from 'zod'
import { instant, pageOf, pageQuery, queryFlag, rowId, searchTerm } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { Money, moneyField } from '../../core/money.ts'
import { DISCOUNT_SCOPES, DISCOUNT_STATUSES } from './kinds.ts'

const MOST_PRODUCTS = 200
const MOST_CATEGORIES = 50
const MOST_USES = 1_000_000

export const DiscountView = lazily(() =>
  z
    .object({
      id: z.int(),
      code: z.string().max(40),
      percent: z.int().nullable(),
      amount: Money().nullable().meta({ description: 'Either this or `percent` is given.' }),
      enabled: z.boolean(),
      status: z.enum(DISCOUNT_STATUSES).meta({ description: 'What follows at this moment.' }),
      starts_at: instant().nullable(),
      ends_at: instant().nullable(),
      minimum: Money().nullable(),
      max_uses: z.int().nullable(),
      max_uses_per_customer: z.int().nullable(),
      scope: z.enum(DISCOUNT_SCOPES),
      product_ids: z.array(z.int()).max(MOST_PRODUCTS),
      category_ids: z.array(z.int()).max(MOST_CATEGORIES),
      uses: z
        .object({ held: z.int(), used: z.int() })
        .meta({ description: 'By orders that wait for their payment, and by paid ones.' }),
      created_at: instant(),
      updated_at: instant(),
    })
    .meta({ id: 'Discount' }),
)
export type DiscountView = Made<typeof DiscountView>

export const DiscountPage = lazily(() => pageOf(DiscountView()).meta({ id: 'DiscountPage' }))
export const DiscountId = lazily(() => z.object({ id: rowId() }))

export const ListDiscounts = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    active: queryFlag().optional().meta({
      description: 'Those that a buyer can use at this moment, or those that nobody can.',
    }),
    q: searchTerm().optional().meta({ description: 'Looks through the codes.' }),
    count: queryFlag().optional(),
  }),
)
export type ListDiscounts = Made<typeof ListDiscounts>

/** What a buyer types in: the case does not matter. */
export const discountCode = () =>
  z
    .string()
    .max(40)
    .regex(/^[A-Za-z0-9_-]{3,40}$/)
    .meta({ example: 'SPRING-10' })

const code = () =>
  discountCode().meta({ description: 'Unique whatever its case; fixed once it was used.' })

const uses = (description: string) =>
  z.int().min(1).max(MOST_USES).nullable().optional().meta({ description })

const ids = (most: number) =>
  z
    .array(z.int().min(1).max(9_999_999_999))
    .max(most)
    .refine((given) => new Set(given).size === given.length, { message: 'Each stands once.' })

const written = lazily(() => ({
  percent: z
    .int()
    .min(1)
    .max(100)
    .nullable()
    .optional()
    .meta({ description: 'Of the goods in scope, rounded half up to minor units.' }),
  amount: moneyField(1)
    .nullable()
    .optional()
    .meta({ description: 'Off the goods in scope, and never more than they cost.' }),
  enabled: z.boolean().optional(),
  starts_at: instant().nullable().optional(),
  ends_at: instant().nullable().optional(),
  minimum: moneyField(0)
    .nullable()
    .optional()
    .meta({ description: 'What all goods in the cart must come to.' }),
  max_uses: uses('By all orders together, unpaid ones too while their goods are held.'),
  max_uses_per_customer: uses(
    'By one account or address; whoever has neither cannot use the code.',
  ),
  scope: z.enum(DISCOUNT_SCOPES).optional().meta({
    description: 'A selection where products or categories are given, else everything.',
  }),
  product_ids: ids(MOST_PRODUCTS).optional(),
  category_ids: ids(MOST_CATEGORIES).optional(),
}))

export const CreateDiscount = lazily(() =>
  z
    .strictObject({ code: code(), ...written() })
    .meta({ id: 'CreateDiscount', example: { code: 'SPRING-10', percent: 10 } }),
)
export type CreateDiscount = Made<typeof CreateDiscount>

export const UpdateDiscount = lazily(() =>
  z
    .strictObject({ code: code().optional(), ...written() })
    .meta({ id: 'UpdateDiscount', example: { enabled: false } }),
)
export type UpdateDiscount = Made<typeof UpdateDiscount>
