import { MAX_TEXT_BYTES } from '../../http/body.ts'
import { describe } from '../../http/describe.ts'
import { ifMatch, sendTagged } from '../../http/etag.ts'
import { allow, identify } from '../../http/guards.ts'
import { idempotent } from '../../http/idempotency.ts'
import { createRoutes } from '../../http/routes.ts'
import { sendFound, sendListed } from '../../http/send.ts'
import { validate } from '../../http/validate.ts'
import {
  CreateProduct,
  ListHidden,
  ListProducts,
  ProductCategory,
  ProductId,
  ProductName,
  ProductPage,
  ProductView,
  UpdateProduct,
} from './schemas.ts'
import * as catalog from './service.ts'
import { CreateVariant, VariantView } from './variant-schemas.ts'

const tag = 'catalog'
const long = { maxBytes: MAX_TEXT_BYTES }

export const productRoutes = createRoutes()

productRoutes.get(
  '/',
  describe({
    id: 'listProducts',
    tag,
    summary: 'What is sold, with variants, pictures and how many can be had',
    returns: { 200: ProductPage, 304: null },
  }),
  allow('anyone'),
  validate('query', ListProducts),
  async (c) => sendListed(c, await catalog.listActive(c.get('ctx'), c.req.valid('query'))),
)

productRoutes.get(
  '/drafts',
  describe({
    id: 'listHiddenProducts',
    tag,
    summary: 'Drafts and archived products, newest first',
    returns: { 200: ProductPage },
  }),
  allow('admin'),
  validate('query', ListHidden),
  async (c) => c.json(await catalog.listHiddenProducts(c.get('ctx'), c.req.valid('query')), 200),
)

productRoutes.get(
  '/:id',
  describe({
    id: 'readProduct',
    tag,
    summary: 'One product, by id or slug',
    description:
      'An old slug is answered with the present one. An admin who sends a token sees drafts, what is archived and stock too.',
    returns: { 200: ProductView, 301: null, 304: null },
    refuses: [401],
  }),
  allow('anyone'),
  identify,
  validate('param', ProductName),
  async (c) => sendFound(c, await catalog.readProduct(c.get('ctx'), c.req.valid('param').id)),
)

productRoutes.post(
  '/',
  describe({
    id: 'createProduct',
    tag,
    summary: 'Make a product with its variants',
    description: 'It is a draft unless `status` says otherwise.',
    returns: { 201: ProductView },
    refuses: [409],
  }),
  allow('admin'),
  validate('json', CreateProduct, long),
  idempotent<ProductView>(
    (_, view) => catalog.productPath(view.id),
    (c, id, at) => catalog.readMadeProduct(c.get('ctx'), id, at),
  ),
  async (c) => {
    const view = await catalog.createProduct(c.get('ctx'), c.req.valid('json'))
    return c.json(view, 201, { location: catalog.productPath(view.id) })
  },
)

productRoutes.patch(
  '/:id',
  describe({
    id: 'updateProduct',
    tag,
    summary: 'Change, show, hide or archive a product',
    returns: { 200: ProductView },
    refuses: [409, 412],
  }),
  allow('admin'),
  validate('param', ProductId),
  validate('json', UpdateProduct, long),
  async (c) => {
    const { id } = c.req.valid('param')
    const input = c.req.valid('json')
    return sendTagged(c, await catalog.updateProductById(c.get('ctx'), id, input, ifMatch(c)))
  },
)

productRoutes.delete(
  '/:id',
  describe({
    id: 'deleteProduct',
    tag,
    summary: 'Delete a product; one that was ever ordered is archived instead',
    returns: { 204: null },
    refuses: [412],
  }),
  allow('admin'),
  validate('param', ProductId),
  async (c) => {
    await catalog.deleteProductById(c.get('ctx'), c.req.valid('param').id, ifMatch(c))
    return c.body(null, 204)
  },
)

productRoutes.put(
  '/:id/categories/:category_id',
  describe({
    id: 'categoriseProduct',
    tag,
    summary: 'Put a product into a category',
    returns: { 204: null },
    refuses: [409],
  }),
  allow('admin'),
  validate('param', ProductCategory),
  async (c) => {
    const { id, category_id } = c.req.valid('param')
    await catalog.categoriseProduct(c.get('ctx'), id, [category_id])
    return c.body(null, 204)
  },
)

productRoutes.delete(
  '/:id/categories/:category_id',
  describe({
    id: 'uncategoriseProduct',
    tag,
    summary: 'Take a product out of a category',
    returns: { 204: null },
  }),
  allow('admin'),
  validate('param', ProductCategory),
  async (c) => {
    const { id, category_id } = c.req.valid('param')
    await catalog.uncategoriseProduct(c.get('ctx'), id, category_id)
    return c.body(null, 204)
  },
)

productRoutes.post(
  '/:id/variants',
  describe({
    id: 'addVariant',
    tag,
    summary: 'Add a variant to a product',
    returns: { 201: VariantView },
    refuses: [409],
  }),
  allow('admin'),
  validate('param', ProductId),
  validate('json', CreateVariant),
  idempotent<VariantView>(
    (_, view) => catalog.variantPath(view.id),
    (c, id, at) => catalog.readMadeVariant(c.get('ctx'), id, at),
  ),
  async (c) => {
    const { id } = c.req.valid('param')
    const view = await catalog.addVariant(c.get('ctx'), id, c.req.valid('json'))
    return c.json(view, 201, { location: catalog.variantPath(view.id) })
  },
)
