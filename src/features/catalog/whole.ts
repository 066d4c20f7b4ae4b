import type { Context } from '../../context.ts'
import { isAdmin } from '../../core/actor.ts'
import { catalogKey, everyCategoryKey } from '../../core/cache-keys.ts'
import { viewIn } from '../../core/etag.ts'
import { listEveryCategory } from './category-repo.ts'
import type { CategoryView } from './category-schemas.ts'
import { listEveryProduct } from './repo.ts'
import type { ProductView } from './schemas.ts'
import { toCategory, toProduct } from './show.ts'

// For front ends that ask for everything at once.

const MOST_PRODUCTS = 1000
const MOST_CATEGORIES = 1000

/** Every active product by its number, as visitors see it; to an admin past every cache. */
export const readCatalog = (ctx: Context): Promise<ProductView[]> =>
  readWhole(ctx, catalogKey(), async () =>
    (await listEveryProduct(ctx.db, MOST_PRODUCTS)).map((row) => toProduct(ctx, row, false)),
  )

/** Every category by its number. */
export const readEveryCategory = (ctx: Context): Promise<CategoryView[]> =>
  readWhole(ctx, everyCategoryKey(), async () =>
    (await listEveryCategory(ctx.db, MOST_CATEGORIES)).map(toCategory),
  )

async function readWhole<View>(
  ctx: Context,
  key: string,
  read: () => Promise<View[]>,
): Promise<View[]> {
  if (isAdmin(ctx.actor)) return await read()
  const cached = await ctx.cache.remember(key, read)
  return cached ? viewIn(cached) : []
}
