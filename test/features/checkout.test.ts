import { beforeEach, describe, it } from 'vitest'
import { digest } from '../../src/core/crypto.ts'
import { refusesBadInput } from '../support/bad-input.ts'
import {
  buy,
  type Checkout,
  cartOf,
  newShop,
  QUOTE,
  type Quote,
  quote,
  SESSIONS,
  sourceOf,
} from '../support/carts.ts'
import { newVariant, ORDERS, rowOf, stockOf, type Variant } from '../support/orders.ts'
import { StripeAccount } from '../support/stripe.ts'
import type { Params } from '../support/stripe-server.ts'
import { newWorld, type World } from '../support/world.ts'

const RATES = JSON.stringify([
  { id: 'post', label: 'Post', amount: 590, free_above: 5000, countries: ['US'] },
  { id: 'abroad', label: 'Abroad', amount: 1900 },
  { id: 'express', label: 'Express', amount: 1500, countries: ['US', 'CA'] },
])
const SHOP = { SHIPPING_COUNTRIES: 'US,CA,DE', SHIPPING_RATES: RATES }

let world: World
let stripe: StripeAccount
let cup: Variant
beforeEach(async () => {
  stripe = new StripeAccount()
  world = await newWorld({ ...SHOP, ...stripe.settings })
  cup = await newVariant(5)
})

const quoted = async (body: object) => await (await quote(world, body)).json<Quote>()
const ordersOf = () => world.rows('orders')
const routeOf = (path: string, more: object, texts: string[]) => ({
  method: 'POST',
  path,
  caller: 'anonymous' as const,
  valid: { ...cartOf(cup), country: 'US', ...more },
  texts,
  optional: texts,
})
const money = (amount: number) => ({ amount, currency: 'usd' })

describe('a quote', () => {
  it('prices a cart from what is stored, in one round trip', async ({ expect }) => {
    const response = await quote(world, { ...cartOf(cup, 2), country: 'US' })
    expect(response.status).toBe(200)
    expect(response.headers.get('server-timing')).toContain('calls=1 ')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({
      lines: [
        {
          variant_id: cup.id,
          title: 'Cup · Blue',
          quantity: 2,
          unit_price: money(1250),
          total: money(2500),
          problem: null,
          available: 5,
        },
      ],
      subtotal: money(2500),
      discount: null,
      shipping: [
        { id: 'post', label: 'Post', price: money(590) },
        { id: 'express', label: 'Express', price: money(1500) },
        { id: 'abroad', label: 'Abroad', price: money(1900) },
      ],
      total: money(3090),
      currency: 'usd',
      payable: true,
    })
    expect(await world.count('orders')).toBe(0)
    expect(await stockOf(cup)).toEqual([5, 0])
  })

  it('names each line that cannot be had, and says how many there are', async ({ expect }) => {
    const plate = await newVariant(1, { price: 300 })
    const gone = await newVariant(9)
    const hidden = await newVariant(9)
    const db = world.env.DB
    await db.prepare("update variants set status = 'archived' where id = ?").bind(gone.id).run()
    await db
      .prepare(
        "update products set status = 'draft' where id = (select product_id from variants where id = ?)",
      )
      .bind(hidden.id)
      .run()
    const items = [cup.id, cup.id, plate.id, gone.id, hidden.id, 999_999].map((variant_id) => {
      return { variant_id, quantity: 3 }
    })
    const { lines, payable, subtotal } = await quoted({ items })
    expect(lines.map(({ problem, available }) => [problem, available])).toEqual([
      ['too_few', 5],
      ['too_few', 5],
      ['too_few', 1],
      ['gone', 0],
      ['gone', 0],
      ['gone', 0],
    ])
    expect(payable).toBe(false)
    expect(subtotal.amount).toBe(6 * 1250 + 3 * 300)
    expect(JSON.stringify(lines.slice(3))).not.toContain('Cup')
  })

  it('offers what goes to a country, what goes everywhere, and what is free', async ({
    expect,
  }) => {
    const offered = async (country?: string, quantity = 1) => {
      const { shipping } = await quoted({ ...cartOf(cup, quantity), ...(country && { country }) })
      return shipping.map(({ id, price }) => `${id} ${price.amount}`)
    }
    expect(await offered('US')).toEqual(['post 590', 'express 1500', 'abroad 1900'])
    expect(await offered('US', 4)).toEqual(['post 0', 'express 1500', 'abroad 1900'])
    expect(await offered('US', 3)).toEqual(['post 590', 'express 1500', 'abroad 1900'])
    expect(await offered('CA')).toEqual(['express 1500', 'abroad 1900'])
    expect(await offered('DE')).toEqual(['abroad 1900'])
    expect(await offered()).toEqual(['abroad 1900'])
    expect((await quote(world, { ...cartOf(cup), country: 'FR' })).status).toBe(422)
  })

  it('cannot be paid where nothing is sent, and sends for nothing without rates', async ({
    expect,
  }) => {
    const limited = JSON.stringify([{ id: 'a', label: 'A', amount: 4, countries: ['US'] }])
    world.useSettings({ SHIPPING_RATES: limited })
    expect(await quoted(cartOf(cup))).toMatchObject({ shipping: [], payable: false })
    expect(await quoted({ ...cartOf(cup), country: 'US' })).toMatchObject({ payable: true })
    world.useSettings({ SHIPPING_RATES: limited, SHIPPING_COUNTRIES: 'US' })
    expect(await quoted(cartOf(cup))).toMatchObject({ payable: true, total: money(1254) })
    world.useSettings({ SHIPPING_RATES: '[]' })
    expect(await quoted(cartOf(cup))).toMatchObject({ payable: true, total: money(1250) })
  })

  it('refuses a code that there is not', async ({ expect }) => {
    const response = await quote(world, { ...cartOf(cup), discount_code: 'SPRING' })
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({
      errors: [{ path: 'discount_code', code: 'unknown' }],
    })
  })

  it('survives bad input', async ({ expect }) => {
    await refusesBadInput(expect, world, routeOf(QUOTE, {}, ['country']), ordersOf)
  })
})

describe('a checkout', () => {
  const order = { country: 'US', email: 'ann@example.org' }

  it('holds the goods and says where they are paid', async ({ expect }) => {
    const response = await buy(world, { ...cartOf(cup, 2), ...order, shipping_rate: 'express' })
    expect(response.status).toBe(201)
    const view = await response.json<Checkout>()
    const [session] = await stripe.sessions()
    expect(view).toEqual({
      order_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      order_token: expect.stringMatching(/^[\w-]{43}$/),
      url: session?.url,
      expires_at: '2026-05-04T10:05:00.000Z',
    })
    expect(response.headers.get('location')).toBe(`${ORDERS}/${view.order_id}`)
    expect(await stockOf(cup)).toEqual([5, 2])
    expect(await rowOf(view.order_id)).toMatchObject({
      status: 'pending',
      email: 'ann@example.org',
      subtotal: 2500,
      shipping: 1500,
      shipping_rate: 'express',
      shipping_label: 'Express',
      total: 4000,
      currency: 'usd',
      session_id: session?.id,
      token_hash: digest(view.order_token),
      resolve_at: null,
      expires_at: Date.now() + 35 * 60_000,
      reserved_until: Date.now() + 40 * 60_000,
    })
    expect(JSON.stringify(await world.rows('orders'))).not.toContain(view.order_token)
    const own = await world
      .as('anonymous')
      .get(`${ORDERS}/${view.order_id}`, { headers: { 'x-order-token': view.order_token } })
    expect(await own.json()).toMatchObject({ total: money(4000), status: 'pending' })
  })

  it('asks the provider for what is stored, and for nothing else', async ({ expect }) => {
    const view = await (await buy(world, { ...cartOf(cup, 2), ...order })).json<Checkout>()
    const [call] = await stripe.calls()
    expect(call?.headers['idempotency-key']).toBe(view.order_id)
    const { number } = (await rowOf(view.order_id)) ?? {}
    const names = { order_id: view.order_id, order_number: number }
    expect(call?.params).toEqual({
      mode: 'payment',
      client_reference_id: view.order_id,
      metadata: names,
      payment_intent_data: { metadata: names },
      line_items: {
        0: {
          quantity: '2',
          price_data: {
            currency: 'usd',
            unit_amount: '1250',
            product_data: { name: 'Cup · Blue', metadata: { sku: cup.sku } },
          },
        },
      },
      shipping_options: {
        0: {
          shipping_rate_data: {
            type: 'fixed_amount',
            display_name: 'Post',
            fixed_amount: { amount: '590', currency: 'usd' },
            metadata: { rate: 'post' },
          },
        },
      },
      shipping_address_collection: { allowed_countries: { 0: 'US' } },
      automatic_tax: { enabled: 'false' },
      customer_email: 'ann@example.org',
      success_url: `http://localhost:5173/checkout/success#order=${view.order_id}&token=${view.order_token}`,
      cancel_url: 'http://localhost:5173/cart',
      expires_at: String((Date.now() + 35 * 60_000) / 1000),
    })
  })

  it('needs two round trips before the provider is called, and three with a key', async ({
    expect,
  }) => {
    for (const [key, calls] of [
      [undefined, ['D1.batch', 'D1.batch', 'fetch', 'D1.all']],
      ['one', ['D1.all', 'D1.batch', 'D1.batch', 'fetch', 'D1.all']],
    ] as const) {
      world.faults.heal()
      const response = await buy(world, cartOf(cup), key === undefined ? {} : { key })
      expect(response.status).toBe(201)
      const until = world.faults.calls.indexOf('fetch') + 2
      const made = world.faults.calls.filter((name) => name !== 'Shield.limit')
      expect(made.slice(0, until)).toEqual(expect.arrayContaining([...calls]))
      expect(made.indexOf('fetch')).toBe(calls.indexOf('fetch'))
    }
  })

  it('belongs to who is signed in, with the address of the account', async ({ expect }) => {
    const ann = await world.person()
    const response = await buy(world, cartOf(cup), {}, ann)
    const { order_id } = await response.json<Checkout>()
    expect(await rowOf(order_id)).toMatchObject({ email: ann.email })
    const list = await world.as(ann).get(ORDERS)
    expect(await list.json()).toMatchObject({ data: [{ id: order_id }] })
    const headers = { authorization: 'Bearer nonsense' }
    expect((await buy(world, cartOf(cup), { headers })).status).toBe(401)
  })

  it('returns to pages that the settings name, and to no others', async ({ expect }) => {
    const pages = { success: 'https://shop.test/thanks', cancel: 'https://shop.test/cart' }
    const settings = { CHECKOUT_RETURN_URLS: JSON.stringify({ shop: pages }) }
    world.useSettings(settings)
    expect((await buy(world, { ...cartOf(cup), return_to: 'shop' })).status).toBe(201)
    const [call] = await stripe.calls()
    expect(call?.params.success_url).toMatch(/^https:\/\/shop\.test\/thanks#order=/)
    expect(call?.params.cancel_url).toBe('https://shop.test/cart')
    for (const return_to of ['other', 'constructor', 'https://evil.test', '__proto__']) {
      const refused = await buy(world, { ...cartOf(cup), return_to })
      expect(refused.status, return_to).toBe(422)
    }
    expect(await stockOf(cup)).toEqual([5, 1])
  })

  it('takes a rate of the quote, and no other', async ({ expect }) => {
    for (const shipping_rate of ['post', 'nothing', 'POST']) {
      const body = { ...cartOf(cup), country: 'DE', shipping_rate }
      expect((await buy(world, body)).status, shipping_rate).toBe(422)
    }
    expect(await world.count('orders')).toBe(0)
  })

  it('is refused with every line named, and nothing is held', async ({ expect }) => {
    const plate = await newVariant(3)
    const items = [
      { variant_id: cup.id, quantity: 3 },
      { variant_id: plate.id, quantity: 1 },
      { variant_id: cup.id, quantity: 3 },
      { variant_id: 999, quantity: 1 },
    ]
    const response = await buy(world, { items }, { key: 'too many' })
    expect(response.status).toBe(409)
    expect(await response.json()).toMatchObject({
      code: 'conflict',
      errors: [
        { path: 'items.0', code: 'too_few', message: 'Only 5 are left.' },
        { path: 'items.2', code: 'too_few' },
        { path: 'items.3', code: 'gone' },
      ],
    })
    expect(await stockOf(cup)).toEqual([5, 0])
    expect(await stockOf(plate)).toEqual([3, 0])
    for (const table of ['orders', 'order_lines', 'idempotency_keys', 'rate_limits']) {
      expect(await world.count(table), table).toBe(0)
    }
    expect(await stripe.calls()).toEqual([])
  })

  it('goes to the test payment page where no key is set in development', async ({ expect }) => {
    world = await newWorld()
    cup = await newVariant(5)
    const { order_id, url } = await (await buy(world, cartOf(cup))).json<Checkout>()
    expect(url).toBe(`http://localhost:8787/dev/pay/${order_id}`)
    expect(await rowOf(order_id)).toMatchObject({ session_id: `cs_local_${order_id}` })
  })

  it('says so where nobody takes money', async ({ expect }) => {
    const deployed = {
      ENVIRONMENT: 'production',
      PASSWORD_COST: 'strong',
      API_ORIGIN: 'https://api.linden.studio',
      SITE_ORIGIN: 'https://www.linden.studio',
    }
    world = await newWorld(deployed)
    cup = await newVariant(5)
    const response = await buy(world, cartOf(cup))
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ code: 'unavailable' })
    expect(await world.count('orders')).toBe(0)
  })

  it('survives bad input', async ({ expect }) => {
    await refusesBadInput(
      expect,
      world,
      routeOf(SESSIONS, { ...order, shipping_rate: 'post', return_to: 'default' }, [
        'country',
        'email',
        'shipping_rate',
        'return_to',
      ]),
      ordersOf,
    )
  })
})

describe('what is charged', () => {
  it('is what D1 says, whatever the cart tells (T49)', async ({ expect }) => {
    world = await newShop({ ...SHOP, ...stripe.settings })
    cup = await newVariant(50)
    const cart = { ...cartOf(cup, 2), country: 'US' }
    const item = { variant_id: cup.id, quantity: 2 }
    const tampered = [
      { ...cart, total: 1 },
      { ...cart, subtotal: { amount: 1, currency: 'usd' } },
      { ...cart, currency: 'jpy' },
      { ...cart, shipping: 0 },
      { ...cart, shipping_amount: 0 },
      { ...cart, discount: 2400 },
      { items: [{ ...item, price: 1 }], country: 'US' },
      { items: [{ ...item, unit_price: { amount: 1, currency: 'usd' } }], country: 'US' },
      { items: [{ ...item, unit_amount: 1 }], country: 'US' },
      { items: [{ ...item, title: 'Cheap' }], country: 'US' },
    ]
    for (const body of tampered) {
      expect((await buy(world, body)).status, JSON.stringify(body)).toBe(422)
      expect((await quote(world, body)).status).toBe(422)
    }
    expect(await stripe.calls()).toEqual([])
    expect((await buy(world, cart)).status).toBe(201)
    const [session] = await stripe.sessions()
    expect(chargedBy(session?.params)).toBe(2 * 1250 + 590)
  })

  it('never comes from a quantity that is none (B20)', async ({ expect }) => {
    const raw = (quantity: string) =>
      world.as('anonymous').post(SESSIONS, {
        raw: `{"items":[{"variant_id":${cup.id},"quantity":${quantity}}]}`,
        headers: { 'content-type': 'application/json' },
      })
    for (const quantity of [
      '0',
      '-1',
      '0.5',
      '100',
      '2147483648',
      '"1"',
      'null',
      '1e2',
      '[1]',
      'true',
    ]) {
      expect((await raw(quantity)).status, quantity).toBe(422)
    }
    expect(await stripe.calls()).toEqual([])
    expect(await stockOf(cup)).toEqual([5, 0])
  })

  it('never comes from an amount or a currency of the request (B21)', async ({ expect }) => {
    const values = [
      1.005,
      0.1,
      -1,
      1e12,
      19.99,
      '1250',
      null,
      'JPY',
      'KWD',
      'xxx',
      'eur',
      [],
      {},
      0,
    ]
    for (const value of values) {
      for (const name of ['amount', 'currency']) {
        const body = { ...cartOf(cup), [name]: value }
        expect((await buy(world, body)).status, JSON.stringify(body)).toBe(422)
      }
    }
    expect(await world.count('orders')).toBe(0)
  })

  it('is never more than can be counted', async ({ expect }) => {
    const gold = await newVariant(99, { price: 1_000_000_000 })
    expect((await quote(world, cartOf(gold, 1))).status).toBe(200)
    expect((await quote(world, cartOf(gold, 2))).status).toBe(422)
    const items = Array.from({ length: 50 }, () => ({ variant_id: gold.id, quantity: 99 }))
    expect((await buy(world, { items })).status).not.toBe(201)
    expect((await buy(world, cartOf(gold, 2))).status).toBe(422)
    expect(await stockOf(gold)).toEqual([99, 0])
  })

  it('is the price of the moment in which the goods are held', async ({ expect }) => {
    expect((await quoted(cartOf(cup))).subtotal.amount).toBe(1250)
    await world.env.DB.prepare('update variants set price = 1300').run()
    await buy(world, { ...cartOf(cup), country: 'US' })
    const [session] = await stripe.sessions()
    expect(chargedBy(session?.params)).toBe(1300 + 590)
  })
})

describe('limits', () => {
  it('let one source order 5 times a minute and 20 times an hour', async ({ expect }) => {
    cup = await newVariant(99)
    const statuses: number[] = []
    for (let i = 0; i < 6; i++) {
      const response = await buy(world, cartOf(cup))
      statuses.push(response.status)
      await world.env.DB.prepare("update orders set status = 'paid', payment_status = 'paid'").run()
    }
    expect(statuses).toEqual([201, 201, 201, 201, 201, 429])
    expect((await buy(world, cartOf(cup), { from: sourceOf(9) })).status).toBe(201)
    world.pass(61_000)
    for (let i = 0; i < 15; i++) {
      world.pass(13_000)
      expect((await buy(world, cartOf(cup))).status, String(i)).toBe(201)
      await world.env.DB.prepare("update orders set status = 'paid', payment_status = 'paid'").run()
    }
    world.pass(61_000)
    const refused = await buy(world, cartOf(cup))
    expect(refused.status).toBe(429)
    expect(refused.headers.get('ratelimit')).toContain('"checkout-hour";r=0')
  })

  it('let nobody hold goods with more than five unpaid orders', async ({ expect }) => {
    cup = await newVariant(99)
    for (let i = 0; i < 5; i++) {
      expect((await buy(world, cartOf(cup))).status).toBe(201)
      world.pass(60_000)
    }
    const refused = await buy(world, cartOf(cup))
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBe(35 * 60)
    expect(await stockOf(cup)).toEqual([99, 5])
    expect((await buy(world, cartOf(cup), { from: sourceOf(3) })).status).toBe(201)
    const ann = await world.person()
    expect((await buy(world, cartOf(cup), {}, ann)).status).toBe(201)
    world.pass(36 * 60_000)
    await world.runCron('* * * * *')
    expect((await buy(world, cartOf(cup))).status).toBe(201)
  })
})

/** What a session asks the buyer for, in minor units. */
function chargedBy(params: Params = {}): number {
  const lines = Object.values(params.line_items ?? {}) as Params[]
  const shipping = Object.values(params.shipping_options ?? {}) as Params[]
  const amountOf = (value: Params | string | undefined, ...path: string[]) =>
    Number(path.reduce((at, name) => (at as Params | undefined)?.[name], value))
  return (
    lines.reduce(
      (sum, line) => sum + Number(line.quantity) * amountOf(line, 'price_data', 'unit_amount'),
      0,
    ) +
    shipping.reduce(
      (sum, one) => sum + amountOf(one, 'shipping_rate_data', 'fixed_amount', 'amount'),
      0,
    )
  )
}
