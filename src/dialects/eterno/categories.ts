import {
  createCategories,
  deleteCategoryById,
  readCatalog,
  readEveryCategory,
  updateCategoryById,
} from '../../features/catalog/service.ts'
import { createRoutes } from '../../http/routes.ts'
import { unless } from '../fastapi/refusal.ts'
import { takes } from '../fastapi/takes.ts'
import { guard } from './audience.ts'
import { CategoryBodies, CategoryBody, CategoryId } from './bodies.ts'
import { lost } from './catalog.ts'
import { toCategory, toSummary } from './shapes.ts'

export const categoryRoutes = createRoutes()

const gone = (id: number) => unless({ not_found: () => lost('Category', id) })

categoryRoutes.get('/categories/', guard('anyone'), async (c) =>
  c.json((await readEveryCategory(c.get('ctx'))).map(toCategory)),
)

categoryRoutes.post('/categories/', guard('admin'), takes({ json: CategoryBodies }), async (c) => {
  const made = await createCategories(c.get('ctx'), c.req.valid('json'))
  return c.json(made.map(toCategory), 201)
})

categoryRoutes.get(
  '/categories/:category_id',
  guard('anyone'),
  takes({ param: CategoryId }),
  async (c) => {
    const ctx = c.get('ctx')
    const { category_id } = c.req.valid('param')
    const category = (await readEveryCategory(ctx)).find(({ id }) => id === category_id)
    if (!category) throw lost('Category', category_id)
    const products = (await readCatalog(ctx)).filter(({ categories }) =>
      categories.some(({ id }) => id === category_id),
    )
    return c.json({ ...toCategory(category), products: products.map(toSummary) })
  },
)

categoryRoutes.put(
  '/categories/:category_id',
  guard('admin'),
  takes({ param: CategoryId, json: CategoryBody }),
  async (c) => {
    const { category_id } = c.req.valid('param')
    const changed = updateCategoryById(c.get('ctx'), category_id, c.req.valid('json'))
    const { view } = await changed.catch(gone(category_id))
    return c.json(toCategory(view))
  },
)

categoryRoutes.delete(
  '/categories/:category_id',
  guard('admin'),
  takes({ param: CategoryId }),
  async (c) => {
    const { category_id } = c.req.valid('param')
    await deleteCategoryById(c.get('ctx'), category_id).catch(gone(category_id))
    return c.body(null, 204)
  },
)
