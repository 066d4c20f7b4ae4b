import { and, desc } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { highestId, inPart } from '../../db/parts.ts'
import { isVisible } from './repo.ts'
import { products } from './table.ts'

/** For the sitemap, as statements: addresses of a part, or of all where one part holds them. */
export const partProducts = ({ db }: Context, part?: number) =>
  db
    .select({
      id: products.id,
      slug: products.slug,
      publishedAt: products.publishedAt,
      updatedAt: products.updatedAt,
    })
    .from(products)
    .where(and(isVisible, inPart(products, part)))
    .orderBy(desc(products.id))

export const newestProductId = ({ db }: Context) => highestId(db, products)
