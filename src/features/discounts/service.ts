import type { Context } from '../../context.ts'
import { notFound } from '../../core/errors.ts'
import type { Tagged } from '../../core/etag.ts'
import type { Page } from '../../core/page.ts'
import { readPage } from '../../db/page.ts'
import { countDiscounts, findDiscount, listDiscounts } from './repo.ts'
import type { DiscountView, ListDiscounts } from './schemas.ts'
import { type ShownRow, toDiscount, toTagged } from './show.ts'

export {
  type CartDiscount,
  type CartDiscountRow,
  type Customer,
  canBeUsed,
  customerOf,
  discountStatement,
  holdDiscount,
  judgeDiscount,
} from './hold.ts'
export type { CreateDiscount as NewDiscount } from './schemas.ts'
export { discountPath } from './show.ts'
export { createDiscount, removeDiscount, updateDiscountById } from './write.ts'

export function listAll(ctx: Context, filter: ListDiscounts): Promise<Page<DiscountView>> {
  const now = Date.now()
  return readPage<ShownRow, DiscountView>(ctx, 'discounts', filter, {
    rows: (before) => listDiscounts(ctx.db, filter, before, now),
    count: () => countDiscounts(ctx.db, filter, now),
    view: (row) => toDiscount(ctx, row),
  })
}

export async function readDiscount(ctx: Context, id: number): Promise<Tagged<DiscountView>> {
  const [row] = await findDiscount(ctx.db, id)
  if (!row) throw notFound('Discount')
  return await toTagged(ctx, row)
}

/** The discount as it is now, for whoever made it by `at`. Throws `not_found`. */
export async function readMadeDiscount(
  ctx: Context,
  id: number,
  at: number,
): Promise<DiscountView> {
  const [row] = await findDiscount(ctx.db, id)
  if (!row || row.createdAt > at) throw notFound('Discount')
  return toDiscount(ctx, row)
}
