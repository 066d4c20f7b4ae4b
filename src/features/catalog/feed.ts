import type { Context } from '../../context.ts'
import { isVisible, newestFirst } from './repo.ts'
import { products } from './table.ts'

/** The newest for the sitemap, as a statement. */
export const newestProductAddresses = ({ db }: Context, limit: number) =>
  db
    .select({
      id: products.id,
      slug: products.slug,
      publishedAt: products.publishedAt,
      updatedAt: products.updatedAt,
    })
    .from(products)
    .where(isVisible)
    .orderBy(...newestFirst)
    .limit(limit)
