import type { Context } from '../../context.ts'
import { runsOf } from './blocks.ts'
import { periodOf, toTaken } from './period.ts'
import { findSold } from './repo.ts'
import type { ProductsQuery, ProductsView } from './schemas.ts'

/** What sold best in a period. */
export async function readProducts(ctx: Context, query: ProductsQuery): Promise<ProductsView> {
  const period = periodOf(query, Date.now())
  const currency = ctx.settings.CURRENCY
  const runs = runsOf(period.from, period.to)
  const rows = await findSold(ctx.db, currency, runs, query)
  rows.sort((one, other) => other[query.sort] - one[query.sort] || one.id - other.id)
  const soldOf = ({ units, revenue }: { units: number; revenue: number }) => ({
    units,
    revenue: { amount: revenue, currency },
  })
  const ofType = (type: 'product' | 'variant') => rows.filter((row) => row.type === type)
  return {
    ...toTaken(period),
    sort: query.sort,
    products: ofType('product').map((row) => ({
      id: row.id,
      slug: row.slug,
      name: row.name,
      ...soldOf(row),
    })),
    variants: ofType('variant').map((row) => ({
      id: row.id,
      product_id: row.productId,
      sku: row.sku,
      name: row.name,
      title: row.title,
      ...soldOf(row),
    })),
  }
}
