import type { Context as Ctx } from '../../context.ts'
import { viewIn } from '../../core/etag.ts'
import type { ProductView } from '../../features/catalog/schemas.ts'
import { readCategory, readProduct } from '../../features/catalog/service.ts'
import type { VariantView } from '../../features/catalog/variant-schemas.ts'
import { Refusal, unless } from '../fastapi/refusal.ts'
import { activeOf } from './shapes.ts'

export const lost = (what: string, id: number) => new Refusal(404, `${what} ${id} not found`)

/** A product that is sold; to an admin as it is this moment. Drafts are not there for this shop. */
export async function productOf(ctx: Ctx, id: number): Promise<ProductView> {
  const refused = () => lost('Product', id)
  const found = await readProduct(ctx, String(id)).catch(unless({ not_found: refused }))
  if ('movedTo' in found) throw refused()
  const product: ProductView = 'own' in found ? found.own.view : viewIn(found.cached)
  if (product.status !== 'active') throw refused()
  return product
}

export async function variantOf(
  ctx: Ctx,
  { product_id, variant_id }: { product_id: number; variant_id: number },
): Promise<VariantView> {
  const variant = activeOf(await productOf(ctx, product_id)).find(({ id }) => id === variant_id)
  if (!variant) throw lost('ProductVariant', variant_id)
  return variant
}

/** Throws unless there is such a category. */
export async function checkCategory(ctx: Ctx, id: number): Promise<void> {
  await readCategory(ctx, String(id)).catch(unless({ not_found: () => lost('Category', id) }))
}
