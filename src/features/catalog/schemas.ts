import * as z from 'zod/mini'
import { PRODUCT_SORTS } from '../../core/cache-keys.ts'
import {
  idOrSlug,
  instant,
  label,
  line,
  listOf,
  pageOf,
  pageQuery,
  paragraphs,
  queryFlag,
  queryInt,
  rowId,
  rowNumber,
  searchTerm,
  upTo,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
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
  z.record(upTo(40), z.union([upTo(200), listOf(upTo(200), MOST_VALUES)])),
)

export const ProductView = lazily(() =>
  z
    .object({
      id: z.int(),
      slug: upTo(80),
      name: upTo(200),
      description: upTo(DESCRIPTION).apply(meta, { description: 'Markdown.' }),
      description_html: upTo(130_000),
      attributes: Attributes(),
      status: z.enum(PRODUCT_STATUSES),
      categories: listOf(CategoryView(), MOST_CATEGORIES),
      images: listOf(ImageView(), 100),
      videos: listOf(VideoView(), 100),
      variants: listOf(VariantView(), MOST_VARIANTS).apply(meta, {
        description: 'Those that are active; for admins all.',
      }),
      price_from: z.nullable(Money()).apply(meta, {
        description: 'The lowest price of an active variant; null without one.',
      }),
      available: z.int().apply(meta, { description: 'Of all its active variants.' }),
      reactions: ReactionSummary(),
      created_at: instant(),
      updated_at: instant(),
      published_at: z.nullable(instant()).apply(meta, { description: 'When it was active first.' }),
    })
    .apply(meta, { id: 'Product' }),
)
export type ProductView = Made<typeof ProductView>

export const ProductPage = lazily(() => pageOf(ProductView()).apply(meta, { id: 'ProductPage' }))
export const ProductId = lazily(() => z.object({ id: rowId() }))
export const ProductName = lazily(() => z.object({ id: idOrSlug() }))
export const ProductCategory = lazily(() => z.object({ id: rowId(), category_id: rowId() }))

export const ListProducts = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    category: z.optional(idOrSlug()),
    q: z.optional(searchTerm()).apply(meta, {
      description: 'Looks through name and attributes of the newest 1,000 products.',
    }),
    in_stock: z.optional(queryFlag()),
    price_min: z
      .optional(queryInt(0, MOST_AMOUNT))
      .apply(meta, { description: 'Of `price_from`, in minor units.' }),
    price_max: z.optional(queryInt(0, MOST_AMOUNT)),
    sort: z.optional(z.enum(PRODUCT_SORTS)).apply(meta, {
      description: 'Newest first when it is not given; `-price` starts with the dearest.',
    }),
  }),
)
export type ListProducts = Made<typeof ListProducts>

export const ListHidden = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    status: z.optional(z.enum(['draft', 'archived'])),
    count: z.optional(queryFlag()),
  }),
)
export type ListHidden = Made<typeof ListHidden>

const attributeValue = () =>
  z.union([line(1, 200), z.array(line(1, 200)).check(z.minLength(1), z.maxLength(MOST_VALUES))])

const written = lazily(() => ({
  slug: z
    .optional(slugField())
    .apply(meta, { description: 'Made from the name when it is not given.' }),
  description: z.optional(paragraphs(0, DESCRIPTION)),
  attributes: z.optional(namedValues(attributeValue(), MOST_ATTRIBUTES)),
  status: z.optional(z.enum(PRODUCT_STATUSES)),
  category_ids: z.optional(
    z.array(rowNumber()).check(
      z.maxLength(MOST_CATEGORIES),
      z.refine((given) => new Set(given).size === given.length, { message: 'Each stands once.' }),
    ),
  ),
}))

const productName = () => label(200)

export const CreateProduct = lazily(() =>
  z
    .strictObject({
      name: productName(),
      ...written(),
      variants: z.optional(
        z.array(CreateVariant()).check(z.maxLength(MOST_VARIANTS), ({ value, issues }) => {
          const index = sameIndex(value.map(({ sku }) => sku))
          if (index === -1) return
          issues.push({
            code: 'custom',
            path: [index, 'sku'],
            message: 'Twice here.',
            input: value,
          })
        }),
      ),
    })
    .apply(meta, { id: 'CreateProduct' }),
)
export type CreateProduct = Made<typeof CreateProduct>

export const UpdateProduct = lazily(() =>
  z
    .strictObject({ name: z.optional(productName()), ...written() })
    .apply(meta, { id: 'UpdateProduct' }),
)
export type UpdateProduct = Made<typeof UpdateProduct>
