import type { Context as Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import {
  createItem,
  deleteOwnItem,
  isItem,
  readItem,
  sliceOwnItems,
  updateOwnItem,
} from '../../features/items/service.ts'
import { createRoutes } from '../../http/routes.ts'
import { Refusal } from '../fastapi/refusal.ts'
import { takes } from '../fastapi/takes.ts'
import { guard } from './audience.ts'
import { ItemCreate, ItemId, ItemUpdate, Paging, toItem } from './shapes.ts'

/** What belongs to whoever made it. */
export const itemRoutes = createRoutes()

/** The original tells an item of somebody else from one that there is not. */
const tellForeign = (ctx: Ctx, id: string) => async (error: unknown) => {
  if (!(error instanceof AppError) || error.code !== 'not_found') throw error
  throw (await isItem(ctx, id))
    ? new Refusal(403, 'Not enough permissions')
    : new Refusal(404, 'Item not found')
}

itemRoutes.get('/items/', guard('user'), takes({ query: Paging }), async (c) => {
  const { items, count } = await sliceOwnItems(c.get('ctx'), c.req.valid('query'))
  return c.json({ data: items.map(toItem), count })
})

itemRoutes.post('/items/', guard('user'), takes({ json: ItemCreate }), async (c) =>
  c.json(toItem(await createItem(c.get('ctx'), c.req.valid('json')))),
)

itemRoutes.get('/items/:id', guard('owner'), takes({ param: ItemId }), async (c) => {
  const { id } = c.req.valid('param')
  const { view } = await readItem(c.get('ctx'), id).catch(tellForeign(c.get('ctx'), id))
  return c.json(toItem(view))
})

itemRoutes.put(
  '/items/:id',
  guard('owner'),
  takes({ param: ItemId, json: ItemUpdate }),
  async (c) => {
    const ctx = c.get('ctx')
    const { id } = c.req.valid('param')
    const changed = updateOwnItem(ctx, id, c.req.valid('json'))
    const { view } = await changed.catch(tellForeign(ctx, id))
    return c.json(toItem(view))
  },
)

itemRoutes.delete('/items/:id', guard('owner'), takes({ param: ItemId }), async (c) => {
  const { id } = c.req.valid('param')
  await deleteOwnItem(c.get('ctx'), id).catch(tellForeign(c.get('ctx'), id))
  return c.json({ message: 'Item deleted successfully' })
})
