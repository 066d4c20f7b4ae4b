import { describe } from '../../http/describe.ts'
import { ifMatch, sendTagged } from '../../http/etag.ts'
import { allow } from '../../http/guards.ts'
import { idempotent } from '../../http/idempotency.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import { CreateItem, ItemId, ItemPage, ItemView, ListItems, UpdateItem } from './schemas.ts'
import * as items from './service.ts'

const tag = 'items'

export const itemRoutes = createRoutes()

itemRoutes.get(
  '/',
  describe({
    id: 'listItems',
    tag,
    summary: 'Your items, newest first',
    returns: { 200: ItemPage },
    refuses: [403],
  }),
  allow('user'),
  validate('query', ListItems),
  async (c) => c.json(await items.listOwnItems(c.get('ctx'), c.req.valid('query')), 200),
)

itemRoutes.post(
  '/',
  describe({ id: 'createItem', tag, summary: 'Make an item', returns: { 201: ItemView } }),
  allow('user'),
  validate('json', CreateItem),
  idempotent((_, view) => items.itemPath(view.id)),
  async (c) => {
    const view = await items.createItem(c.get('ctx'), c.req.valid('json'))
    return c.json(view, 201, { location: items.itemPath(view.id) })
  },
)

itemRoutes.get(
  '/:id',
  describe({ id: 'readItem', tag, summary: 'One item', returns: { 200: ItemView, 304: null } }),
  allow('owner'),
  validate('param', ItemId),
  async (c) => sendTagged(c, await items.readItem(c.get('ctx'), c.req.valid('param').id)),
)

itemRoutes.patch(
  '/:id',
  describe({
    id: 'updateItem',
    tag,
    summary: 'Change an item',
    returns: { 200: ItemView },
    refuses: [412],
  }),
  allow('owner'),
  validate('param', ItemId),
  validate('json', UpdateItem),
  async (c) => {
    const { id } = c.req.valid('param')
    return sendTagged(
      c,
      await items.updateOwnItem(c.get('ctx'), id, c.req.valid('json'), ifMatch(c)),
    )
  },
)

itemRoutes.delete(
  '/:id',
  describe({
    id: 'deleteItem',
    tag,
    summary: 'Delete an item',
    returns: { 204: null },
    refuses: [412],
  }),
  allow('owner'),
  validate('param', ItemId),
  async (c) => {
    await items.deleteOwnItem(c.get('ctx'), c.req.valid('param').id, ifMatch(c))
    return c.body(null, 204)
  },
)
