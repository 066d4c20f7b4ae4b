import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import {
  buy,
  type Checkout,
  cartOf,
  newShop,
  quote,
  sourceOf,
  stockIsTrue,
} from '../support/carts.ts'
import { DISCOUNTS, newDiscount, usesOf } from '../support/discounts.ts'
import { newVariant, rowOf, type Sold, stockOf, type Variant } from '../support/orders.ts'
import { rounds } from '../support/rounds.ts'
import { StripeAccount } from '../support/stripe.ts'
import { paid, tell } from '../support/stripe-events.ts'
import type { Params } from '../support/stripe-server.ts'
import type { World } from '../support/world.ts'

const CRON = '* * * * *'
const MINUTE = 60_000
const POST = JSON.stringify([{ id: 'post', label: 'Post', amount: 590, free_above: 5000 }])

let world: World
let cup: Variant
let bowl: Variant
beforeEach(async () => {
  world = await newShop({ SHIPPING_RATES: POST })
  cup = await newVariant(1000, { price: 1250 })
  bowl = await newVariant(1000, { price: 4000, title: 'Bowl' })
})

const usd = (amount: number) => ({ amount, currency: 'usd' })
const both = () => ({ items: [...cartOf(cup).items, ...cartOf(bowl).items] })
const withCode = (body: object = cartOf(cup), discount_code = 'spring-10') => ({
  ...body,
  discount_code,
})
/** The status of a refusal and what it says of the code. */
async function refusalOf(response: Response): Promise<unknown[]> {
  const { errors = [] } = await response.json<{ errors?: { path: string; code: string }[] }>()
  return [response.status, ...errors.map(({ path, code }) => `${path} ${code}`)]
}
const refused = (code: string) => [422, `discount_code ${code}`]

/** An order of a real checkout, as the events of its payment name it. */
async function order(body: object, from?: string): Promise<Sold> {
  const response = await buy(world, body, from === undefined ? {} : { from })
  if (response.status !== 201) throw new Error(await response.text())
  const { order_id, order_token } = await response.json<Checkout>()
  const row = await rowOf(order_id)
  return {
    uid: order_id,
    number: String(row?.number),
    token: order_token,
    sessionId: String(row?.session_id),
    subtotal: Number(row?.subtotal),
    discount: Number(row?.discount),
    shipping: Number(row?.shipping),
    total: Number(row?.total),
  }
}

describe('a code in a quote', () => {
  it('takes its part off the total, in one round trip', async ({ expect }) => {
    await newDiscount(world, { code: 'Spring-10' })
    const response = await quote(world, withCode(both()))
    expect(response.headers.get('server-timing')).toContain('calls=1 ')
    expect(await response.json()).toMatchObject({
      subtotal: usd(5250),
      discount: { code: 'Spring-10', amount: usd(525) },
      // Below what sends it free of charge, now that the goods cost less.
      shipping: [{ id: 'post', price: usd(590) }],
      total: usd(5315),
      payable: true,
    })
    expect(await (await quote(world, both())).json()).toMatchObject({ total: usd(5250) })
    expect(await usesOf('spring-10')).toMatchObject({ counted: '0 held, 0 used' })
  })

  it('is refused with its reason, and one that was switched off like one that never was', async ({
    expect,
  }) => {
    const { id } = await newDiscount(world, { code: 'OFF', enabled: false })
    const [never, off] = await Promise.all(
      ['NEVER', 'OFF'].map(async (code) => {
        const response = await quote(world, withCode(cartOf(cup), code))
        return (await response.text()).replace(/"request_id":"[^"]*"/, '')
      }),
    )
    expect(never).toBe(off)
    expect(await refusalOf(await quote(world, withCode(cartOf(cup), 'nö?')))).toEqual(
      refused('unknown'),
    )
    const changes: [object, string][] = [
      [{ enabled: true, ends_at: '2026-05-01T00:00:00.000Z' }, 'over'],
      [{ ends_at: null, starts_at: '2026-06-01T00:00:00.000Z' }, 'not_yet'],
      [{ starts_at: null, minimum: usd(9000) }, 'below_minimum'],
    ]
    for (const [body, reason] of changes) {
      expect((await world.as('admin').patch(`${DISCOUNTS}/${id}`, { body })).status).toBe(200)
      for (const ask of [quote, buy]) {
        expect(await refusalOf(await ask(world, withCode(both(), 'off')))).toEqual(refused(reason))
      }
    }
    expect(await world.count('orders')).toBe(0)
  })

  it('tells a signed-in buyer that it was theirs already', async ({ expect }) => {
    await newDiscount(world, { max_uses_per_customer: 1 })
    const ann = await world.person()
    const ask = () => world.as(ann).post('/api/v1/checkout/quote', { body: withCode() })
    expect((await ask()).status).toBe(200)
    expect((await buy(world, withCode(), {}, ann)).status).toBe(201)
    expect(await refusalOf(await ask())).toEqual(refused('used_by_you'))
    // As a guest with the address of that account, and with no address at all.
    const guest = { ...withCode(both()), email: ann.email.toUpperCase() }
    expect(await refusalOf(await buy(world, guest))).toEqual(refused('used_by_you'))
    expect(await refusalOf(await buy(world, withCode()))).toEqual(refused('needs_email'))
    // A quote is for whoever has not said yet who they are.
    expect((await quote(world, withCode())).status).toBe(200)
    expect((await buy(world, { ...withCode(), email: 'ben@example.org' })).status).toBe(201)
  })

  it('cannot be guessed: twenty wrong ones in an hour are enough', async ({ expect }) => {
    world = await newShop({ RATE_LIMIT_SCALE: '1' })
    cup = await newVariant(5)
    await newDiscount(world)
    const ask = (code: string, from = '192.0.2.7') =>
      quote(world, withCode(cartOf(cup), code), from)
    for (let index = 0; index < 20; index++) expect((await ask(`X-${index}`)).status).toBe(422)
    // The right one is not answered differently any more.
    for (const code of ['X-21', 'SPRING-10']) {
      const response = await ask(code)
      expect([response.status, response.headers.get('retry-after')]).toEqual([429, '3600'])
      const order = await buy(world, withCode(cartOf(cup), code), { from: '192.0.2.7' })
      expect(order.status).toBe(429)
    }
    expect((await quote(world, cartOf(cup), '192.0.2.7')).status).toBe(200)
    expect((await ask('SPRING-10', '192.0.2.8')).status).toBe(200)
    world.pass(60 * MINUTE)
    expect((await ask('SPRING-10')).status).toBe(200)
  })
})

describe('an order with a code', () => {
  it('keeps what each line got, and is charged that to the cent', async ({ expect }) => {
    const stripe = new StripeAccount()
    world.useSettings({ ...stripe.settings })
    await newDiscount(world, { code: 'Third', percent: null, amount: usd(1000) })
    const sold = await order(withCode(both(), 'third'))
    expect(await rowOf(sold.uid)).toMatchObject({
      subtotal: 5250,
      discount: 1000,
      discount_code: 'Third',
      shipping: 590,
      total: 4840,
    })
    const parts = (await world.rows('order_lines')).map(({ discount }) => discount)
    expect(parts).toEqual([238, 762])
    const [coupon, session] = await stripe.calls()
    expect(coupon).toMatchObject({
      path: '/v1/coupons',
      params: { duration: 'once', amount_off: '1000', currency: 'usd', name: 'Third' },
      headers: { 'idempotency-key': `${sold.uid}:coupon` },
    })
    expect(session?.params.discounts).toEqual({
      0: { coupon: expect.stringMatching(/^coupon_/) },
    })
    expect(chargedBy(session?.params ?? {}, coupon?.params ?? {})).toBe(sold.total)
  })

  it('is believed when it is paid, and its use is used', async ({ expect }) => {
    await newDiscount(world, { max_uses: 1 })
    const sold = await order(withCode(both()))
    expect(await refusalOf(await buy(world, withCode()))).toEqual(refused('used_up'))
    expect((await tell(world, paid(sold))).status).toBe(200)
    expect(await rowOf(sold.uid)).toMatchObject({ status: 'paid', amount_paid: 5315 })
    expect(await usesOf('SPRING-10')).toEqual({ counted: '0 held, 1 used', rows: '0 held, 1 used' })
    const [receipt] = (await world.rows('outbox')).filter(({ kind }) => kind === 'order.received')
    expect(receipt).toBeDefined()
    const view = await world
      .as('anonymous')
      .get(`/api/v1/orders/${sold.uid}`, { headers: { 'x-order-token': sold.token } })
    expect(await view.json()).toMatchObject({ discount: usd(525), total: usd(5315) })
  })

  it('that takes everything off is paid with nothing', async ({ expect }) => {
    world.useSettings({ SHIPPING_RATES: '[]' })
    await newDiscount(world, { percent: 100 })
    const sold = await order(withCode(both()))
    expect(sold.total).toBe(0)
    const free = { payment_status: 'no_payment_required', payment_intent: null }
    expect((await tell(world, paid(sold, free))).status).toBe(200)
    expect(await rowOf(sold.uid)).toMatchObject({ status: 'paid', amount_paid: 0 })
    expect(await usesOf('SPRING-10')).toMatchObject({ counted: '0 held, 1 used' })
  })

  it('of 10 uses is placed 10 times by 100 buyers at once', async ({ expect }) => {
    for (let round = 0; round < rounds(20); round++) {
      const code = `TEN-${round}`
      await newDiscount(world, { code, max_uses: 10 })
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, buyer) =>
          buy(world, withCode(cartOf(cup), code), { from: sourceOf(buyer) }),
        ),
      )
      const statuses = answers.map(({ status }) => status)
      expect(statuses.filter((status) => status === 201)).toHaveLength(10)
      for (const answer of answers.filter(({ status }) => status !== 201)) {
        expect(await refusalOf(answer)).toEqual(refused('used_up'))
      }
      expect(await usesOf(code)).toEqual({ counted: '10 held, 0 used', rows: '10 held, 0 used' })
    }
    expect(await stockOf(cup)).toEqual([1000, 10 * rounds(20)])
    expect(await world.count('orders')).toBe(10 * rounds(20))
    // Nobody pays: all of it comes back.
    world.pass(41 * MINUTE)
    for (let run = 0; run < 3; run++) await world.runCron(CRON)
    expect(await stockOf(cup)).toEqual([1000, 0])
    expect(await usesOf('TEN-0')).toEqual({ counted: '0 held, 0 used', rows: '0 held, 0 used' })
    expect(await stockIsTrue(world)).toBe(true)
    expect((await buy(world, withCode(cartOf(cup), 'ten-0'))).status).toBe(201)
  })

  it('gives its use back when it is cancelled, or refused by the provider', async ({ expect }) => {
    await newDiscount(world, { max_uses: 1 })
    const free = () => usesOf('SPRING-10')
    const cancelled = await order(withCode(cartOf(cup)))
    await world
      .as('admin')
      .patch(`/api/v1/admin/orders/${cancelled.uid}`, { body: { action: 'cancel' } })
    expect(await free()).toMatchObject({ counted: '0 held, 0 used' })
    const stripe = new StripeAccount()
    world.useSettings({ ...stripe.settings })
    await stripe.plan({ faults: [{ status: 400 }] })
    const response = await buy(world, withCode(cartOf(cup)))
    expect(await response.json()).toMatchObject({ code: 'payment_refused' })
    expect(await free()).toMatchObject({ counted: '0 held, 0 used' })
    expect((await order(withCode(cartOf(cup)))).discount).toBe(125)
    expect(await free()).toMatchObject({ counted: '1 held, 0 used' })
  })

  it('is one order under one key, with one use', async ({ expect }) => {
    await newDiscount(world, { max_uses: 3 })
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => buy(world, withCode(), { key: 'k' })),
    )
    const ids = await Promise.all(
      answers
        .filter(({ status }) => status === 201)
        .map(async (one) => (await one.json<Checkout>()).order_id),
    )
    expect(new Set(ids).size).toBe(1)
    expect(await usesOf('SPRING-10')).toMatchObject({ counted: '1 held, 0 used' })
  })

  it('is not placed when its code changes on the way', async ({ expect }) => {
    const { id } = await newDiscount(world)
    const before = await env.DB.prepare('select count(*) as n from orders').first()
    const { faults } = world
    const plain = faults.around.bind(faults)
    let batches = 0
    faults.around = async (name, run) => {
      if (name === 'D1.batch' && ++batches === 2) {
        await env.DB.prepare('update discounts set value = 5, version = version + 1 where id = ?')
          .bind(id)
          .run()
      }
      return plain(name, run)
    }
    const response = await buy(world, withCode())
    faults.around = plain
    expect(response.status).toBe(409)
    expect(await env.DB.prepare('select count(*) as n from orders').first()).toEqual(before)
    expect(await stockOf(cup)).toEqual([1000, 0])
    expect((await order(withCode())).discount).toBe(63)
  })
})

/** What Stripe would ask for, from what it was sent. */
function chargedBy(session: Params, coupon: Params): number {
  const numberAt = (params: Params | string | undefined, ...path: string[]): number =>
    Number(
      path.reduce<Params | string | undefined>(
        (place, name) => (typeof place === 'object' ? place[name] : undefined),
        params,
      ),
    )
  const lines = Object.values(session.line_items as Params)
  const goods = lines.reduce(
    (sum, line) => sum + numberAt(line, 'quantity') * numberAt(line, 'price_data', 'unit_amount'),
    0,
  )
  const shipping = session.shipping_options
    ? numberAt(session.shipping_options, '0', 'shipping_rate_data', 'fixed_amount', 'amount')
    : 0
  return goods - (session.discounts ? numberAt(coupon, 'amount_off') : 0) + shipping
}
