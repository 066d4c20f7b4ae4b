import type { Context } from '../../context.ts'
import {
  categoriesKey,
  categoryKey,
  feedKey,
  productKeys,
  sitemapKey,
} from '../../core/cache-keys.ts'
import { etagOf, type Tagged } from '../../core/etag.ts'
import type { Money } from '../../core/money.ts'
import { toReactionSummary } from '../../core/reactions.ts'
import { partOf } from '../../core/sitemap-parts.ts'
import { iso, isoOrNull } from '../../core/time.ts'
import { readImages, readVideos, toImageView } from '../media/views.ts'
import type { CategoryView } from './category-schemas.ts'
import type { findProduct, NestedVariant } from './repo.ts'
import type { ProductView } from './schemas.ts'
import { type CategoryRow, NO_PRICE } from './table.ts'
import type { VariantView } from './variant-schemas.ts'

export type DetailRow = Awaited<ReturnType<typeof findProduct>>[number]

export const productPath = (idOrSlug: number | string): string => `/api/v1/products/${idOrSlug}`

export const toMoney = ({ settings }: Context, amount: number): Money => ({
  amount,
  currency: settings.CURRENCY,
})

export const toCategory = (
  row: Pick<CategoryRow, 'id' | 'slug' | 'name' | 'description' | 'productCount'>,
): CategoryView => ({
  id: row.id,
  slug: row.slug,
  name: row.name,
  description: row.description,
  product_count: row.productCount,
})

/** Admins see what is there and held beside what can be had. */
export const toVariant = (
  ctx: Context,
  row: NestedVariant,
  productId: number,
  forAdmin: boolean,
): VariantView => ({
  id: row.id,
  product_id: productId,
  sku: row.sku,
  title: row.title,
  options: row.options,
  price: toMoney(ctx, row.price),
  compare_at: row.compareAt === null ? null : toMoney(ctx, row.compareAt),
  available: row.onHand - row.reserved,
  weight_grams: row.weightGrams,
  position: row.position,
  status: row.status,
  images: row.images.map((image) => toImageView(ctx, image)),
  ...(forAdmin && {
    on_hand: row.onHand,
    reserved: row.reserved,
    low_stock_at: row.lowStockAt,
  }),
})

export function toProduct(ctx: Context, row: DetailRow, forAdmin: boolean): ProductView {
  const variants: NestedVariant[] = JSON.parse(row.variants)
  const active = variants.filter(({ status }) => status === 'active')
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    description: row.description,
    description_html: row.descriptionHtml,
    attributes: JSON.parse(row.attributes),
    status: row.status,
    categories: categoriesOf(row).map(toCategory),
    images: readImages(ctx, row.images),
    videos: readVideos(row.videos),
    variants: variants.map((variant) => toVariant(ctx, variant, row.id, forAdmin)),
    price_from: row.priceFrom === NO_PRICE ? null : toMoney(ctx, row.priceFrom),
    available: active.reduce((sum, { onHand, reserved }) => sum + onHand - reserved, 0),
    reactions: toReactionSummary(row),
    created_at: iso(row.createdAt),
    updated_at: iso(row.updatedAt),
    published_at: isoOrNull(row.publishedAt),
  }
}

const categoriesOf = ({
  categories,
}: Pick<DetailRow, 'categories'>): Parameters<typeof toCategory>[0][] => JSON.parse(categories)

/** As admins see it, with a tag that also tells when a variant or a picture has changed. */
export async function toTagged(ctx: Context, row: DetailRow): Promise<Tagged<ProductView>> {
  const view = toProduct(ctx, row, true)
  return { view, tag: await etagOf(row.version, view) }
}

/** All that shows the product: itself, the lists, its categories' counts, the sitemap. */
export const keysOf = (row: Pick<DetailRow, 'id' | 'slug' | 'categories'>): string[] => [
  ...productKeys(row),
  categoriesKey(),
  ...categoriesOf(row).flatMap(({ id, slug }) => [categoryKey(id), categoryKey(slug)]),
  feedKey('sitemap'),
  sitemapKey('product', partOf(row.id)),
]
