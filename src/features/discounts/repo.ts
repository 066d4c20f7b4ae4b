import { and, desc, eq, lt, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertIf, type RowOf } from '../../db/record.ts'
import type { ListDiscounts } from './schemas.ts'
import { discountCategories, discountProducts, discounts } from './table.ts'

/** What it gives, to whom, and how much of it is left. */
export const terms = {
  id: discounts.id,
  code: discounts.code,
  kind: discounts.kind,
  value: discounts.value,
  enabled: discounts.enabled,
  startsAt: discounts.startsAt,
  endsAt: discounts.endsAt,
  minimum: discounts.minimum,
  maxUses: discounts.maxUses,
  maxUsesPerCustomer: discounts.maxUsesPerCustomer,
  held: discounts.held,
  used: discounts.used,
  version: discounts.version,
}

const shown = {
  ...terms,
  scope: discounts.scope,
  createdAt: discounts.createdAt,
  updatedAt: discounts.updatedAt,
  /** JSON of numbers, smallest first. */
  productIds: sql<string>`(select json_group_array(product_id) from (
      select product_id from discount_products where discount_id = discounts.id
      order by product_id))`.as('product_ids'),
  categoryIds: sql<string>`(select json_group_array(category_id) from (
      select category_id from discount_categories where discount_id = discounts.id
      order by category_id))`.as('category_ids'),
}

/** What showStatus() calls active, of a row of discounts. */
export const isActive = (now: number): SQL =>
  sql`(discounts.enabled = 1
    and (discounts.starts_at is null or discounts.starts_at <= ${now})
    and (discounts.ends_at is null or discounts.ends_at > ${now})
    and (discounts.max_uses is null or discounts.held + discounts.used < discounts.max_uses))`

export function listDiscounts(
  db: Db,
  filter: ListDiscounts,
  before: number | undefined,
  now: number,
) {
  return db
    .select(shown)
    .from(discounts)
    .where(and(matches(filter, now), before === undefined ? undefined : lt(discounts.id, before)))
    .orderBy(desc(discounts.id))
    .limit(filter.limit + 1)
}

export function countDiscounts(db: Db, filter: ListDiscounts, now: number) {
  return db
    .select({ count: sql<number>`count(*)`.as('count') })
    .from(discounts)
    .where(matches(filter, now))
}

const matches = ({ active, q }: ListDiscounts, now: number) =>
  and(
    active === undefined ? undefined : active ? isActive(now) : sql`not ${isActive(now)}`,
    q === undefined ? undefined : sql`instr(discounts.code_key, ${q.toUpperCase()}) > 0`,
  )

export function findDiscount(db: Db, id: number | SQL) {
  return db.select(shown).from(discounts).where(sql`discounts.id = ${id}`)
}

/** The row that the batch has just made: numbers grow, and one batch runs at a time. */
export const newestDiscount = sql`(select max(id) from discounts)`

/** True while all of these products and categories are there. */
export const areKnown = (productIds: number[], categoryIds: number[]): SQL =>
  sql`not exists (select 1 from json_each(${JSON.stringify(productIds)})
      where value not in (select id from products))
    and not exists (select 1 from json_each(${JSON.stringify(categoryIds)})
      where value not in (select id from categories))`

/** Which of these numbers name no product, and which no category: places in the lists. */
export function findUnknown(db: Db, productIds: number[], categoryIds: number[]) {
  return db
    .select({ list: sql<string>`list`.as('list'), place: sql<number>`place`.as('place') })
    .from(
      sql`(select 'product_ids' as list, key as place from json_each(${JSON.stringify(productIds)})
        where value not in (select id from products)
        union all select 'category_ids', key from json_each(${JSON.stringify(categoryIds)})
        where value not in (select id from categories))`,
    )
}

export function insertDiscount(db: Db, row: RowOf<typeof discounts>, condition: SQL) {
  return insertIf(db, discounts, row, condition)
}

/** True while the row is at that version; stands in all statements of a change. */
export const isAt = (id: number, version: number): SQL =>
  sql`exists (select 1 from discounts where id = ${id} and version = ${version})`

type Change = Partial<Omit<RowOf<typeof discounts>, 'id' | 'version'>>

export function updateDiscount(
  db: Db,
  id: number,
  version: number,
  change: Change,
  condition: SQL,
) {
  return db
    .update(discounts)
    .set({ ...change, version: sql`version + 1` })
    .where(and(eq(discounts.id, id), eq(discounts.version, version), condition))
    .returning({ id: discounts.id })
}

export const wasUsed = (id: number): SQL =>
  sql`exists (select 1 from discount_uses where discount_id = ${id})`

/** Switches a discount off that has a use. */
export function disableUsed(db: Db, id: number, now: number, versions?: number[]) {
  return db
    .update(discounts)
    .set({ enabled: false, version: sql`version + 1`, updatedAt: now })
    .where(and(eq(discounts.id, id), sql`discounts.enabled = 1`, wasUsed(id), isAmong(versions)))
    .returning({ id: discounts.id })
}

/** Deletes a discount that nobody ever used. */
export function deleteUnused(db: Db, id: number, versions?: number[]) {
  return db
    .delete(discounts)
    .where(and(eq(discounts.id, id), sql`not ${wasUsed(id)}`, isAmong(versions)))
    .returning({ id: discounts.id })
}

const isAmong = (versions: number[] | undefined) =>
  versions && sql`version in (select value from json_each(${JSON.stringify(versions)}))`

export function clearProducts(db: Db, id: SQL, condition: SQL) {
  return db
    .delete(discountProducts)
    .where(sql`${discountProducts.discountId} = ${id} and ${condition}`)
}

export function clearCategories(db: Db, id: SQL, condition: SQL) {
  return db
    .delete(discountCategories)
    .where(sql`${discountCategories.discountId} = ${id} and ${condition}`)
}

export function addProducts(db: Db, id: SQL, productIds: number[], condition: SQL) {
  return db
    .insert(discountProducts)
    .select(
      sql`select ${id}, value from json_each(${JSON.stringify(productIds)}) where ${condition}`,
    )
}

export function addCategories(db: Db, id: SQL, categoryIds: number[], condition: SQL) {
  return db
    .insert(discountCategories)
    .select(
      sql`select ${id}, value from json_each(${JSON.stringify(categoryIds)}) where ${condition}`,
    )
}
