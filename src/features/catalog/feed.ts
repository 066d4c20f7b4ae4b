import { and, between, desc, type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { isVisible } from './repo.ts'
import { products } from './table.ts'

/** Addresses for the sitemap, by id, as a statement. */
export const productsBetween = ({ db }: Context, first: number, last: number | SQL) =>
  db
    .select({
      id: products.id,
      slug: products.slug,
      publishedAt: products.publishedAt,
      updatedAt: products.updatedAt,
    })
    .from(products)
    .where(and(isVisible, between(products.id, first, last)))
    .orderBy(desc(products.id))

export const highestProductId = sql`select max(id) from products`
