import type { Context as Ctx } from '../../context.ts'
import { isAdmin } from '../../core/actor.ts'
import { fromDecimal } from '../../core/money.ts'
import {
  addVariant,
  changeStock,
  countStock,
  removeVariant,
  updateVariantById,
} from '../../features/catalog/service.ts'
import { showFirst } from '../../features/media/placing.ts'
import { createRoutes } from '../../http/routes.ts'
import { invalidInput, Refusal, unless } from '../fastapi/refusal.ts'
import { takes } from '../fastapi/takes.ts'
import { guard, identify } from './audience.ts'
import { Bought, Counted, ProductId, VariantBody, VariantId } from './bodies.ts'
import { productOf, variantOf } from './catalog.ts'
import { uidIn } from './images.ts'
import { activeOf, SHAPE, SIZE, toVariant } from './shapes.ts'

/** What of a product is sold, and how many there are. */
export const variantRoutes = createRoutes()

const ALL = '/products/:product_id/variants/'
const ONE = '/products/:product_id/variants/:variant_id'

variantRoutes.get(ALL, guard('anyone'), takes({ param: ProductId }), async (c) => {
  const product = productOf(c.get('ctx'), c.req.valid('param').product_id)
  const variants = await product.then(activeOf, noneOf)
  return c.json(variants.map(toVariant))
})

/** The original lists nothing of a product that is not there. */
function noneOf(error: unknown): [] {
  if (error instanceof Refusal && error.status === 404) return []
  throw error
}

variantRoutes.post(
  ALL,
  guard('admin'),
  takes({ param: ProductId, json: VariantBody }),
  async (c) => {
    const ctx = c.get('ctx')
    const { id: product_id } = await productOf(ctx, c.req.valid('param').product_id)
    const body = c.req.valid('json')
    const variant = {
      sku: `ETERNO-${crypto.randomUUID().slice(0, 13).toUpperCase()}`,
      ...sold(ctx, body, {}),
      on_hand: body.stock_quantity,
    }
    const made = await addVariant(ctx, product_id, variant, uidIn(body.img_key))
    return c.json(toVariant(made), 201)
  },
)

variantRoutes.get(ONE, guard('anyone'), takes({ param: VariantId }), async (c) =>
  c.json(toVariant(await variantOf(c.get('ctx'), c.req.valid('param')))),
)

variantRoutes.put(
  ONE,
  guard('admin'),
  takes({ param: VariantId, json: VariantBody }),
  async (c) => {
    const ctx = c.get('ctx')
    const at = c.req.valid('param')
    const { id, options } = await variantOf(ctx, at)
    const body = c.req.valid('json')
    await updateVariantById(ctx, id, sold(ctx, body, options))
    await countStock(ctx, id, body.stock_quantity)
    return c.json(await shown(ctx, at, body.img_key))
  },
)

/** The variant with that picture; with the one that it has where nothing is said of it. */
async function shown(ctx: Ctx, at: VariantPlace, key: string | null | undefined) {
  if (key !== undefined) {
    await showFirst(ctx, { entityType: 'variant', entityId: at.variant_id }, uidIn(key))
  }
  return toVariant(await variantOf(ctx, at))
}

type VariantPlace = { product_id: number; variant_id: number }

/** What is written of a variant; options of other names stay. */
function sold(ctx: Ctx, { size, shape, price }: VariantBody, options: Record<string, string>) {
  const ours = [SIZE, SHAPE].map((name) => name.toLowerCase())
  const others = Object.entries(options).filter(([name]) => !ours.includes(name.toLowerCase()))
  const currency = ctx.settings.CURRENCY
  const amount = fromDecimal(price, currency)
  if (amount === null) throw notPayable(currency, price)
  return {
    price: { amount, currency },
    options: { [SIZE]: size, ...(shape && { [SHAPE]: shape }), ...Object.fromEntries(others) },
  }
}

const notPayable = (currency: string, input: string) =>
  invalidInput([
    {
      type: 'value_error',
      loc: ['body', 'price'],
      msg: `Value error, There is no such amount of ${currency}`,
      input,
      ctx: { error: {} },
    },
  ])

variantRoutes.delete(ONE, guard('admin'), takes({ param: VariantId }), async (c) => {
  const { id } = await variantOf(c.get('ctx'), c.req.valid('param'))
  await removeVariant(c.get('ctx'), id)
  return c.body(null, 204)
})

// The shop's success page calls this without a token, for each line of a cart. The payment has taken the
// goods by then, so nobody but an admin moves anything here.
variantRoutes.patch(
  `${ONE}/stock`,
  guard('anyone'),
  identify,
  takes({ param: VariantId, json: Bought }),
  async (c) => {
    const ctx = c.get('ctx')
    const at = c.req.valid('param')
    const { quantity } = c.req.valid('json')
    const variant = await variantOf(ctx, at)
    if (!isAdmin(ctx.actor) || quantity === 0) return c.json(toVariant(variant))
    await changeStock(ctx, variant.id, { change: -quantity, reason: 'correction' }).catch(
      unless({ conflict: () => new Refusal(400, 'Not enough stock') }),
    )
    return c.json(toVariant(await variantOf(ctx, at)))
  },
)

variantRoutes.patch(
  `${ONE}/stock-quantity`,
  guard('admin'),
  takes({ param: VariantId, query: Counted }),
  async (c) => {
    const ctx = c.get('ctx')
    const at = c.req.valid('param')
    const { stock_quantity } = c.req.valid('query')
    const { id } = await variantOf(ctx, at)
    if (stock_quantity < 0) throw new Refusal(400, 'Stock quantity cannot be negative')
    await countStock(ctx, id, stock_quantity)
    return c.json(toVariant(await variantOf(ctx, at)))
  },
)
