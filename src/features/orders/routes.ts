import { readAtMost } from '../../http/body.ts'
import { describe } from '../../http/describe.ts'
import { sendTagged } from '../../http/etag.ts'
import { allow, identify } from '../../http/guards.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import { EventTaken, ListOrders, OrderId, OrderPage, OrderView } from './schemas.ts'
import * as orders from './service.ts'

const tag = 'orders'

export const orderRoutes = createRoutes()

orderRoutes.get(
  '/',
  describe({
    id: 'listOrders',
    tag,
    summary: 'What you have bought, newest first',
    returns: { 200: OrderPage },
  }),
  allow('user'),
  validate('query', ListOrders),
  async (c) => c.json(await orders.listMine(c.get('ctx'), c.req.valid('query')), 200),
)

orderRoutes.get(
  '/:id',
  describe({
    id: 'readOrder',
    tag,
    summary: 'One order',
    description:
      'For whoever placed it signed in, or has its token. Everybody else is answered as if there were none.',
    returns: { 200: OrderView, 304: null },
    headers: { 'x-order-token': 'The order’s token, as checkout gave it.' },
  }),
  allow('anyone'),
  identify,
  validate('param', OrderId),
  async (c) => {
    const token = c.req.header('x-order-token')
    return sendTagged(c, await orders.readOrder(c.get('ctx'), c.req.valid('param').id, token))
  },
)

const MAX_EVENT_BYTES = 256 * 1024

export const paymentRoutes = createRoutes()

paymentRoutes.post(
  '/stripe',
  describe({
    id: 'takePaymentEvent',
    tag,
    summary: 'What Stripe tells of payments',
    description:
      'JSON that `stripe-signature` signs. Each event is kept and takes effect once; one that broke is answered 5xx, so that it comes again.',
    returns: { 200: EventTaken },
    refuses: [404, 413],
  }),
  allow('anyone'),
  async (c) => {
    const read = () => readAtMost(c.req.raw, MAX_EVENT_BYTES)
    await orders.takeEvent(c.get('ctx'), c.req.header('stripe-signature'), read)
    return c.json({ received: true }, 200)
  },
)
