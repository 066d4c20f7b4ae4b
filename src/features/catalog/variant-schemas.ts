import * as z from 'zod'
import { line, rowId } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { Money, moneyField } from '../../core/money.ts'
import { ImageView } from '../media/schemas.ts'
import { MOST_STOCK, VARIANT_STATUSES } from './kinds.ts'
import { namedValues } from './named-schemas.ts'

const MOST_OPTIONS = 5

const forAdmins = (description: string) =>
  z
    .int()
    .optional()
    .meta({ description: `${description}; for admins.` })

export const VariantView = lazily(() =>
  z
    .object({
      id: z.int(),
      product_id: z.int(),
      sku: z.string().max(64),
      title: z.string().max(200),
      options: z.record(z.string().max(40), z.string().max(100)),
      price: Money(),
      compare_at: Money().nullable().meta({ description: 'What it cost before.' }),
      available: z.int(),
      weight_grams: z.int().nullable(),
      position: z.int(),
      status: z.enum(VARIANT_STATUSES),
      images: z.array(ImageView()).max(10),
      on_hand: forAdmins('What is there'),
      reserved: forAdmins('Of that, what is held for orders'),
      low_stock_at: z
        .int()
        .nullable()
        .optional()
        .meta({ description: 'A mail tells when fewer can be had; for admins.' }),
    })
    .meta({ id: 'Variant' }),
)
export type VariantView = Made<typeof VariantView>

export const VariantId = lazily(() => z.object({ id: rowId() }))

const quantity = () => z.int().min(0).max(MOST_STOCK)

const written = lazily(() => ({
  title: line(0, 200)
    .optional()
    .meta({ description: 'Made from the options when it is not given or empty.' }),
  options: namedValues(line(1, 100), MOST_OPTIONS)
    .optional()
    .meta({ description: 'Such as size and shape; a product has each combination once.' }),
  compare_at: moneyField(1)
    .nullable()
    .optional()
    .meta({ description: 'What it cost before; more than the price.' }),
  weight_grams: z.int().min(0).max(1_000_000).nullable().optional(),
  position: z.int().min(0).max(9999).optional(),
  status: z.enum(VARIANT_STATUSES).optional(),
  low_stock_at: quantity().nullable().optional(),
}))

const sku = () =>
  z
    .string()
    .max(64)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/)

export const CreateVariant = lazily(() =>
  z
    .strictObject({
      sku: sku(),
      price: moneyField(0),
      ...written(),
      on_hand: quantity().optional().meta({ description: 'What is there to begin with.' }),
    })
    .meta({ id: 'CreateVariant' }),
)
export type CreateVariant = Made<typeof CreateVariant>

export const UpdateVariant = lazily(() =>
  z
    .strictObject({ sku: sku().optional(), price: moneyField(0).optional(), ...written() })
    .meta({ id: 'UpdateVariant' }),
)
export type UpdateVariant = Made<typeof UpdateVariant>
