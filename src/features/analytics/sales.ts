import type { Context } from '../../context.ts'
import type { Currency, Money } from '../../core/money.ts'
import { iso } from '../../core/time.ts'
import { bucketsOf, planOf, type Sums } from './blocks.ts'
import { SALES_FIGURES, type SalesFigure } from './kinds.ts'
import { bucketEdges, dateAt, periodOf, toTaken } from './period.ts'
import { sumSales } from './repo.ts'
import type { Figures, SalesQuery, SalesView, SummaryQuery, SummaryView } from './schemas.ts'

/** What was sold in a period, all in all. */
export async function readSummary(ctx: Context, query: SummaryQuery): Promise<SummaryView> {
  const period = periodOf(query, Date.now())
  const [figures] = await readFigures(ctx, [period.from, period.to])
  if (!figures) throw new Error('A period has one bucket at least')
  return { ...toTaken(period), ...figures }
}

/** The same by days, weeks or months. */
export async function readSales(ctx: Context, query: SalesQuery): Promise<SalesView> {
  const period = periodOf(query, Date.now())
  const edges = bucketEdges(period, query.interval)
  const buckets = await readFigures(ctx, edges)
  const data = buckets.map((figures, index) => {
    const [start = 0, end = 0] = edges.slice(index, index + 2)
    return { day: dateAt(period.clock, start), start: iso(start), end: iso(end), ...figures }
  })
  return { ...toTaken(period), interval: query.interval, data }
}

async function readFigures(ctx: Context, edges: number[]): Promise<Figures[]> {
  const currency = ctx.settings.CURRENCY
  const plan = planOf(edges)
  const found = await sumSales(ctx.db, SALES_FIGURES, currency, plan)
  return bucketsOf(plan, SALES_FIGURES, found).map((sums) => toFigures(sums, currency))
}

function toFigures(sums: Sums<SalesFigure>, currency: Currency): Figures {
  const { checkouts, converted, orders, units, sales, refunds } = sums
  const money = (amount: number): Money => ({ amount, currency })
  return {
    checkouts,
    conversion: checkouts === 0 ? null : Math.round((converted / checkouts) * 10_000) / 10_000,
    orders,
    units,
    sales: money(sales),
    average_order: orders === 0 ? null : money(Math.round(sales / orders)),
    refunds: money(refunds),
    net: money(sales - refunds),
  }
}
