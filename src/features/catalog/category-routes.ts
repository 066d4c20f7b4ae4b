import { describe } from '../../http/describe.ts'
import { ifMatch, sendTagged } from '../../http/etag.ts'
import { allow } from '../../http/guards.ts'
import { idempotent } from '../../http/idempotency.ts'
import { createRoutes } from '../../http/routes.ts'
import { sendFound, sendListed } from '../../http/send.ts'
import { validate } from '../../http/validate.ts'
import {
  CategoryId,
  CategoryName,
  CategoryPage,
  CategoryView,
  CreateCategory,
  ListCategories,
  UpdateCategory,
} from './category-schemas.ts'
import * as catalog from './service.ts'

const tag = 'catalog'

export const categoryRoutes = createRoutes()

categoryRoutes.get(
  '/',
  describe({
    id: 'listCategories',
    tag,
    summary: 'Categories by name, with how many products each has',
    returns: { 200: CategoryPage, 304: null },
  }),
  allow('anyone'),
  validate('query', ListCategories),
  async (c) => sendListed(c, await catalog.listAllCategories(c.get('ctx'), c.req.valid('query'))),
)

categoryRoutes.get(
  '/:id',
  describe({
    id: 'readCategory',
    tag,
    summary: 'One category, by id or slug',
    description: 'An old slug is answered with the present one.',
    returns: { 200: CategoryView, 301: null, 304: null },
  }),
  allow('anyone'),
  validate('param', CategoryName),
  async (c) => sendFound(c, await catalog.readCategory(c.get('ctx'), c.req.valid('param').id)),
)

categoryRoutes.post(
  '/',
  describe({
    id: 'createCategory',
    tag,
    summary: 'Make a category',
    returns: { 201: CategoryView },
    refuses: [409],
  }),
  allow('admin'),
  validate('json', CreateCategory),
  idempotent<CategoryView>(
    (_, view) => catalog.categoryPath(view.id),
    (c, id, at) => catalog.readMadeCategory(c.get('ctx'), id, at),
  ),
  async (c) => {
    const view = await catalog.createCategory(c.get('ctx'), c.req.valid('json'))
    return c.json(view, 201, { location: catalog.categoryPath(view.id) })
  },
)

categoryRoutes.patch(
  '/:id',
  describe({
    id: 'updateCategory',
    tag,
    summary: 'Change a category',
    returns: { 200: CategoryView },
    refuses: [409, 412],
  }),
  allow('admin'),
  validate('param', CategoryId),
  validate('json', UpdateCategory),
  async (c) => {
    const { id } = c.req.valid('param')
    const input = c.req.valid('json')
    return sendTagged(c, await catalog.updateCategoryById(c.get('ctx'), id, input, ifMatch(c)))
  },
)

categoryRoutes.delete(
  '/:id',
  describe({
    id: 'deleteCategory',
    tag,
    summary: 'Delete a category; its products stay',
    returns: { 204: null },
    refuses: [412],
  }),
  allow('admin'),
  validate('param', CategoryId),
  async (c) => {
    await catalog.deleteCategoryById(c.get('ctx'), c.req.valid('param').id, ifMatch(c))
    return c.body(null, 204)
  },
)
