import { type SQL, sql } from 'drizzle-orm'
import { DAY } from '../../core/time.ts'
import type { Db } from '../../db/client.ts'
import type { ContentFigure, ContentRank, SalesFigure } from './kinds.ts'

/** Rows of a rollup that make up the buckets of a report. */
type Plan = {
  from: number
  to: number
  blocks: { edge: number; span: number; start: number }[]
}
type Run = { span: number; from: number; to: number; sign: number }

/**
 * All days of the plan and the blocks of its edges, one by one: grouping would read each once more.
 * The cross join keeps SQLite from starting at the rollups.
 */
function figures<Name extends string>(
  db: Db,
  table: SQL,
  names: readonly Name[],
  condition: SQL,
  { from, to, blocks }: Plan,
) {
  const columns = sql.raw(names.map((name) => `r.${name}`).join(', '))
  const found = sql`(
    select null as edge, r.start as start, ${columns} from ${table} r
    where ${condition} and r.span = ${DAY} and r.start >= ${from} and r.start < ${to}
    union all
    select block.value ->> 'edge', r.start, ${columns}
    from json_each(${JSON.stringify(blocks)}) block cross join ${table} r
      on ${condition} and r.span = block.value ->> 'span' and r.start = block.value ->> 'start'
    ) found`
  return db
    .select({
      edge: sql<number | null>`edge`.as('edge'),
      start: sql<number>`start`.as('start'),
      ...fieldsOf(names),
    })
    .from(found)
}

const fieldsOf = <Name extends string>(names: readonly Name[]) =>
  Object.fromEntries(
    names.map((name) => [name, sql<number>`${sql.identifier(name)}`.as(name)]),
  ) as Record<Name, SQL.Aliased<number>>

export const sumSales = (db: Db, names: readonly SalesFigure[], currency: string, plan: Plan) =>
  figures(db, sql`sales_rollups`, names, sql`r.currency = ${currency}`, plan)

export const sumContent = (db: Db, names: readonly ContentFigure[], plan: Plan) =>
  figures(db, sql`content_rollups`, names, sql`true`, plan)

/** Blocks of products in the runs, with the sign of each run. */
const inRuns = (currency: string, runs: Run[]): SQL => sql`
  from json_each(${JSON.stringify(runs)}) run cross join product_rollups r
    on r.currency = ${currency} and r.span = run.value ->> 'span'
      and r.start >= run.value ->> 'from' and r.start < run.value ->> 'to'`

/** What makes up the sales of each variant, one by one: grouping would read each once more. */
export function listSold(db: Db, currency: string, runs: Run[]) {
  const sold = sql`(
    select r.variant_id as id, r.product_id as product_id,
      r.units * (run.value ->> 'sign') as units, r.revenue * (run.value ->> 'sign') as revenue
    ${inRuns(currency, runs)}) sold`
  return db
    .select({
      id: sql<number>`id`.as('id'),
      productId: sql<number>`product_id`.as('product_id'),
      units: sql<number>`units`.as('units'),
      revenue: sql<number>`revenue`.as('revenue'),
    })
    .from(sold)
}

/** Names of all variants that were sold in blocks of `span` which the time is in. */
export function nameSold(
  db: Db,
  currency: string,
  { from, to, span }: { from: number; to: number; span: number },
) {
  const named = sql`(
    select v.id as id, v.sku as sku, v.title as title, p.name as name, p.slug as slug
    from variants v join products p on p.id = v.product_id
    where v.id in (select variant_id from product_rollups where currency = ${currency}
      and span = ${span} and start > ${from - span} and start < ${to})) named`
  return db
    .select({
      id: sql<number>`id`.as('id'),
      sku: sql<string>`sku`.as('sku'),
      title: sql<string>`title`.as('title'),
      name: sql<string>`name`.as('name'),
      slug: sql<string>`slug`.as('slug'),
    })
    .from(named)
}

/** All that sells, and up to `limit` in all of what does not. */
export function findStock(db: Db, currency: string, runs: Run[], limit: number) {
  const columns = sql`v.id as id, p.id as product_id, v.sku as sku, p.name as name, v.title as title,
    v.on_hand as on_hand, v.reserved as reserved, v.created_at as created_at`
  const stock = sql`(
    with sold as materialized (
      select r.variant_id, sum(r.units * (run.value ->> 'sign')) as sold ${inRuns(currency, runs)}
      group by r.variant_id having sold > 0)
    select ${columns}, sold.sold as units
    from sold cross join variants v on v.id = sold.variant_id
      join products p on p.id = v.product_id
    where v.status = 'active' and p.status = 'active'
    union all
    select * from (
      select ${columns}, 0 from variants v cross join products p on p.id = v.product_id
      where v.status = 'active' and p.status = 'active'
        and v.id not in (select variant_id from sold)
      order by v.id limit max(0, ${limit} - (select count(*) from sold)))) stock`
  return db
    .select({
      id: sql<number>`id`.as('id'),
      productId: sql<number>`product_id`.as('product_id'),
      sku: sql<string>`sku`.as('sku'),
      name: sql<string>`name`.as('name'),
      title: sql<string>`title`.as('title'),
      onHand: sql<number>`on_hand`.as('on_hand'),
      reserved: sql<number>`reserved`.as('reserved'),
      createdAt: sql<number>`created_at`.as('created_at'),
      units: sql<number>`units`.as('units'),
    })
    .from(stock)
}

const REACTIONS = sql`like_count + love_count + congratulations_count + insightful_count`

type Top = { sort: ContentRank; limit: number; among: number }

/** The first of the newest posts that everybody may see. */
export function topPosts(db: Db, now: number, { sort, limit, among }: Top) {
  const newest = sql`(
    select id, slug, title, view_count as views, ${REACTIONS} as reactions, comment_count as comments
    from posts where status <> 'draft' and published_at <= ${now}
    order by published_at desc, id desc limit ${among}) newest`
  return db
    .select({ ...contentFields, views: sql<number>`views`.as('views') })
    .from(newest)
    .orderBy(sql`${sql.identifier(sort)} desc, id desc`)
    .limit(limit)
}

/** The same of projects, whose views are not counted. */
export function topProjects(db: Db, { sort, limit, among }: Top) {
  const newest = sql`(
    select id, slug, title, ${REACTIONS} as reactions, comment_count as comments
    from projects where status = 'published'
    order by published_at desc, id desc limit ${among}) newest`
  return db
    .select(contentFields)
    .from(newest)
    .orderBy(sql`${sql.identifier(sort === 'views' ? 'reactions' : sort)} desc, id desc`)
    .limit(limit)
}

const contentFields = {
  id: sql<number>`id`.as('id'),
  slug: sql<string>`slug`.as('slug'),
  title: sql<string>`title`.as('title'),
  reactions: sql<number>`reactions`.as('reactions'),
  comments: sql<number>`comments`.as('comments'),
}
