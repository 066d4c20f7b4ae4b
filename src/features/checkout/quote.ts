import type { Context } from '../../context.ts'
import { offersStatement, toOffer } from '../catalog/service.ts'
import { customerOf } from '../discounts/service.ts'
import { codeStatements, countTry } from './codes.ts'
import { priceCart, toQuoteView } from './price.ts'
import type { QuoteCart, QuoteView } from './schemas.ts'

/**
 * What a cart comes to, with a problem named at each line that cannot be had. Throws what priceCart()
 * throws, and `rate_limited` for whoever guesses codes.
 */
export async function quoteCart(ctx: Context, cart: QuoteCart): Promise<QuoteView> {
  const customer = customerOf(ctx, null)
  const [offers, [row], [tries]] = await ctx.db.batch([
    offersStatement(ctx.db, variantIdsOf(cart)),
    ...codeStatements(ctx, cart, customer),
  ])
  await countTry(ctx, cart, row, tries)
  const code = { row, customer, mustBeKnown: false }
  return toQuoteView(ctx, priceCart(ctx, cart, offers.map(toOffer), code))
}

export const variantIdsOf = ({ items }: QuoteCart): number[] => [
  ...new Set(items.map((item) => item.variant_id)),
]
