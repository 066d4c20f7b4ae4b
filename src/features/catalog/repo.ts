import { and, asc, desc, eq, lt, type SQL, sql } from 'drizzle-orm'
import type { ProductSort } from '../../core/cache-keys.ts'
import { MOST_AMOUNT } from '../../core/money.ts'
import { isUnfiltered } from '../../core/page.ts'
import { built } from '../../db/built.ts'
import type { Db } from '../../db/client.ts'
import { imagesOf, type NestedImage, videosOf } from '../media/table.ts'
import type { VariantStatus } from './kinds.ts'
import type { ListHidden, ListProducts } from './schemas.ts'
import { products } from './table.ts'

export const isVisible = sql`products.status = 'active'`

export const newestFirst = [desc(products.publishedAt), desc(products.id)]

/** JSON of its categories by name. */
const categoriesOfProduct = sql<string>`(
  select json_group_array(json_object('id', c.id, 'slug', c.slug, 'name', c.name,
    'description', c.description, 'productCount', c.product_count))
  from (select categories.* from product_categories
    join categories on categories.id = product_categories.category_id
    where product_categories.product_id = products.id
    order by categories.sort_name, categories.id) c)`

/** What one JSON value of the column `variants` holds. */
export type NestedVariant = {
  id: number
  sku: string
  title: string
  options: Record<string, string>
  price: number
  compareAt: number | null
  weightGrams: number | null
  position: number
  status: VariantStatus
  onHand: number
  reserved: number
  lowStockAt: number | null
  images: NestedImage[]
}

/** The columns of a variant as JSON; D1 takes 32 arguments at most. */
export const variantJson = sql`json_object('id', v.id, 'sku', v.sku, 'title', v.title,
  'options', json(v.options), 'price', v.price, 'compareAt', v.compare_at,
  'weightGrams', v.weight_grams, 'position', v.position, 'status', v.status,
  'onHand', v.on_hand, 'reserved', v.reserved, 'lowStockAt', v.low_stock_at,
  'images', json(${imagesOf('variant', sql`v.id`)}))`

const variantsOfProduct = (onlyActive: boolean) => sql<string>`(
  select json_group_array(${variantJson}) from (select * from variants
    where product_id = products.id ${onlyActive ? sql`and status = 'active'` : sql``}
    order by position, id) v)`

const detail = (onlyActive: boolean) => ({
  id: products.id,
  slug: products.slug,
  name: products.name,
  sortName: products.sortName,
  description: products.description,
  descriptionHtml: products.descriptionHtml,
  attributes: products.attributes,
  status: products.status,
  priceFrom: products.priceFrom,
  likeCount: products.likeCount,
  loveCount: products.loveCount,
  congratulationsCount: products.congratulationsCount,
  insightfulCount: products.insightfulCount,
  version: products.version,
  createdAt: products.createdAt,
  updatedAt: products.updatedAt,
  publishedAt: products.publishedAt,
  categories: categoriesOfProduct.as('categories'),
  variants: variantsOfProduct(onlyActive).as('variants'),
  images: imagesOf('product', sql`products.id`).as('images'),
  videos: videosOf('product', sql`products.id`).as('videos'),
})

/** By what each sort goes; the number of the row decides between equals. */
const SORTS = {
  newest: { column: products.publishedAt, order: desc, behind: '<' },
  price: { column: products.priceFrom, order: asc, behind: '>' },
  '-price': { column: products.priceFrom, order: desc, behind: '<' },
  name: { column: products.sortName, order: asc, behind: '>' },
} as const satisfies Record<ProductSort, object>

/** A search stays among so many of the newest. */
const SEARCHED = 1000

/** The first page as most ask for it. */
const firstOf = (sort: ProductSort) =>
  built(`products.${sort}`, ['limit'], (db, { limit }) => {
    const { column, order } = SORTS[sort]
    return db
      .select(detail(true))
      .from(products)
      .where(isVisible)
      .orderBy(order(column), order(products.id))
      .limit(limit)
  })
const listFirst = {
  newest: firstOf('newest'),
  price: firstOf('price'),
  '-price': firstOf('-price'),
  name: firstOf('name'),
}

export function listProducts(
  db: Db,
  filter: ListProducts,
  folded: string,
  after?: number | string,
  afterId?: number,
) {
  const { sort = 'newest', ...wishes } = filter
  if (after === undefined && isUnfiltered(wishes)) {
    return listFirst[sort](db, { limit: filter.limit + 1 })
  }
  const { column, order, behind } = SORTS[sort]
  const { category, q, in_stock, price_min, price_max, limit } = wishes
  const key = sql`(${column}, ${products.id})`
  // The plus keeps SQLite from finding by price what then had to be sorted.
  const price = column === products.priceFrom ? sql`products.price_from` : sql`+products.price_from`
  return db
    .select(detail(true))
    .from(products)
    .where(
      and(
        isVisible,
        after === undefined ? undefined : sql`${key} ${sql.raw(behind)} (${after}, ${afterId})`,
        category === undefined ? undefined : isIn(category),
        in_stock === undefined ? undefined : eq(products.inStock, in_stock),
        price_min === undefined && price_max === undefined
          ? undefined
          : sql`${price} between ${price_min ?? 0} and ${price_max ?? MOST_AMOUNT}`,
        q === undefined ? undefined : speaksOf(folded),
      ),
    )
    .orderBy(order(column), order(products.id))
    .limit(limit + 1)
}

/** By the category's number, or a slug that it has or had. */
const isIn = (category: string): SQL => {
  const id = /^[0-9]+$/.test(category)
    ? sql`${Number(category)}`
    : sql`(select entity_id from slugs where entity_type = 'category' and slug = ${category})`
  return sql`exists (select 1 from product_categories
    where product_id = products.id and category_id = ${id})`
}

const speaksOf = (folded: string): SQL =>
  sql`products.published_at >= coalesce((
      select n.published_at from products n where n.status = 'active'
      order by n.published_at desc, n.id desc limit 1 offset ${SEARCHED - 1}), 0)
    and instr(products.search, ${folded}) > 0`

/** Active products by their number. */
export function listEveryProduct(db: Db, limit: number) {
  return db.select(detail(true)).from(products).where(isVisible).orderBy(products.id).limit(limit)
}

/** Drafts and what is archived. */
export function listHidden(db: Db, filter: ListHidden, before: number | undefined) {
  return db
    .select(detail(false))
    .from(products)
    .where(and(isHidden(filter), before === undefined ? undefined : lt(products.id, before)))
    .orderBy(desc(products.id))
    .limit(filter.limit + 1)
}

export function countHidden(db: Db, filter: ListHidden) {
  return db
    .select({ count: sql<number>`count(*)`.as('count') })
    .from(products)
    .where(isHidden(filter))
}

const isHidden = ({ status }: ListHidden) =>
  and(sql`products.status <> 'active'`, status && eq(products.status, status))

/** A row by its number or its present slug. */
export type Name = { id: number | SQL } | { slug: string }

export const nameOf = (idOrSlug: string): { id: number } | { slug: string } =>
  /^[0-9]+$/.test(idOrSlug) ? { id: Number(idOrSlug) } : { slug: idOrSlug }

export function findProduct(db: Db, name: Name) {
  return db
    .select(detail(false))
    .from(products)
    .where('slug' in name ? eq(products.slug, name.slug) : sql`products.id = ${name.id}`)
}

/** The same where everybody may see it, with the variants that they may see. */
export function findShown(db: Db, name: { id: number } | { slug: string }) {
  return 'slug' in name
    ? findShownBySlug(db, { value: name.slug })
    : findShownById(db, { value: name.id })
}

const shownBy = (column: typeof products.slug | typeof products.id) =>
  built(`products.by ${column.name}`, ['value'], (db, { value }) =>
    db
      .select(detail(true))
      .from(products)
      .where(and(eq(column, value), isVisible)),
  )
const findShownBySlug = shownBy(products.slug)
const findShownById = shownBy(products.id)

/** The present slug of the product that was once called so. */
export function findMoved(db: Db, slug: string, onlyVisible: boolean) {
  return db
    .select({ slug: products.slug })
    .from(products)
    .where(
      and(
        sql`products.id = (select entity_id from slugs where entity_type = 'product' and slug = ${slug})`,
        onlyVisible ? isVisible : undefined,
      ),
    )
}

/** Addresses of the products whose variants these are. */
export function findAddresses(db: Db, variantIds: number[]) {
  return db
    .selectDistinct({ id: products.id, slug: products.slug })
    .from(products)
    .where(
      sql`products.id in (select product_id from variants
        where id in (select value from json_each(${JSON.stringify(variantIds)})))`,
    )
}
