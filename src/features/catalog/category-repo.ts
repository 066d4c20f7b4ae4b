import { and, asc, desc, eq, type SQL, sql } from 'drizzle-orm'
import { built } from '../../db/built.ts'
import type { Db } from '../../db/client.ts'
import { insertIf, type RowOf } from '../../db/record.ts'
import type { Name } from './repo.ts'
import { categories, products } from './table.ts'

const byName = [asc(categories.sortName), asc(categories.id)]

/** The first page as everybody asks for it. */
const listFirst = built('categories.first', ['limit'], (db, { limit }) =>
  db
    .select()
    .from(categories)
    .orderBy(...byName)
    .limit(limit),
)

export function listCategories(db: Db, limit: number, after?: string, afterId?: number) {
  if (after === undefined) return listFirst(db, { limit: limit + 1 })
  return db
    .select()
    .from(categories)
    .where(sql`(${categories.sortName}, ${categories.id}) > (${after}, ${afterId})`)
    .orderBy(...byName)
    .limit(limit + 1)
}

export function listEveryCategory(db: Db, limit: number) {
  return db.select().from(categories).orderBy(categories.id).limit(limit)
}

export function findCategory(db: Db, name: Name) {
  return db
    .select()
    .from(categories)
    .where('slug' in name ? eq(categories.slug, name.slug) : sql`${categories.id} = ${name.id}`)
}

/** The same by what stands in an address. */
export function findShownCategory(db: Db, name: { id: number } | { slug: string }) {
  return 'slug' in name
    ? findShownBySlug(db, { value: name.slug })
    : findShownById(db, { value: name.id })
}

const shownBy = (column: typeof categories.slug | typeof categories.id) =>
  built(`categories.by ${column.name}`, ['value'], (db, { value }) =>
    db.select().from(categories).where(eq(column, value)),
  )
const findShownBySlug = shownBy(categories.slug)
const findShownById = shownBy(categories.id)

/** The present slug of the category that was once called so. */
export function findMovedCategory(db: Db, slug: string) {
  return db
    .select({ slug: categories.slug })
    .from(categories)
    .where(
      sql`${categories.id} = (select entity_id from slugs where entity_type = 'category' and slug = ${slug})`,
    )
}

/** Addresses of the newest active products that show the category. */
export function findShowing(db: Db, id: number, limit: number) {
  return db
    .select({ id: products.id, slug: products.slug })
    .from(products)
    .where(
      sql`products.id in (select product_id from product_categories where category_id = ${id})
        and products.status = 'active'`,
    )
    .orderBy(desc(products.id))
    .limit(limit)
}

/** The row that the batch has just made: numbers grow, and one batch runs at a time. */
export const newestCategory = sql`(select max(id) from categories)`

/** Those that the batch has just made, the last one first. */
export function listNewest(db: Db, limit: number) {
  return db.select().from(categories).orderBy(desc(categories.id)).limit(limit)
}

export function insertCategory(db: Db, row: RowOf<typeof categories>) {
  return insertIf(db, categories, row, sql`true`)
}

/** True while the row is at that version; stands in all statements of a change. */
export const isCategoryAt = (id: number, version: number): SQL =>
  sql`exists (select 1 from categories where id = ${id} and version = ${version})`

type Change = Partial<Omit<RowOf<typeof categories>, 'id' | 'version'>>

export function updateCategory(db: Db, id: number, version: number, change: Change) {
  return db
    .update(categories)
    .set({ ...change, version: sql`version + 1` })
    .where(and(eq(categories.id, id), eq(categories.version, version)))
    .returning({ id: categories.id })
}

export function deleteCategory(db: Db, id: number, versions?: number[]) {
  return db
    .delete(categories)
    .where(
      and(
        eq(categories.id, id),
        versions && sql`version in (select value from json_each(${JSON.stringify(versions)}))`,
      ),
    )
    .returning({ id: categories.id })
}
