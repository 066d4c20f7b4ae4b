import * as z from 'zod/mini'
import { instant, listOf, queryInt, upTo } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { Money } from '../../core/money.ts'
import { INTERVALS, isTimeZone } from '../../core/zone.ts'
import {
  CONTENT_RANKS,
  DEFAULT_DAYS,
  MOST_BUCKETS,
  MOST_DAYS,
  RANKED,
  RATE_DAYS,
  SALE_RANKS,
} from './kinds.ts'

const moment = (description: string) =>
  z
    .optional(
      z.union([z.iso.date(), z.iso.datetime()], {
        error: 'Must be a day such as 2026-05-04 or an instant such as 2026-05-04T09:30:00.000Z.',
      }),
    )
    .apply(meta, { description })

const zone = () =>
  z
    .string()
    .check(
      z.maxLength(50, { abort: true }),
      z.refine(isTimeZone, { message: 'Must be a time zone such as Europe/Berlin.' }),
    )
    .apply(meta, { description: 'The name of a time zone, in which days begin.' })

const period = lazily(() => ({
  from: moment(
    `A day of the time zone, or an instant, taken down to the quarter of an hour. ${DEFAULT_DAYS} days before the end when it is not given; at most ${MOST_DAYS}.`,
  ),
  to: moment(
    'The first day that does not count any more, or an instant, taken up to the quarter of an hour. The end of today when it is not given.',
  ),
  time_zone: z._default(zone(), 'UTC'),
}))

export const SummaryQuery = lazily(() => z.strictObject(period()))
export type SummaryQuery = Made<typeof SummaryQuery>

export const SalesQuery = lazily(() =>
  z.strictObject({
    ...period(),
    interval: z
      ._default(z.enum(INTERVALS), 'day')
      .apply(meta, { description: `Weeks begin on Monday. At most ${MOST_BUCKETS} of them.` }),
  }),
)
export type SalesQuery = Made<typeof SalesQuery>

export const ProductsQuery = lazily(() =>
  z.strictObject({
    ...period(),
    sort: z._default(z.enum(SALE_RANKS), 'revenue'),
    limit: queryInt(1, 100, 20),
  }),
)
export type ProductsQuery = Made<typeof ProductsQuery>

export const InventoryQuery = lazily(() => z.strictObject({ limit: queryInt(1, 500, 100) }))
export type InventoryQuery = Made<typeof InventoryQuery>

export const ContentQuery = lazily(() =>
  z.strictObject({
    ...period(),
    sort: z._default(z.enum(CONTENT_RANKS), 'views'),
    limit: queryInt(1, 100, 20),
  }),
)
export type ContentQuery = Made<typeof ContentQuery>

const taken = lazily(() => ({
  from: instant(),
  to: instant(),
  time_zone: upTo(50),
}))

const figures = lazily(() => ({
  checkouts: z.int().apply(meta, { description: 'Orders that were placed in this time.' }),
  conversion: z
    .nullable(z.number())
    .apply(meta, { description: 'The share of these that was paid since; null without any.' }),
  orders: z.int().apply(meta, { description: 'Orders that were paid in this time.' }),
  units: z.int().apply(meta, { description: 'Pieces in these orders.' }),
  sales: Money().apply(meta, { description: 'Paid for these orders, with shipping and tax.' }),
  average_order: z.nullable(Money()).apply(meta, { description: 'Null without orders.' }),
  refunds: Money().apply(meta, { description: 'Given back in this time, of orders of any time.' }),
  net: Money().apply(meta, { description: 'Sales less refunds.' }),
}))

export const Figures = lazily(() => z.object(figures()))
export type Figures = Made<typeof Figures>

export const SummaryView = lazily(() =>
  z.object({ ...taken(), ...figures() }).apply(meta, { id: 'AnalyticsSummary' }),
)
export type SummaryView = Made<typeof SummaryView>

const SalesBucket = lazily(() =>
  z
    .object({
      day: z.iso.date().apply(meta, { description: 'Its first day in the time zone.' }),
      start: instant(),
      end: instant(),
      ...figures(),
    })
    .apply(meta, { id: 'SalesBucket' }),
)
export type SalesBucket = Made<typeof SalesBucket>

export const SalesView = lazily(() =>
  z
    .object({
      ...taken(),
      interval: z.enum(INTERVALS),
      data: listOf(SalesBucket(), MOST_BUCKETS).apply(meta, {
        description: 'Oldest first, also those in which nothing happened.',
      }),
    })
    .apply(meta, { id: 'SalesReport' }),
)
export type SalesView = Made<typeof SalesView>

const sold = lazily(() => ({
  units: z.int(),
  revenue: Money().apply(meta, {
    description: 'Paid for it less discounts, without shipping and tax.',
  }),
}))

export const ProductsView = lazily(() =>
  z
    .object({
      ...taken(),
      sort: z.enum(SALE_RANKS),
      products: listOf(
        z.object({ id: z.int(), slug: z.string(), name: z.string(), ...sold() }),
        100,
      ),
      variants: listOf(
        z.object({
          id: z.int(),
          product_id: z.int(),
          sku: z.string(),
          name: z.string().apply(meta, { description: 'Of the product.' }),
          title: z.string(),
          ...sold(),
        }),
        100,
      ),
    })
    .apply(meta, { id: 'ProductReport' }),
)
export type ProductsView = Made<typeof ProductsView>

export const InventoryView = lazily(() =>
  z
    .object({
      since: instant().apply(meta, {
        description: `From when on sales tell the rate: ${RATE_DAYS} days back, or up to four more.`,
      }),
      data: listOf(
        z.object({
          variant_id: z.int(),
          product_id: z.int(),
          sku: z.string(),
          name: z.string().apply(meta, { description: 'Of the product.' }),
          title: z.string(),
          on_hand: z.int(),
          available: z.int(),
          units: z.int().apply(meta, { description: 'Sold since then, or since it was made.' }),
          days_left: z
            .nullable(z.int())
            .apply(meta, { description: 'Whole days at that rate; null when nothing sells.' }),
        }),
        500,
      ).apply(meta, { description: 'What ends first comes first, then what does not sell.' }),
    })
    .apply(meta, { id: 'InventoryReport' }),
)
export type InventoryView = Made<typeof InventoryView>

const liked = lazily(() => ({ reactions: z.int(), comments: z.int() }))
const ranked = lazily(() => ({ id: z.int(), slug: z.string(), title: z.string(), ...liked() }))

export const ContentView = lazily(() =>
  z
    .object({
      ...taken(),
      sort: z.enum(CONTENT_RANKS),
      views: z.int().apply(meta, { description: 'Of posts, in this time.' }),
      reactions: z.int().apply(meta, { description: 'Made in this time and still there.' }),
      comments: z
        .int()
        .apply(meta, { description: 'Approved ones that were written in this time.' }),
      posts: listOf(z.object({ ...ranked(), views: z.int() }), 100).apply(meta, {
        description: `The first of the newest ${RANKED}, by their figures of all time.`,
      }),
      projects: listOf(z.object(ranked()), 100).apply(meta, {
        description: 'The same; by reactions where posts go by views.',
      }),
    })
    .apply(meta, { id: 'ContentReport' }),
)
export type ContentView = Made<typeof ContentView>
