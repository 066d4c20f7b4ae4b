import { and, eq, lt, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertIf, type RowOf } from '../../db/record.ts'
import { categories, productCategories, products } from './table.ts'

/** The row that the batch has just made: numbers grow, and one batch runs at a time. */
export const newestProduct = sql`(select max(id) from products)`

export function insertProduct(db: Db, row: RowOf<typeof products>) {
  return insertIf(db, products, row, sql`true`)
}

/** True while the row is at that version; stands in all statements of a change. */
export const isAt = (id: number, version: number): SQL =>
  sql`exists (select 1 from products where id = ${id} and version = ${version})`

type Change = Partial<Omit<RowOf<typeof products>, 'id' | 'version'>>

export function updateProduct(db: Db, id: number, version: number, change: Change) {
  return db
    .update(products)
    .set({ ...change, version: sql`version + 1` })
    .where(and(eq(products.id, id), eq(products.version, version)))
    .returning({ id: products.id })
}

const isAllowed = (versions: number[] | undefined) =>
  versions && sql`version in (select value from json_each(${JSON.stringify(versions)}))`

/** True for a product of which anything was ever ordered, which keeps it. */
const wasOrdered = sql`exists (select 1 from variants join order_lines on order_lines.variant_id = variants.id
  where variants.product_id = products.id)`

export function archiveProduct(db: Db, id: number, now: number, versions?: number[]) {
  return db
    .update(products)
    .set({ status: 'archived', version: sql`version + 1`, updatedAt: now })
    .where(
      and(
        eq(products.id, id),
        isAllowed(versions),
        sql`products.status <> 'archived' and ${wasOrdered}`,
      ),
    )
    .returning({ id: products.id })
}

export function deleteProduct(db: Db, id: number, versions?: number[]) {
  return db
    .delete(products)
    .where(and(eq(products.id, id), isAllowed(versions), sql`not ${wasOrdered}`))
    .returning({ id: products.id })
}

/** Changes the version of a product where the statement before it in the batch changed something. */
export function touchProduct(db: Db, id: number, now: number) {
  return db
    .update(products)
    .set({ version: sql`version + 1`, updatedAt: now })
    .where(and(eq(products.id, id), sql`changes() > 0`))
}

/** Which of the numbers name a category. */
export function findKnownCategories(db: Db, ids: number[]) {
  return db
    .select({ id: categories.id })
    .from(categories)
    .where(sql`categories.id in (select value from json_each(${JSON.stringify(ids)}))`)
}

/** Puts a product into those of the categories that are there. */
export function insertCategorised(db: Db, id: SQL, categoryIds: number[], condition: SQL) {
  return db.insert(productCategories).select(
    sql`select ${id}, categories.id from categories
      where categories.id in (select value from json_each(${JSON.stringify(categoryIds)})) and ${condition}`,
  )
}

export function clearCategorised(db: Db, id: SQL, condition: SQL) {
  return db
    .delete(productCategories)
    .where(sql`${productCategories.productId} = ${id} and ${condition}`)
}

/**
 * Puts a product into one of the categories that it is put into together: changes nothing when it is
 * there, or one of all is missing, or it would stand in more than `most`.
 */
export function categorise(db: Db, id: number, categoryId: number, all: number[], most: number) {
  const wanted = sql`(select value from json_each(${JSON.stringify(all)}))`
  return db
    .insert(productCategories)
    .select(
      sql`select products.id, categories.id from products join categories on categories.id = ${categoryId}
        where products.id = ${id}
          and (select count(*) from categories where id in ${wanted}) = ${all.length}
          and (select count(*) from product_categories where product_id = products.id
            and category_id not in ${wanted}) + ${all.length} <= ${most}`,
    )
    .onConflictDoNothing()
}

export function uncategorise(db: Db, id: number, categoryId: number) {
  return db
    .delete(productCategories)
    .where(and(eq(productCategories.productId, id), eq(productCategories.categoryId, categoryId)))
}

export function listOutdated(db: Db, version: number, limit: number) {
  return db
    .select({
      id: products.id,
      description: products.description,
      rowVersion: products.version,
    })
    .from(products)
    .where(lt(products.renderVersion, version))
    .limit(limit)
}

/** What it shows has not changed, so the row keeps its version. */
export function keepHtml(db: Db, id: number, version: number, descriptionHtml: string, by: number) {
  return db
    .update(products)
    .set({ descriptionHtml, renderVersion: by })
    .where(and(eq(products.id, id), eq(products.version, version)))
}
