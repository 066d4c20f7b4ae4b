import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import type { RowOf } from '../../db/record.ts'
import type { VariantStatus } from './kinds.ts'
import { variantJson } from './repo.ts'
import { products, stockMovements, variants } from './table.ts'

/** A variant before it has a number. */
export type NewVariant = {
  sku: string
  title: string
  options: string
  optionKey: string
  price: number
  compareAt: number | null
  weightGrams: number | null
  /** Null for behind the others. */
  position: number | null
  status: VariantStatus
  lowStockAt: number | null
  onHand: number
}

/**
 * The variants of a product, none of them when it would have more than `most`. One that starts below its
 * threshold has not dipped: nobody is told of it.
 */
export function insertVariants(
  db: Db,
  product: SQL,
  rows: NewVariant[],
  most: number,
  now: number,
  condition: SQL = sql`true`,
) {
  return db.insert(variants).select(
    sql`select null, products.id, given.value ->> 'sku', given.value ->> 'title', given.value ->> 'options',
        given.value ->> 'optionKey', given.value ->> 'price', given.value ->> 'compareAt',
        given.value ->> 'weightGrams', coalesce(given.value ->> 'position', given.key + coalesce(
          (select max(position) + 1 from variants where product_id = products.id), 0)),
        given.value ->> 'status', 0, 0, given.value ->> 'lowStockAt',
        coalesce(given.value ->> 'lowStockAt' > 0, 0), 1, ${now}, ${now}
      from json_each(${JSON.stringify(rows)}) given join products on products.id = ${product}
      where (select count(*) from variants where product_id = products.id) + ${rows.length} <= ${most}
        and ${condition}`,
  )
}

/** Rows of the ledger for what is there to begin with. */
export function insertFirstStock(db: Db, rows: NewVariant[], actor: string, now: number) {
  return db.insert(stockMovements).select(
    sql`select null, variants.id, 'received', given.value ->> 'onHand', 0, null, ${actor}, null, ${now}
      from json_each(${JSON.stringify(rows)}) given join variants on variants.sku = given.value ->> 'sku'
      where given.value ->> 'onHand' > 0 and changes() > 0`,
  )
}

/** The row that the batch has just made: numbers grow, and one batch runs at a time. */
export const newestVariant = sql`(select max(id) from variants)`

/** The variant as JSON, and the address of its product. */
export function findVariant(db: Db, id: number | SQL) {
  return db
    .select({
      id: sql<number>`v.id`.as('variant_id'),
      variant: sql<string>`${variantJson}`.as('variant'),
      version: sql<number>`v.version`.as('variant_version'),
      createdAt: sql<number>`v.created_at`.as('variant_created_at'),
      productId: products.id,
      slug: products.slug,
    })
    .from(sql`variants v`)
    .innerJoin(products, sql`products.id = v.product_id`)
    .where(sql`v.id = ${id}`)
}

/** Which of the skus are in use. */
export function findSkus(db: Db, skus: string[]) {
  return db
    .select({ sku: variants.sku })
    .from(variants)
    .where(sql`variants.sku in (select value from json_each(${JSON.stringify(skus)}))`)
}

/** The product, and whether it is full. */
export function findRoom(db: Db, productId: number) {
  return db
    .select({
      id: products.id,
      slug: products.slug,
      held: sql<number>`(select count(*) from variants where product_id = products.id)`.as('held'),
    })
    .from(products)
    .where(eq(products.id, productId))
}

type Change = Partial<Omit<RowOf<typeof variants>, 'id' | 'version' | 'onHand' | 'reserved'>>

export function updateVariant(db: Db, id: number, version: number, change: Change) {
  return db
    .update(variants)
    .set({ ...change, version: sql`version + 1` })
    .where(and(eq(variants.id, id), eq(variants.version, version)))
    .returning({ id: variants.id })
}

const isAllowed = (versions: number[] | undefined) =>
  versions && sql`version in (select value from json_each(${JSON.stringify(versions)}))`

/** True for a variant that was ever ordered, which keeps it. */
const wasOrdered = sql`exists (select 1 from order_lines where order_lines.variant_id = variants.id)`

export function archiveVariant(db: Db, id: number, now: number, versions?: number[]) {
  return db
    .update(variants)
    .set({ status: 'archived', version: sql`version + 1`, updatedAt: now })
    .where(
      and(
        eq(variants.id, id),
        isAllowed(versions),
        sql`variants.status <> 'archived' and ${wasOrdered}`,
      ),
    )
    .returning({ id: variants.id })
}

export function deleteVariant(db: Db, id: number, versions?: number[]) {
  return db
    .delete(variants)
    .where(and(eq(variants.id, id), isAllowed(versions), sql`not ${wasOrdered}`))
    .returning({ id: variants.id })
}
