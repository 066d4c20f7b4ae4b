import type { Context } from '../../context.ts'
import { LONG_SPANS, runsOf } from './blocks.ts'
import type { SaleRank } from './kinds.ts'
import { periodOf, toTaken } from './period.ts'
import { listSold, nameSold } from './repo.ts'
import type { ProductsQuery, ProductsView } from './schemas.ts'

type Sold = { units: number; revenue: number }

/** What sold best in a period. */
export async function readProducts(ctx: Context, query: ProductsQuery): Promise<ProductsView> {
  const period = periodOf(query, Date.now())
  const currency = ctx.settings.CURRENCY
  const [rows, names] = await ctx.db.batch([
    listSold(ctx.db, currency, runsOf(period.from, period.to)),
    nameSold(ctx.db, currency, { ...period, span: Math.max(...LONG_SPANS) }),
  ])
  const named = new Map(names.map((row) => [row.id, row]))
  const productOf = new Map(rows.map(({ id, productId }) => [id, productId]))
  const nameOf = new Map(names.map((row) => [productOf.get(row.id), row]))
  const toSold = ({ units, revenue }: Sold) => ({ units, revenue: { amount: revenue, currency } })
  return {
    ...toTaken(period),
    sort: query.sort,
    products: best(rows, 'productId', query).map(([id, sold]) => {
      const { slug = '', name = '' } = nameOf.get(id) ?? {}
      return { id, slug, name, ...toSold(sold) }
    }),
    variants: best(rows, 'id', query).map(([id, sold]) => {
      const { sku = '', name = '', title = '' } = named.get(id) ?? {}
      return { id, product_id: productOf.get(id) ?? 0, sku, name, title, ...toSold(sold) }
    }),
  }
}

/** The first by their sums; the older one where two are equal. */
function best<Key extends string>(
  rows: (Sold & Record<Key, number>)[],
  key: Key,
  { sort, limit }: { sort: SaleRank; limit: number },
): [id: number, sold: Sold][] {
  const sums = new Map<number, Sold>()
  for (const { [key]: id, units, revenue } of rows) {
    const sum = sums.get(id) ?? { units: 0, revenue: 0 }
    sums.set(id, { units: sum.units + units, revenue: sum.revenue + revenue })
  }
  return [...sums]
    .filter(([, { units }]) => units > 0)
    .toSorted(([one, left], [other, right]) => right[sort] - left[sort] || one - other)
    .slice(0, limit)
}
