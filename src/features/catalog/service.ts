import type { Context } from '../../context.ts'
import { isAdmin } from '../../core/actor.ts'
import { productKey, productsKey } from '../../core/cache-keys.ts'
import { notFound } from '../../core/errors.ts'
import type { Found, Listed } from '../../core/found.ts'
import type { Page } from '../../core/page.ts'
import { fold } from '../../core/text.ts'
import { readListed, readPage } from '../../db/page.ts'
import {
  countHidden,
  findMoved,
  findProduct,
  findShown,
  listHidden,
  listProducts,
  type Name,
  nameOf,
} from './repo.ts'
import type { ListHidden, ListProducts, ProductView } from './schemas.ts'
import { type DetailRow, productPath, toProduct, toTagged } from './show.ts'

export {
  categoryPath,
  createCategories,
  createCategory,
  deleteCategoryById,
  listAllCategories,
  readCategory,
  readMadeCategory,
  updateCategoryById,
} from './categories.ts'
export { renderProductsAnew, tellLowStock } from './cron.ts'
export { highestProductId, productsBetween } from './feed.ts'
export { findOffers, forgetProducts, type Offer, offersStatement, toOffer } from './offers.ts'
export { productPath } from './show.ts'
export {
  changeStock,
  countStock,
  listLedger,
  listStock,
  readMadeMovement,
  stockPath,
} from './stock.ts'
export {
  addVariant,
  readMadeVariant,
  removeVariant,
  updateVariantById,
  variantPath,
} from './variants.ts'
export { readCatalog, readEveryCategory } from './whole.ts'
export {
  categoriseProduct,
  createProduct,
  deleteProductById,
  uncategoriseProduct,
  updateProductById,
} from './write.ts'

/** What everybody may see; to an admin who says so also drafts and stock, and past every cache. */
export async function readProduct(ctx: Context, idOrSlug: string): Promise<Found<ProductView>> {
  const name = nameOf(idOrSlug)
  if (isAdmin(ctx.actor)) {
    const [row] = await findProduct(ctx.db, name)
    return row ? { own: await toTagged(ctx, row) } : { movedTo: await whereMoved(ctx, name) }
  }
  const cached = await ctx.cache.rememberTagged(productKey(idOrSlug), async () => {
    const [row] = await findShown(ctx.db, name)
    return row ? { view: toProduct(ctx, row, false), tag: String(row.version) } : null
  })
  return cached ? { cached } : { movedTo: await whereMoved(ctx, name) }
}

/** The product as it is now, for whoever made it by `at`. Throws `not_found`. */
export async function readMadeProduct(ctx: Context, id: number, at: number): Promise<ProductView> {
  const [row] = await findProduct(ctx.db, { id })
  if (!row || row.createdAt > at) throw notFound('Product')
  return toProduct(ctx, row, true)
}

async function whereMoved(ctx: Context, name: Name): Promise<string> {
  const [moved] = 'slug' in name ? await findMoved(ctx.db, name.slug, !isAdmin(ctx.actor)) : []
  if (!moved) throw notFound('Product')
  return productPath(moved.slug)
}

export function listActive(ctx: Context, filter: ListProducts): Promise<Listed<ProductView>> {
  const folded = fold(filter.q ?? '')
  const { sort = 'newest', ...wishes } = filter
  return readListed<ProductView>(ctx, productsKey(sort), wishes, (db) =>
    readPage<DetailRow, ProductView, number | string>(
      { db, settings: ctx.settings },
      `products.${sort}`,
      filter,
      {
        rows: (after, id) => listProducts(db, filter, folded, after, id),
        keyOf: (row) => [sortKeyOf(row, sort), row.id],
        view: (row) => toProduct(ctx, row, false),
      },
    ),
  )
}

function sortKeyOf(row: DetailRow, sort: ListProducts['sort']): number | string {
  if (sort === 'name') return row.sortName
  return sort === 'newest' ? (row.publishedAt ?? 0) : row.priceFrom
}

/** For admins: drafts and what is archived. */
export const listHiddenProducts = (ctx: Context, filter: ListHidden): Promise<Page<ProductView>> =>
  readPage<DetailRow, ProductView>(ctx, 'products.hidden', filter, {
    rows: (before) => listHidden(ctx.db, filter, before),
    count: () => countHidden(ctx.db, filter),
    view: (row) => toProduct(ctx, row, true),
  })
