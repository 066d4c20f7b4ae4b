import { describe } from '../../http/describe.ts'
import { ifMatch, sendTagged } from '../../http/etag.ts'
import { allow } from '../../http/guards.ts'
import { idempotent } from '../../http/idempotency.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import {
  CreateDiscount,
  DiscountId,
  DiscountPage,
  DiscountView,
  ListDiscounts,
  UpdateDiscount,
} from './schemas.ts'
import * as discounts from './service.ts'

const tag = 'discounts'

export const discountRoutes = createRoutes()

discountRoutes.get(
  '/',
  describe({
    id: 'listDiscounts',
    tag,
    summary: 'Discounts, newest first',
    returns: { 200: DiscountPage },
  }),
  allow('admin'),
  validate('query', ListDiscounts),
  async (c) => c.json(await discounts.listAll(c.get('ctx'), c.req.valid('query')), 200),
)

discountRoutes.post(
  '/',
  describe({
    id: 'createDiscount',
    tag,
    summary: 'Make a discount',
    description:
      'A percentage or an amount off. It is for all goods unless products or categories are named, and for good unless it has dates.',
    returns: { 201: DiscountView },
    refuses: [409],
  }),
  allow('admin'),
  validate('json', CreateDiscount),
  idempotent<DiscountView>(
    (_, view) => discounts.discountPath(view.id),
    (c, id, at) => discounts.readMadeDiscount(c.get('ctx'), id, at),
  ),
  async (c) => {
    const view = await discounts.createDiscount(c.get('ctx'), c.req.valid('json'))
    return c.json(view, 201, { location: discounts.discountPath(view.id) })
  },
)

discountRoutes.get(
  '/:id',
  describe({
    id: 'readDiscount',
    tag,
    summary: 'One discount',
    returns: { 200: DiscountView, 304: null },
  }),
  allow('admin'),
  validate('param', DiscountId),
  async (c) => sendTagged(c, await discounts.readDiscount(c.get('ctx'), c.req.valid('param').id)),
)

discountRoutes.patch(
  '/:id',
  describe({
    id: 'updateDiscount',
    tag,
    summary: 'Change a discount',
    description:
      'For orders from then on; those that were placed keep what they got. The code is fixed once it was used.',
    returns: { 200: DiscountView },
    refuses: [409, 412],
  }),
  allow('admin'),
  validate('param', DiscountId),
  validate('json', UpdateDiscount),
  async (c) => {
    const { id } = c.req.valid('param')
    const input = c.req.valid('json')
    return sendTagged(c, await discounts.updateDiscountById(c.get('ctx'), id, input, ifMatch(c)))
  },
)

discountRoutes.delete(
  '/:id',
  describe({
    id: 'deleteDiscount',
    tag,
    summary: 'Delete a discount',
    description: 'One that was ever used is disabled instead.',
    returns: { 204: null },
    refuses: [412],
  }),
  allow('admin'),
  validate('param', DiscountId),
  async (c) => {
    await discounts.removeDiscount(c.get('ctx'), c.req.valid('param').id, ifMatch(c))
    return c.body(null, 204)
  },
)
