import { describe } from '../../http/describe.ts'
import { allow, identify } from '../../http/guards.ts'
import { idempotent } from '../../http/idempotency.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import { CHECKOUT_LIMITS, CODE_TRIES } from './limits.ts'
import { CheckoutView, QuoteCart, QuoteView, StartCheckout } from './schemas.ts'
import * as checkout from './service.ts'

const tag = 'checkout'

export const checkoutRoutes = createRoutes()

checkoutRoutes.post(
  '/quote',
  describe({
    id: 'quoteCart',
    tag,
    summary: 'What a cart comes to',
    description:
      'Holds nothing. Prices are those of this moment, and never the caller’s. A code that cannot be used is refused at `discount_code`: unknown, not_yet, over, used_up, used_by_you, needs_email, below_minimum or not_for_these.',
    returns: { 200: QuoteView },
    refuses: [401],
    limits: [CODE_TRIES],
  }),
  allow('anyone'),
  identify,
  validate('json', QuoteCart),
  async (c) => c.json(await checkout.quoteCart(c.get('ctx'), c.req.valid('json')), 200),
)

checkoutRoutes.post(
  '/sessions',
  describe({
    id: 'startCheckout',
    tag,
    summary: 'Order a cart and pay it',
    description:
      'Holds the goods until the order is paid or over. 409 names each line that cannot be had (`items.0`), and nothing is held. After a 503 repeat it with the same Idempotency-Key: it leads to the same order. A double click is one order: the same cart of one account, or of one guest who gives an e-mail address, within ten seconds.',
    returns: { 201: CheckoutView },
    refuses: [401, 409],
    limits: [...CHECKOUT_LIMITS, CODE_TRIES],
  }),
  allow('anyone'),
  identify,
  validate('json', StartCheckout),
  idempotent<CheckoutView>(
    (_, view) => orderPath(view.order_id),
    (c, made) => checkout.recallCheckout(c.get('ctx'), made),
  ),
  async (c) => {
    const view = await checkout.startCheckout(c.get('ctx'), c.req.valid('json'))
    return c.json(view, 201, { location: orderPath(view.order_id) })
  },
)

const orderPath = (uid: string): string => `/api/v1/orders/${uid}`
