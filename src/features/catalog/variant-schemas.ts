import * as z from 'zod/mini'
import { line, listOf, rowId, upTo, whole } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { Money, moneyField } from '../../core/money.ts'
import { ImageView } from '../media/schemas.ts'
import { MOST_STOCK, VARIANT_STATUSES } from './kinds.ts'
import { namedValues } from './named-schemas.ts'

const MOST_OPTIONS = 5

const forAdmins = (description: string) =>
  z.optional(z.int()).apply(meta, { description: `${description}; for admins.` })

export const VariantView = lazily(() =>
  z
    .object({
      id: z.int(),
      product_id: z.int(),
      sku: upTo(64),
      title: upTo(200),
      options: z.record(upTo(40), upTo(100)),
      price: Money(),
      compare_at: z.nullable(Money()).apply(meta, { description: 'What it cost before.' }),
      available: z.int(),
      weight_grams: z.nullable(z.int()),
      position: z.int(),
      status: z.enum(VARIANT_STATUSES),
      images: listOf(ImageView(), 10),
      on_hand: forAdmins('What is there'),
      reserved: forAdmins('Of that, what is held for orders'),
      low_stock_at: z
        .optional(z.nullable(z.int()))
        .apply(meta, { description: 'A mail tells when fewer can be had; for admins.' }),
    })
    .apply(meta, { id: 'Variant' }),
)
export type VariantView = Made<typeof VariantView>

export const VariantId = lazily(() => z.object({ id: rowId() }))

const quantity = () => whole(0, MOST_STOCK)

const written = lazily(() => ({
  title: z
    .optional(line(0, 200))
    .apply(meta, { description: 'Made from the options when it is not given or empty.' }),
  options: z
    .optional(namedValues(line(1, 100), MOST_OPTIONS))
    .apply(meta, { description: 'Such as size and shape; a product has each combination once.' }),
  compare_at: z
    .optional(z.nullable(moneyField(1)))
    .apply(meta, { description: 'What it cost before; more than the price.' }),
  weight_grams: z.optional(z.nullable(whole(0, 1_000_000))),
  position: z.optional(whole(0, 9999)),
  status: z.optional(z.enum(VARIANT_STATUSES)),
  low_stock_at: z.optional(z.nullable(quantity())),
}))

const sku = () => z.string().check(z.maxLength(64), z.regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/))

export const CreateVariant = lazily(() =>
  z
    .strictObject({
      sku: sku(),
      price: moneyField(0),
      ...written(),
      on_hand: z.optional(quantity()).apply(meta, { description: 'What is there to begin with.' }),
    })
    .apply(meta, { id: 'CreateVariant' }),
)
export type CreateVariant = Made<typeof CreateVariant>

export const UpdateVariant = lazily(() =>
  z
    .strictObject({ sku: z.optional(sku()), price: z.optional(moneyField(0)), ...written() })
    .apply(meta, { id: 'UpdateVariant' }),
)
export type UpdateVariant = Made<typeof UpdateVariant>
