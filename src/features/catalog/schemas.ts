import * as z from 'zod'
import { PRODUCT_SORTS } from '../../core/cache-keys.ts'
import {
  idOrSlug,
  instant,
  label,
  line,
  pageOf,
  pageQuery,
  paragraphs,
  queryFlag,
  queryInt,
  rowId,
  searchTerm,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { MOST_AMOUNT, Money } from '../../core/money.ts'
import { ReactionSummary } from '../../core/reactions.ts'
import { ImageView, VideoView } from '../media/schemas.ts'
import { slugField } from '../slugs/schemas.ts'
import { CategoryView } from './category-schemas.ts'
import { MOST_CATEGORIES, MOST_VARIANTS, PRODUCT_STATUSES } from './kinds.ts'
import { namedValues, sameIndex } from './named-schemas.ts'
import { CreateVariant, VariantView } from './variant-schemas.ts'

const MOST_ATTRIBUTES = 30
const MOST_VALUES = 50
const DESCRIPTION = 20_000

const Attributes = lazily(() =>
  z.record(
    z.string().max(40),
    z.union([z.string().max(200), z.array(z.string().max(200)).max(MOST_VALUES)]),
  ),
)

export const ProductView = lazily(() =>
  z
    .object({
      id: z.int(),
      slug: z.string().max(80),
      name: z.string().max(200),
      description: z.string().max(DESCRIPTION).meta({ description: 'Markdown.' }),
      description_html: z.string().max(130_000),
      attributes: Attributes(),
      status: z.enum(PRODUCT_STATUSES),
      categories: z.array(CategoryView()).max(MOST_CATEGORIES),
      images: z.array(ImageView()).max(100),
      videos: z.array(VideoView()).max(100),
      variants: z
        .array(VariantView())
        .max(MOST_VARIANTS)
        .meta({ description: 'Those that are active; for admins all.' }),
      price_from: Money().nullable().meta({
        description: 'The lowest price of an active variant; null without one.',
      }),
      available: z.int().meta({ description: 'Of all its active variants.' }),
      reactions: ReactionSummary(),
      created_at: instant(),
      updated_at: instant(),
      published_at: instant().nullable().meta({ description: 'When it was active first.' }),
    })
    .meta({ id: 'Product' }),
)
export type ProductView = Made<typeof ProductView>

export const ProductPage = lazily(() => pageOf(ProductView()).meta({ id: 'ProductPage' }))
export const ProductId = lazily(() => z.object({ id: rowId() }))
export const ProductName = lazily(() => z.object({ id: idOrSlug() }))
export const ProductCategory = lazily(() => z.object({ id: rowId(), category_id: rowId() }))

export const ListProducts = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    category: idOrSlug().optional(),
    q: searchTerm()
      .optional()
      .meta({ description: 'Looks through name and attributes of the newest 1,000 products.' }),
    in_stock: queryFlag().optional(),
    price_min: queryInt(0, MOST_AMOUNT)
      .optional()
      .meta({ description: 'Of `price_from`, in minor units.' }),
    price_max: queryInt(0, MOST_AMOUNT).optional(),
    sort: z.enum(PRODUCT_SORTS).optional().meta({
      description: 'Newest first when it is not given; `-price` starts with the dearest.',
    }),
  }),
)
export type ListProducts = Made<typeof ListProducts>

export const ListHidden = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    status: z.enum(['draft', 'archived']).optional(),
    count: queryFlag().optional(),
  }),
)
export type ListHidden = Made<typeof ListHidden>

const attributeValue = () => z.union([line(1, 200), z.array(line(1, 200)).min(1).max(MOST_VALUES)])

const written = lazily(() => ({
  slug: slugField().optional().meta({ description: 'Made from the name when it is not given.' }),
  description: paragraphs(0, DESCRIPTION).optional(),
  attributes: namedValues(attributeValue(), MOST_ATTRIBUTES).optional(),
  status: z.enum(PRODUCT_STATUSES).optional(),
  category_ids: z
    .array(z.int().min(1).max(9_999_999_999))
    .max(MOST_CATEGORIES)
    .refine((given) => new Set(given).size === given.length, { message: 'Each stands once.' })
    .optional(),
}))

const productName = () => label(200)

export const CreateProduct = lazily(() =>
  z
    .strictObject({
      name: productName(),
      ...written(),
      variants: z
        .array(CreateVariant())
        .max(MOST_VARIANTS)
        .check(({ value, issues }) => {
          const index = sameIndex(value.map(({ sku }) => sku))
          if (index === -1) return
          issues.push({
            code: 'custom',
            path: [index, 'sku'],
            message: 'Twice here.',
            input: value,
          })
        })
        .optional(),
    })
    .meta({ id: 'CreateProduct' }),
)
export type CreateProduct = Made<typeof CreateProduct>

export const UpdateProduct = lazily(() =>
  z.strictObject({ name: productName().optional(), ...written() }).meta({ id: 'UpdateProduct' }),
)
export type UpdateProduct = Made<typeof UpdateProduct>
