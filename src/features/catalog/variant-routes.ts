import { describe } from '../../http/describe.ts'
import { ifMatch, sendTagged } from '../../http/etag.ts'
import { allow } from '../../http/guards.ts'
import { idempotent } from '../../http/idempotency.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import * as catalog from './service.ts'
import {
  ChangeStock,
  InventoryPage,
  ListInventory,
  ListMovements,
  MovementPage,
  StockChangeView,
} from './stock-schemas.ts'
import { UpdateVariant, VariantId, VariantView } from './variant-schemas.ts'

const tag = 'catalog'

export const variantRoutes = createRoutes()
export const inventoryRoutes = createRoutes()

variantRoutes.patch(
  '/:id',
  describe({
    id: 'updateVariant',
    tag,
    summary: 'Change, archive or bring back a variant',
    description: 'Its stock changes by rows of the ledger only.',
    returns: { 200: VariantView },
    refuses: [409, 412],
  }),
  allow('admin'),
  validate('param', VariantId),
  validate('json', UpdateVariant),
  async (c) => {
    const { id } = c.req.valid('param')
    const input = c.req.valid('json')
    return sendTagged(c, await catalog.updateVariantById(c.get('ctx'), id, input, ifMatch(c)))
  },
)

variantRoutes.delete(
  '/:id',
  describe({
    id: 'deleteVariant',
    tag,
    summary: 'Delete a variant; one that was ever ordered is archived instead',
    returns: { 204: null },
    refuses: [412],
  }),
  allow('admin'),
  validate('param', VariantId),
  async (c) => {
    await catalog.removeVariant(c.get('ctx'), c.req.valid('param').id, ifMatch(c))
    return c.body(null, 204)
  },
)

variantRoutes.get(
  '/:id/stock',
  describe({
    id: 'listStockMovements',
    tag,
    summary: 'How the stock of a variant came about, newest first',
    returns: { 200: MovementPage },
  }),
  allow('admin'),
  validate('param', VariantId),
  validate('query', ListMovements),
  async (c) => {
    const { id } = c.req.valid('param')
    return c.json(await catalog.listLedger(c.get('ctx'), id, c.req.valid('query')), 200)
  },
)

variantRoutes.post(
  '/:id/stock',
  describe({
    id: 'changeStock',
    tag,
    summary: 'Say what came or went',
    description: 'What is held for orders cannot go.',
    returns: { 201: StockChangeView },
    refuses: [409],
  }),
  allow('admin'),
  validate('param', VariantId),
  validate('json', ChangeStock),
  idempotent<StockChangeView>(
    (_, view) => catalog.stockPath(view.variant_id),
    (c, id, at) => catalog.readMadeMovement(c.get('ctx'), id, at),
  ),
  async (c) => {
    const { id } = c.req.valid('param')
    const view = await catalog.changeStock(c.get('ctx'), id, c.req.valid('json'))
    return c.json(view, 201, { location: catalog.stockPath(id) })
  },
)

inventoryRoutes.get(
  '/',
  describe({
    id: 'listInventory',
    tag,
    summary: 'What is there of each variant, newest first',
    returns: { 200: InventoryPage },
  }),
  allow('admin'),
  validate('query', ListInventory),
  async (c) => c.json(await catalog.listStock(c.get('ctx'), c.req.valid('query')), 200),
)
