import { and, count, desc, eq, lt, type SQL, sql } from 'drizzle-orm'
import { built } from '../../db/built.ts'
import type { Db } from '../../db/client.ts'
import type { ListInventory } from './stock-schemas.ts'
import { type MovementRow, products, stockMovements, variants } from './table.ts'

const movement = {
  id: stockMovements.id,
  variantId: stockMovements.variantId,
  reason: stockMovements.reason,
  onHandChange: stockMovements.onHandChange,
  reservedChange: stockMovements.reservedChange,
  orderUid: sql<
    string | null
  >`(select orders.uid from orders where orders.id = stock_movements.order_id)`.as('order_uid'),
  actor: stockMovements.actor,
  note: stockMovements.note,
  createdAt: stockMovements.createdAt,
}

export function listMovements(db: Db, variantId: number, before: number | undefined, most: number) {
  return db
    .select(movement)
    .from(stockMovements)
    .where(
      and(
        eq(stockMovements.variantId, variantId),
        before === undefined ? undefined : lt(stockMovements.id, before),
      ),
    )
    .orderBy(desc(stockMovements.id))
    .limit(most)
}

export function countMovements(db: Db, variantId: number) {
  return db
    .select({ count: count() })
    .from(stockMovements)
    .where(eq(stockMovements.variantId, variantId))
}

/** A row of the ledger with what is there now. */
export function findMovement(db: Db, id: number | SQL) {
  return db
    .select({
      ...movement,
      onHand: variants.onHand,
      reserved: variants.reserved,
    })
    .from(stockMovements)
    .innerJoin(variants, eq(variants.id, stockMovements.variantId))
    .where(sql`stock_movements.id = ${id}`)
}

/** The row that the batch has just made: numbers grow, and one batch runs at a time. */
export const newestMovement = sql`(select max(id) from stock_movements)`

type Change = Pick<
  MovementRow,
  'variantId' | 'reason' | 'onHandChange' | 'actor' | 'note' | 'createdAt'
>

/**
 * Fails the whole batch, as for an empty `on_hand_change`, when fewer would be there than are held for
 * orders, or more than `most`.
 */
export function insertChange(db: Db, change: Change, most: number) {
  const { variantId, reason, onHandChange, actor, note, createdAt } = change
  const possible = sql`case when on_hand + ${onHandChange} between reserved and ${most}
    then ${onHandChange} end`
  return db.insert(stockMovements).select(
    sql`select null, id, ${reason}, ${possible}, 0, null, ${actor}, ${note}, ${createdAt}
      from variants where id = ${variantId}`,
  )
}

/**
 * Brings what can be had to `available`; writes nothing where it is that. Fails the whole batch, as for an
 * empty `on_hand_change`, when more than `most` would be there.
 */
export function insertCount(
  db: Db,
  { variantId, actor, createdAt }: Pick<Change, 'variantId' | 'actor' | 'createdAt'>,
  available: number,
  most: number,
) {
  const reason: MovementRow['reason'] = 'count'
  const possible = sql`case when ${available} + reserved <= ${most}
    then ${available} + reserved - on_hand end`
  return db.insert(stockMovements).select(
    sql`select null, id, ${reason}, ${possible}, 0, null, ${actor}, null, ${createdAt}
      from variants where id = ${variantId} and on_hand - reserved <> ${available}`,
  )
}

export const isThere = (variantId: number): SQL =>
  sql`exists (select 1 from variants where id = ${variantId})`

/** What is there, and the address of its product. */
export function findStock(db: Db, id: number) {
  return db
    .select({
      id: variants.id,
      onHand: variants.onHand,
      reserved: variants.reserved,
      productId: variants.productId,
      slug: products.slug,
    })
    .from(variants)
    .innerJoin(products, eq(products.id, variants.productId))
    .where(eq(variants.id, id))
}

const isLow = sql`(variants.status = 'active' and variants.low_stock_at is not null
  and variants.on_hand - variants.reserved < variants.low_stock_at)`

export function listInventory(
  db: Db,
  filter: ListInventory,
  folded: string,
  before: number | undefined,
) {
  return db
    .select({
      id: variants.id,
      productId: variants.productId,
      productName: products.name,
      productStatus: sql<(typeof products.$inferSelect)['status']>`products.status`.as(
        'product_status',
      ),
      sku: variants.sku,
      title: variants.title,
      status: variants.status,
      onHand: variants.onHand,
      reserved: variants.reserved,
      lowStockAt: variants.lowStockAt,
      isLow: sql<number>`${isLow}`.as('is_low'),
    })
    .from(variants)
    .innerJoin(products, eq(products.id, variants.productId))
    .where(and(matches(filter, folded), before === undefined ? undefined : lt(variants.id, before)))
    .orderBy(desc(variants.id))
    .limit(filter.limit + 1)
}

export function countInventory(db: Db, filter: ListInventory, folded: string) {
  return db
    .select({ count: sql<number>`count(*)`.as('count') })
    .from(variants)
    .innerJoin(products, eq(products.id, variants.productId))
    .where(matches(filter, folded))
}

const matches = ({ low, q }: ListInventory, folded: string) =>
  and(
    low === undefined ? undefined : low ? isLow : sql`not ${isLow}`,
    q === undefined
      ? undefined
      : sql`(instr(products.sort_name, ${folded}) > 0
        or instr(lower(variants.sku || ' ' || variants.title), ${folded}) > 0
        or instr(variants.option_key, ${folded}) > 0)`,
  )

/** Variants that have fallen below their threshold and whose owner does not know yet. */
export function listUntold(db: Db, limit: number) {
  return db
    .select({
      id: variants.id,
      sku: variants.sku,
      title: variants.title,
      product: products.name,
      left: sql<number>`variants.on_hand - variants.reserved`.as('left'),
      lowStockAt: variants.lowStockAt,
    })
    .from(variants)
    .innerJoin(products, eq(products.id, variants.productId))
    .where(and(isUntold, sql`products.status = 'active'`))
    .orderBy(variants.id)
    .limit(limit)
}

// As the partial index says it.
const isUntold = sql`variants.status = 'active' and variants.low_stock_at is not null
  and variants.low_stock_told = 0 and variants.on_hand - variants.reserved < variants.low_stock_at`

/** Notes that the owner is told that so many are left; nothing when that has changed meanwhile. */
export function markTold(db: Db, id: number, left: number) {
  return db
    .update(variants)
    .set({ lowStockTold: true })
    .where(and(eq(variants.id, id), isUntold, sql`variants.on_hand - variants.reserved = ${left}`))
}

/** What a shop needs to know of variants to sell them. */
export const listOffers = (db: Db, variantIds: number[]) =>
  offers(db, { variantIds: JSON.stringify(variantIds) })

const offers = built('variants.offers', ['variantIds'], (db, { variantIds }) =>
  db
    .select({
      id: variants.id,
      productId: variants.productId,
      sku: variants.sku,
      title: variants.title,
      productName: products.name,
      slug: products.slug,
      price: variants.price,
      weightGrams: variants.weightGrams,
      status: variants.status,
      productStatus: sql<(typeof products.$inferSelect)['status']>`products.status`.as(
        'product_status',
      ),
      available: sql<number>`variants.on_hand - variants.reserved`.as('available'),
      /** JSON of numbers. */
      categoryIds: sql<string>`(select json_group_array(category_id) from product_categories
          where product_id = variants.product_id)`.as('category_ids'),
    })
    .from(variants)
    .innerJoin(products, eq(products.id, variants.productId))
    .where(sql`variants.id in (select value from json_each(${variantIds}))`),
)
