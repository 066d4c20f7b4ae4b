import type { Context } from '../../context.ts'
import { callerOf } from '../../core/actor.ts'
import { productKeys } from '../../core/cache-keys.ts'
import { conflict, notFound } from '../../core/errors.ts'
import type { Page } from '../../core/page.ts'
import { fold } from '../../core/text.ts'
import { iso } from '../../core/time.ts'
import { batchBehind } from '../../db/batch.ts'
import { isEmpty } from '../../db/errors.ts'
import { readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import { keepMade } from '../idempotency/service.ts'
import { MOST_STOCK } from './kinds.ts'
import {
  countInventory,
  countMovements,
  findMovement,
  findStock,
  insertChange,
  insertCount,
  isThere,
  listInventory,
  listMovements,
  newestMovement,
} from './stock-repo.ts'
import type {
  ChangeStock,
  InventoryView,
  ListInventory,
  ListMovements,
  MovementView,
  StockChangeView,
} from './stock-schemas.ts'

type LedgerRow = Awaited<ReturnType<typeof listMovements>>[number]
type ChangedRow = Awaited<ReturnType<typeof findMovement>>[number]
type InventoryRow = Awaited<ReturnType<typeof listInventory>>[number]

export const stockPath = (variantId: number): string => `/api/v1/variants/${variantId}/stock`

/**
 * Writes a row of the ledger, which changes what is there. Throws `not_found`, or `conflict` when
 * fewer would be there than are held for orders, or more than there may be.
 */
export async function changeStock(
  ctx: Context,
  id: number,
  input: ChangeStock,
): Promise<StockChangeView> {
  const row = {
    variantId: id,
    reason: input.reason,
    onHandChange: input.change,
    actor: callerOf(ctx.actor),
    note: input.note || null,
    createdAt: Date.now(),
  }
  try {
    const [[stock], [made]] = await batchBehind(
      ctx.db,
      [
        insertChange(ctx.db, row, MOST_STOCK),
        auditEntry(ctx, 'stock.change', { entity: 'variant', id: String(id), after: input }),
        ...keepMade(ctx, newestMovement, isThere(id)),
      ],
      [findStock(ctx.db, id), findMovement(ctx.db, newestMovement)],
    )
    if (!stock || !made) throw notFound('Variant')
    await ctx.cache.forget(productKeys({ id: stock.productId, slug: stock.slug }))
    return toChange(made)
  } catch (error) {
    throw isEmpty(error, 'stock_movements.on_hand_change') ? await refusalFor(ctx, id) : error
  }
}

/**
 * Says how many can be had, beside those that are held for orders. Throws `not_found`, or `conflict`
 * for more than there may be.
 */
export async function countStock(ctx: Context, id: number, available: number): Promise<void> {
  const row = { variantId: id, actor: callerOf(ctx.actor), createdAt: Date.now() }
  try {
    const [, , [stock]] = await ctx.db.batch([
      insertCount(ctx.db, row, available, MOST_STOCK),
      auditEntry(ctx, 'stock.change', {
        entity: 'variant',
        id: String(id),
        after: { reason: 'count', available },
      }),
      findStock(ctx.db, id),
    ])
    if (!stock) throw notFound('Variant')
    await ctx.cache.forget(productKeys({ id: stock.productId, slug: stock.slug }))
  } catch (error) {
    throw isEmpty(error, 'stock_movements.on_hand_change') ? await refusalFor(ctx, id) : error
  }
}

async function refusalFor(ctx: Context, id: number) {
  const [stock] = await findStock(ctx.db, id)
  if (!stock) return notFound('Variant')
  const { onHand, reserved } = stock
  return conflict(`There are ${onHand}, of which ${reserved} are held for orders.`)
}

/** The row of the ledger with what is there now, for whoever wrote it by `at`. Throws `not_found`. */
export async function readMadeMovement(
  ctx: Context,
  id: number,
  at: number,
): Promise<StockChangeView> {
  const [row] = await findMovement(ctx.db, id)
  if (!row || row.createdAt > at) throw notFound('Movement')
  return toChange(row)
}

/** The newest first. Throws `not_found`. */
export const listLedger = (
  ctx: Context,
  id: number,
  filter: ListMovements,
): Promise<Page<MovementView>> =>
  readPage<LedgerRow, MovementView>(ctx, `stock.${id}`, filter, {
    rows: (before) => listMovements(ctx.db, id, before, filter.limit + 1),
    count: () => countMovements(ctx.db, id),
    of: { name: 'Variant', find: () => findStock(ctx.db, id) },
    view: toMovement,
  })

/** What there is of each variant, the newest first. */
export function listStock(ctx: Context, filter: ListInventory): Promise<Page<InventoryView>> {
  const folded = fold(filter.q ?? '')
  return readPage<InventoryRow, InventoryView>(ctx, 'inventory', filter, {
    rows: (before) => listInventory(ctx.db, filter, folded, before),
    count: () => countInventory(ctx.db, filter, folded),
    view: toInventory,
  })
}

const toMovement = (row: LedgerRow): MovementView => ({
  id: row.id,
  variant_id: row.variantId,
  reason: row.reason,
  on_hand_change: row.onHandChange,
  reserved_change: row.reservedChange,
  order_id: row.orderUid,
  actor: row.actor,
  note: row.note,
  created_at: iso(row.createdAt),
})

const toChange = (row: ChangedRow): StockChangeView => ({
  ...toMovement(row),
  on_hand: row.onHand,
  reserved: row.reserved,
  available: row.onHand - row.reserved,
})

const toInventory = (row: InventoryRow): InventoryView => ({
  variant_id: row.id,
  product_id: row.productId,
  product_name: row.productName,
  product_status: row.productStatus,
  sku: row.sku,
  title: row.title,
  status: row.status,
  on_hand: row.onHand,
  reserved: row.reserved,
  available: row.onHand - row.reserved,
  low_stock_at: row.lowStockAt,
  is_low: row.isLow === 1,
})
