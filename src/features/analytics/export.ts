import type { Context } from '../../context.ts'
import { csvLine } from '../../core/csv.ts'
import { CURRENCIES, type Money } from '../../core/money.ts'
import { readContent } from './content.ts'
import { readInventory } from './inventory.ts'
import { readProducts } from './products.ts'
import { readSales, readSummary } from './sales.ts'
import type {
  ContentQuery,
  Figures,
  InventoryQuery,
  ProductsQuery,
  SalesQuery,
  SummaryQuery,
} from './schemas.ts'

type Line = Parameters<typeof csvLine>[0]

const toCsv = (...lines: Line[]): string => lines.map(csvLine).join('')

/** As people write it: 12.5 for 1250 cents. A number, which no spreadsheet takes for a formula. */
const decimal = ({ amount, currency }: Money): number => amount / 10 ** CURRENCIES[currency]

const FIGURES = [
  'checkouts',
  'conversion',
  'orders',
  'units',
  'sales',
  'average_order',
  'refunds',
  'net',
  'currency',
]

const cellsOf = (figures: Figures): Line => [
  figures.checkouts,
  figures.conversion,
  figures.orders,
  figures.units,
  decimal(figures.sales),
  figures.average_order && decimal(figures.average_order),
  decimal(figures.refunds),
  decimal(figures.net),
  figures.sales.currency,
]

export async function exportSummary(ctx: Context, query: SummaryQuery): Promise<string> {
  const summary = await readSummary(ctx, query)
  return toCsv(
    ['from', 'to', 'time_zone', ...FIGURES],
    [summary.from, summary.to, summary.time_zone, ...cellsOf(summary)],
  )
}

export async function exportSales(ctx: Context, query: SalesQuery): Promise<string> {
  const { data } = await readSales(ctx, query)
  return toCsv(
    ['day', 'start', 'end', ...FIGURES],
    ...data.map((bucket) => [bucket.day, bucket.start, bucket.end, ...cellsOf(bucket)]),
  )
}

export async function exportProducts(ctx: Context, query: ProductsQuery): Promise<string> {
  const { products, variants } = await readProducts(ctx, query)
  return toCsv(
    ['type', 'id', 'sku', 'name', 'title', 'units', 'revenue', 'currency'],
    ...products.map(({ id, name, units, revenue }) => [
      'product',
      id,
      null,
      name,
      null,
      units,
      decimal(revenue),
      revenue.currency,
    ]),
    ...variants.map(({ id, sku, name, title, units, revenue }) => [
      'variant',
      id,
      sku,
      name,
      title,
      units,
      decimal(revenue),
      revenue.currency,
    ]),
  )
}

export async function exportInventory(ctx: Context, query: InventoryQuery): Promise<string> {
  const { data } = await readInventory(ctx, query)
  return toCsv(
    [
      'variant_id',
      'product_id',
      'sku',
      'name',
      'title',
      'on_hand',
      'available',
      'units',
      'days_left',
    ],
    ...data.map((row) => [
      row.variant_id,
      row.product_id,
      row.sku,
      row.name,
      row.title,
      row.on_hand,
      row.available,
      row.units,
      row.days_left,
    ]),
  )
}

/** One line of the period, then posts and projects by their figures of all time. */
export async function exportContent(ctx: Context, query: ContentQuery): Promise<string> {
  const content = await readContent(ctx, query)
  const { views, reactions, comments, posts, projects } = content
  return toCsv(
    ['type', 'id', 'title', 'views', 'reactions', 'comments'],
    ['period', null, `${content.from}/${content.to}`, views, reactions, comments],
    ...posts.map((one) => ['post', one.id, one.title, one.views, one.reactions, one.comments]),
    ...projects.map((one) => ['project', one.id, one.title, null, one.reactions, one.comments]),
  )
}
