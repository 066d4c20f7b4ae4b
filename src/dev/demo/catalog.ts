import type { Context } from '../../context.ts'
import { viewIn } from '../../core/etag.ts'
import type { Money } from '../../core/money.ts'
import type { CategoryView } from '../../features/catalog/category-schemas.ts'
import { createCategory, createProduct, readCategory } from '../../features/catalog/service.ts'
import { DEMO_CATEGORIES, DEMO_GOODS, type Good } from './goods.ts'
import { actAsMara, once } from './people.ts'
import { storePicture } from './pictures.ts'

export async function loadCatalog(ctx: Context): Promise<void> {
  const asMara = await actAsMara(ctx)
  for (const category of DEMO_CATEGORIES) await once(() => createCategory(asMara, category))
  const ids = new Map<string, number>()
  for (const { slug } of DEMO_CATEGORIES) {
    const found = await readCategory(ctx, slug).catch(() => null)
    if (found && 'cached' in found) ids.set(slug, viewIn<CategoryView>(found.cached).id)
  }
  for (const good of DEMO_GOODS) {
    await once(async () => {
      const { id } = await createProduct(asMara, toProduct(good, ids, ctx.settings.CURRENCY))
      await storePicture(ctx, { entityType: 'product', entityId: id }, good.seed)
    })
  }
}

function toProduct(good: Good, ids: Map<string, number>, currency: Money['currency']) {
  const { slug, name, description, attributes, status = 'active' } = good
  const money = (amount: number): Money => ({ amount, currency })
  const variants = good.choices.map(
    ({ options = {}, price, before, grams, there, low }, index) => ({
      sku: `${slug.toUpperCase()}-${index + 1}`,
      options,
      price: money(price),
      compare_at: before === undefined ? null : money(before),
      weight_grams: grams,
      on_hand: there,
      low_stock_at: low ?? null,
    }),
  )
  const category_ids = good.in.flatMap((one) => ids.get(one) ?? [])
  return { slug, name, description, attributes, status, category_ids, variants }
}
