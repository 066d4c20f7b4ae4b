import type { Context } from '../../context.ts'
import { findOffers } from '../catalog/service.ts'
import { priceCart, toQuoteView } from './price.ts'
import type { QuoteCart, QuoteView } from './schemas.ts'

/** What a cart comes to, with a problem named at each line that cannot be had. */
export async function quoteCart(ctx: Context, cart: QuoteCart): Promise<QuoteView> {
  const offers = await findOffers(ctx, variantIdsOf(cart))
  return toQuoteView(ctx, priceCart(ctx, cart, [...offers.values()]))
}

export const variantIdsOf = ({ items }: QuoteCart): number[] => [
  ...new Set(items.map((item) => item.variant_id)),
]
