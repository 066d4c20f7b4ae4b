import type { Context as Ctx } from '../../context.ts'
import type { ProductView } from '../../features/catalog/schemas.ts'
import {
  categoriseProduct,
  createProduct,
  deleteProductById,
  readCatalog,
  readEveryCategory,
  uncategoriseProduct,
  updateProductById,
} from '../../features/catalog/service.ts'
import { showFirst } from '../../features/media/placing.ts'
import { createRoutes } from '../../http/routes.ts'
import { takes } from '../fastapi/takes.ts'
import { guard } from './audience.ts'
import { Assignment, InCategory, ProductBody, ProductId } from './bodies.ts'
import { checkCategory, productOf } from './catalog.ts'
import { uidIn } from './images.ts'
import { INGREDIENTS, toCategory, toProduct } from './shapes.ts'

export const productRoutes = createRoutes()

productRoutes.get('/products/', guard('anyone'), async (c) =>
  c.json((await readCatalog(c.get('ctx'))).map(toProduct)),
)

productRoutes.post('/products/', guard('admin'), takes({ json: ProductBody }), async (c) => {
  const ctx = c.get('ctx')
  const { img_key, name, description, ingredients } = c.req.valid('json')
  const attributes = withIngredients({}, ingredients)
  const product = { name, description, attributes, status: 'active' } as const
  return c.json(toProduct(await createProduct(ctx, product, uidIn(img_key))), 201)
})

productRoutes.get(
  '/products/:product_id',
  guard('anyone'),
  takes({ param: ProductId }),
  async (c) => c.json(toProduct(await productOf(c.get('ctx'), c.req.valid('param').product_id))),
)

productRoutes.put(
  '/products/:product_id',
  guard('admin'),
  takes({ param: ProductId, json: ProductBody }),
  async (c) => {
    const ctx = c.get('ctx')
    const { id, attributes: present } = await productOf(ctx, c.req.valid('param').product_id)
    const { img_key, name, description, ingredients } = c.req.valid('json')
    const attributes = withIngredients(present, ingredients)
    await updateProductById(ctx, id, { name, description, attributes })
    return c.json(await shown(ctx, id, img_key))
  },
)

/** The product with that picture. */
async function shown(ctx: Ctx, id: number, key: string | null) {
  await showFirst(ctx, { entityType: 'product', entityId: id }, uidIn(key))
  return toProduct(await productOf(ctx, id))
}

/** Other attributes stay; nothing says that there are no ingredients. */
function withIngredients(
  present: ProductView['attributes'],
  ingredients: string[],
): ProductView['attributes'] {
  const others = Object.entries(present).filter(
    ([name]) => name.toLowerCase() !== INGREDIENTS.toLowerCase(),
  )
  const own = ingredients.length > 0 ? { [INGREDIENTS]: ingredients } : {}
  return { ...own, ...Object.fromEntries(others) }
}

productRoutes.delete(
  '/products/:product_id',
  guard('admin'),
  takes({ param: ProductId }),
  async (c) => {
    const { id } = await productOf(c.get('ctx'), c.req.valid('param').product_id)
    await deleteProductById(c.get('ctx'), id)
    return c.body(null, 204)
  },
)

productRoutes.post(
  '/products/:product_id/categories',
  guard('admin'),
  takes({ param: ProductId, json: Assignment }),
  async (c) => {
    const ctx = c.get('ctx')
    const { id, categories: held } = await productOf(ctx, c.req.valid('param').product_id)
    const wanted = new Set(c.req.valid('json').category_ids)
    for (const { id: one } of held) wanted.delete(one)
    const added = (await readEveryCategory(ctx)).filter((one) => wanted.has(one.id))
    const ids = added.map((one) => one.id)
    if (ids.length > 0) await categoriseProduct(ctx, id, ids)
    return c.json({ product_id: id, added_categories: added.map(({ name }) => name) })
  },
)

productRoutes.get(
  '/products/:product_id/categories',
  guard('anyone'),
  takes({ param: ProductId }),
  async (c) => {
    const { categories } = await productOf(c.get('ctx'), c.req.valid('param').product_id)
    return c.json(categories.map(toCategory))
  },
)

productRoutes.delete(
  '/products/:product_id/categories/:category_id',
  guard('admin'),
  takes({ param: InCategory }),
  async (c) => {
    const ctx = c.get('ctx')
    const { product_id, category_id } = c.req.valid('param')
    const { id } = await productOf(ctx, product_id)
    await checkCategory(ctx, category_id)
    await uncategoriseProduct(ctx, id, category_id)
    return c.json(toProduct(await productOf(ctx, id)))
  },
)
