import type { Context } from '../../context.ts'
import { productKeys } from '../../core/cache-keys.ts'
import type { Db } from '../../db/client.ts'
import { describeError } from '../../platform/telemetry.ts'
import { findAddresses } from './repo.ts'
import { listOffers } from './stock-repo.ts'

type OfferRow = Awaited<ReturnType<typeof listOffers>>[number]

/** A variant as it stands in a cart: what it costs and how many can be had, from D1's primary. */
export type Offer = Omit<OfferRow, 'categoryIds'> & {
  /** Whether both it and its product are, however many are there. */
  isActive: boolean
  /** Product and variant in one line. */
  label: string
  categoryIds: number[]
}

/** Offers as a statement for a batch, in no order; toOffer() reads its rows. */
export const offersStatement = (db: Db, variantIds: number[]) => listOffers(db, variantIds)

export const toOffer = (row: OfferRow): Offer => ({
  ...row,
  isActive: row.status === 'active' && row.productStatus === 'active',
  label: row.title === '' ? row.productName : `${row.productName} · ${row.title}`,
  categoryIds: JSON.parse(row.categoryIds),
})

/** What is known of each variant by its number; those that are not there are missing. */
export async function findOffers(ctx: Context, variantIds: number[]): Promise<Map<number, Offer>> {
  const rows = await offersStatement(ctx.db, variantIds)
  return new Map(rows.map((row) => [row.id, toOffer(row)]))
}

/**
 * Forgets what is cached of the products of these variants. Stands behind a batch that moved stock.
 * Does not throw: what is cached is old for a while then, and the batch has taken place.
 */
export async function forgetProducts(ctx: Context, variantIds: number[]): Promise<void> {
  try {
    const addresses = await findAddresses(ctx.db, variantIds)
    await ctx.cache.forget([...new Set(addresses.flatMap(productKeys))])
  } catch (error) {
    ctx.log('warn', 'products.not_forgotten', describeError(error))
  }
}
