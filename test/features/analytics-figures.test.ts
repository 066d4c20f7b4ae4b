import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { ProductsView, SalesView, SummaryView } from '../../src/features/analytics/schemas.ts'
import { rounds } from '../support/rounds.ts'
import { fillShop, paidFor, refund, report, type Sale, sell } from '../support/sales.ts'
import { newWorld, type World } from '../support/world.ts'

const MINUTE = 60_000
const DAY = 86_400_000

// Some change their clocks in these weeks, forward or back, by an hour or half of one, also at
// midnight; some differ from UTC by quarters of an hour, some by more than twelve hours.
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/Havana',
  'Africa/Cairo',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
  'Pacific/Marquesas',
]
const WEEKS = ['2025-10-20', '2025-10-31', '2026-03-05', '2026-03-25', '2026-04-22'].map((day) =>
  Date.parse(day),
)

const instant = fc
  .tuple(fc.constantFrom(...WEEKS), fc.nat(9 * 96), fc.constantFrom(0, 1, 899_999, 421_000))
  .map(([week, quarter, beside]) => week + quarter * 15 * MINUTE + beside)

const history = fc.record({
  createdAt: instant,
  /** How long after it was placed it was paid, and how that time was put right afterwards. */
  paidAfter: fc.option(fc.nat(3 * DAY)),
  corrected: fc.option(fc.integer({ min: -2 * DAY, max: 2 * DAY })),
  currency: fc.constantFrom('usd', 'usd', 'usd', 'eur'),
  lines: fc.array(
    fc.record({
      variant: fc.integer({ min: 1, max: 6 }),
      quantity: fc.integer({ min: 1, max: 9 }),
      price: fc.nat(9999),
      share: fc.nat(100),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  refunds: fc.array(fc.record({ share: fc.nat(60), at: instant }), { maxLength: 3 }),
})
type History = typeof history extends fc.Arbitrary<infer T> ? T : never

const query = fc.record({
  zone: fc.constantFrom(...ZONES),
  from: fc.constantFrom(...WEEKS),
  skip: fc.nat(6),
  days: fc.integer({ min: 1, max: 180 }),
  interval: fc.constantFrom('day', 'week', 'month'),
})

type Fact = { at: number } & Record<Figure, number>
type Figure = 'checkouts' | 'converted' | 'orders' | 'units' | 'sales' | 'refunds'
const NOTHING = { checkouts: 0, converted: 0, orders: 0, units: 0, sales: 0, refunds: 0 }

const toSale = ({ createdAt, paidAfter, currency, lines }: History): Sale => ({
  createdAt,
  paidAt: paidAfter === null ? null : createdAt + paidAfter,
  currency,
  lines: lines.map(({ share, ...line }) => ({
    ...line,
    discount: Math.floor((line.quantity * line.price * share) / 100),
  })),
})

/** Lives it through, and tells what happened when in the currency of the shop. */
async function live(histories: History[]): Promise<{ facts: Fact[]; sales: Sale[] }> {
  const sales = histories.map(toSale)
  await sell(sales)
  const facts: Fact[] = []
  for (const [index, sale] of sales.entries()) {
    const id = index + 1
    const { corrected = null, refunds = [] } = histories[index] ?? {}
    if (sale.paidAt !== null && corrected !== null) {
      sale.paidAt += corrected
      await env.DB.prepare('update orders set paid_at = ? where id = ?').bind(sale.paidAt, id).run()
    }
    let left = paidFor(sale)
    const given = sale.paidAt === null ? [] : refunds
    for (const { share, at } of given) {
      const amount = Math.floor((left * share) / 100)
      left -= amount
      await refund(id, amount, at)
      if (sale.currency === 'usd') facts.push({ ...NOTHING, at, refunds: amount })
    }
    if (sale.currency !== 'usd') continue
    const converted = sale.paidAt === null ? 0 : 1
    facts.push({ ...NOTHING, at: sale.createdAt, checkouts: 1, converted })
    if (sale.paidAt === null) continue
    const units = sale.lines.reduce((sum, { quantity }) => sum + quantity, 0)
    facts.push({ ...NOTHING, at: sale.paidAt, orders: 1, units, sales: paidFor(sale) })
  }
  return { facts, sales }
}

/** The calendar's day in a zone, asked of Intl for each instant by itself. */
function calendarOf(timeZone: string) {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
  return (at: number) => format.format(at)
}

const dateOf = (at: number) => new Date(at).toISOString().slice(0, 10)

/** The first day of the week or month that a day is in. */
function bucketOf(date: string, interval: string): string {
  if (interval === 'day') return date
  if (interval === 'month') return `${date.slice(0, 7)}-01`
  const day = new Date(date)
  return dateOf(day.getTime() - ((day.getUTCDay() + 6) % 7) * DAY)
}

const add = (one: Omit<Fact, 'at'>, other: Omit<Fact, 'at'>) =>
  Object.fromEntries(
    Object.keys(NOTHING).map((name) => [name, one[name as Figure] + other[name as Figure]]),
  ) as Omit<Fact, 'at'>

const money = (amount: number) => ({ amount, currency: 'usd' })
const toFigures = ({ converted, sales, refunds, ...counts }: Omit<Fact, 'at'>) => ({
  ...counts,
  conversion: counts.checkouts === 0 ? null : expectedShare(converted, counts.checkouts),
  sales: money(sales),
  average_order: counts.orders === 0 ? null : money(Math.round(sales / counts.orders)),
  refunds: money(refunds),
  net: money(sales - refunds),
})
const expectedShare = (part: number, whole: number) => Math.round((part / whole) * 10_000) / 10_000

describe('figures', () => {
  it('are those of the rows, in every zone, by days, weeks and months', async ({ expect }) => {
    const story = fc.asyncProperty(
      fc.array(history, { maxLength: 60 }),
      fc.array(query, { minLength: 6, maxLength: 6 }),
      async (histories, queries) => {
        const world = await newWorld()
        await fillShop(3, 2)
        const { facts, sales } = await live(histories)
        for (const { zone, from: week, skip, days, interval } of queries) {
          const [from, to] = [dateOf(week + skip * DAY), dateOf(week + (skip + days) * DAY)]
          const dayOf = calendarOf(zone)
          const isIn = (at: number) => dayOf(at) >= from && dayOf(at) < to
          const asked = { from, to, time_zone: zone }

          const wanted = new Map<string, Omit<Fact, 'at'>>()
          for (let day = Date.parse(from); day < Date.parse(to); day += DAY) {
            wanted.set(bucketOf(dateOf(day), interval), NOTHING)
          }
          for (const fact of facts.filter(({ at }) => isIn(at))) {
            const bucket = bucketOf(dayOf(fact.at), interval)
            wanted.set(bucket, add(wanted.get(bucket) ?? NOTHING, fact))
          }
          const { view } = await report<SalesView>(world, 'sales', { ...asked, interval })
          expect(
            view.data.map(({ day, start, end, ...figures }) => [bucketOf(day, interval), figures]),
          ).toEqual(Array.from(wanted, ([bucket, sums]) => [bucket, toFigures(sums)]))
          expect(view.data.map(({ start }) => start)).toEqual([
            view.from,
            ...view.data.slice(0, -1).map(({ end }) => end),
          ])
          expect(view.data.at(-1)?.end).toBe(view.to)
          expect(view.data.every(({ day, start }) => dayOf(Date.parse(start)) === day)).toBe(true)

          const { view: summary } = await report<SummaryView>(world, 'summary', asked)
          const whole = Array.from(wanted.values()).reduce(add, NOTHING)
          expect(summary).toEqual({
            from: view.from,
            to: view.to,
            time_zone: zone,
            ...toFigures(whole),
          })

          const { view: products } = await report<ProductsView>(world, 'products', asked)
          expect(products.variants.map(({ id, units, revenue }) => [id, units, revenue])).toEqual(
            rankedBy(sales, isIn, ({ variant }) => variant),
          )
          expect(products.products.map(({ id, units, revenue }) => [id, units, revenue])).toEqual(
            rankedBy(sales, isIn, ({ variant }) => Math.ceil(variant / 2)),
          )
        }
      },
    )
    await fc.assert(story, { numRuns: rounds(40) })
  })
})

function rankedBy(
  sales: Sale[],
  isIn: (at: number) => boolean,
  keyOf: (line: Sale['lines'][number]) => number,
) {
  const sums = new Map<number, { units: number; revenue: number }>()
  for (const { lines, paidAt, currency } of sales) {
    if (paidAt === null || currency !== 'usd' || !isIn(paidAt)) continue
    for (const line of lines) {
      const { units, revenue } = sums.get(keyOf(line)) ?? { units: 0, revenue: 0 }
      sums.set(keyOf(line), {
        units: units + line.quantity,
        revenue: revenue + line.quantity * line.price - line.discount,
      })
    }
  }
  return Array.from(sums)
    .toSorted(([one, left], [other, right]) => right.revenue - left.revenue || one - other)
    .map(([key, { units, revenue }]) => [key, units, money(revenue)])
}

const PRODUCTS = 50
const EACH = 2

/** A hundred variants and as many orders as `rounds()` says, spread over some days before now. */
async function busyShop(days: number): Promise<{ world: World; now: number }> {
  const world = await newWorld()
  const now = Date.now()
  await fillShop(PRODUCTS, EACH)
  const count = rounds(100_000)
  // Every slot of time has some, so that no figure is cheap because nothing happened.
  const at = (index: number) => Math.floor(now - ((index + 0.5) / count) * days * DAY)
  const sales = Array.from({ length: count }, (_, index) => ({
    createdAt: at(index),
    paidAt: index % 3 === 0 ? null : at(index) + 5 * MINUTE,
    lines: Array.from({ length: 1 + (index % 3) }, (_, line) => ({
      variant: 1 + ((index * 7 + line * 31) % (PRODUCTS * EACH)),
      quantity: 1 + (index % 2),
      price: 1250,
      discount: 0,
    })),
  }))
  await sell(sales)
  return { world, now }
}

describe('with 100,000 orders', () => {
  it.for([730, 60])('of %i days, an answer reads at most 5,000 rows', async (days, { expect }) => {
    const { world, now } = await busyShop(days)
    const read: Record<string, number> = {}
    const back = (length: number) => dateOf(now + DAY - length * DAY)
    const ask = async (name: string, asked: Record<string, string> = {}) => {
      const cost = await report(world, name, asked)
      expect(cost.calls, name).toBe(2)
      const { from = '', to = '', ...shown } = asked
      const length = Math.round((Date.parse(to) - Date.parse(from)) / DAY)
      read[[name, length, ...Object.values(shown)].join(' ')] = cost.read
      return cost.read
    }
    for (const time_zone of [
      'UTC',
      'Europe/Berlin',
      'America/Los_Angeles',
      'Asia/Kathmandu',
      'Pacific/Chatham',
    ]) {
      for (const [interval, length] of [
        ['day', 370],
        ['week', 731],
        ['month', 731],
      ] as const) {
        await ask('sales', { from: back(length), to: back(0), interval, time_zone })
      }
      for (const length of [731, 400, 59, 1]) {
        const asked = { from: back(length), to: back(0), time_zone }
        await ask('summary', { ...asked })
        await ask('products', { ...asked })
      }
    }
    await ask('inventory')
    expect(Object.entries(read).filter(([, rows]) => rows > 5000)).toEqual([])
  })
})
