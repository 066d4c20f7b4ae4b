import type { Context } from '../../context.ts'
import { DAY, iso } from '../../core/time.ts'
import { runsOf } from './blocks.ts'
import { RATE_DAYS } from './kinds.ts'
import { findStock } from './repo.ts'
import type { InventoryQuery, InventoryView } from './schemas.ts'

// Sales are looked at by blocks of so many days, which keeps them few for each variant.
const BLOCK = 4 * DAY

/** How long stock lasts when it goes on selling as it does. */
export async function readInventory(
  ctx: Context,
  { limit }: InventoryQuery,
): Promise<InventoryView> {
  const now = Date.now()
  const back = now - RATE_DAYS * DAY
  const since = back - (back % BLOCK)
  const runs = runsOf(since, now - (now % BLOCK) + BLOCK)
  const rows = await findStock(ctx.db, ctx.settings.CURRENCY, runs, limit)
  const data = rows.map((row) => {
    const available = row.onHand - row.reserved
    // What is new has sold for as long as it is there, which is a day at least.
    const days = Math.max((now - Math.max(since, row.createdAt)) / DAY, 1)
    return {
      variant_id: row.id,
      product_id: row.productId,
      sku: row.sku,
      name: row.name,
      title: row.title,
      on_hand: row.onHand,
      available,
      units: row.units,
      days_left: row.units === 0 ? null : Math.floor((available * days) / row.units),
    }
  })
  const lasting = (days: number | null) => days ?? Number.POSITIVE_INFINITY
  data.sort((one, other) => {
    const [left, right] = [lasting(one.days_left), lasting(other.days_left)]
    return left === right ? one.variant_id - other.variant_id : left - right
  })
  return { since: iso(since), data: data.slice(0, limit) }
}
