import type { Context } from 'hono'
import { describe } from '../../http/describe.ts'
import { ifMatch, sendTagged } from '../../http/etag.ts'
import { allow, stepUp } from '../../http/guards.ts'
import { idempotent } from '../../http/idempotency.ts'
import type { AppEnv } from '../../http/router.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import * as s from './admin-schemas.ts'
import { OrderId } from './schemas.ts'
import * as orders from './service.ts'

const tag = 'orders'

/** A refund is shown with its order. */
const locate = (c: Context<AppEnv>) => `/api/v1/admin/orders/${c.req.param('id')}`

export const orderAdminRoutes = createRoutes()

orderAdminRoutes.get(
  '/orders',
  describe({
    id: 'findOrders',
    tag,
    summary: 'All orders, newest first',
    returns: { 200: s.ManagedOrderPage },
  }),
  allow('admin'),
  validate('query', s.FindOrders),
  async (c) => c.json(await orders.listAll(c.get('ctx'), c.req.valid('query')), 200),
)

orderAdminRoutes.get(
  '/orders.csv',
  describe({
    id: 'exportOrders',
    tag,
    summary: 'Orders as a table, oldest first',
    description:
      'Amounts are in minor units. What a spreadsheet would take for a formula has an apostrophe in front.',
    returns: { 200: 'text/csv' },
  }),
  allow('admin'),
  validate('query', s.ExportOrders),
  async (c) =>
    c.body(await orders.exportOrders(c.get('ctx'), c.req.valid('query')), 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="orders.csv"',
    }),
)

orderAdminRoutes.get(
  '/orders/:id',
  describe({
    id: 'readOrderFile',
    tag,
    summary: 'One order with its payment, events and mails',
    returns: { 200: s.OrderFile, 304: null },
  }),
  allow('admin'),
  validate('param', OrderId),
  async (c) => sendTagged(c, await orders.readFile(c.get('ctx'), c.req.valid('param').id)),
)

orderAdminRoutes.patch(
  '/orders/:id',
  describe({
    id: 'manageOrder',
    tag,
    summary: 'Send an order on its way, or cancel it',
    description:
      '`fulfil` is for a paid order and mails its buyer, with the tracking if there is one; `cancel` is for one that nobody has paid, ends its payment page and puts its goods back. A payment that comes all the same wins.',
    returns: { 200: s.OrderFile },
    refuses: [409, 412],
  }),
  allow('admin'),
  validate('param', OrderId),
  validate('json', s.ManageOrder),
  async (c) => {
    const ctx = c.get('ctx')
    const { id } = c.req.valid('param')
    await orders.manageOrder(ctx, id, c.req.valid('json'), ifMatch(c))
    return sendTagged(c, await orders.readFile(ctx, id))
  },
)

orderAdminRoutes.post(
  '/orders/:id/refunds',
  describe({
    id: 'refundOrder',
    tag,
    summary: 'Give money back',
    description:
      'All that is left, an amount, or what some lines have brought. It never exceeds what was paid. A refund whose result the payment provider does not tell is `pending`, holds its amount, and is asked for again by itself. The buyer is mailed when the money is on its way.',
    returns: { 201: s.RefundView },
    refuses: [409],
  }),
  allow('admin'),
  stepUp(),
  validate('param', OrderId),
  validate('json', s.RefundOrder),
  idempotent<s.RefundView>(locate, (c, made) => orders.readMadeRefund(c.get('ctx'), made)),
  async (c) => {
    const view = await orders.refundOrder(
      c.get('ctx'),
      c.req.valid('param').id,
      c.req.valid('json'),
    )
    return c.json(view, 201, { location: locate(c) })
  },
)

orderAdminRoutes.get(
  '/payment-events',
  describe({
    id: 'listPaymentEvents',
    tag,
    summary: 'What the payment provider told, newest first',
    returns: { 200: s.PaymentEventPage },
  }),
  allow('admin'),
  validate('query', s.ListPaymentEvents),
  async (c) => c.json(await orders.listPaymentEvents(c.get('ctx'), c.req.valid('query')), 200),
)

orderAdminRoutes.post(
  '/payment-events/:id/replay',
  describe({
    id: 'replayPaymentEvent',
    tag,
    summary: 'Work on an event once more',
    description:
      'It is checked as at first, and what it has done already is not done again. Possible until its content is erased.',
    returns: { 200: s.PaymentEventView },
    refuses: [409],
  }),
  allow('admin'),
  validate('param', OrderId),
  async (c) => c.json(await orders.replayEvent(c.get('ctx'), c.req.valid('param').id), 200),
)
