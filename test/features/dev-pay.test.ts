import { beforeEach, describe, it } from 'vitest'
import {
  eventRows,
  newOrder,
  newVariant,
  ORDERS,
  rowOf,
  type Sold,
  stockOf,
  type Variant,
} from '../support/orders.ts'
import { expired, paid, tell } from '../support/stripe-events.ts'
import { newWorld, type World } from '../support/world.ts'

const BUYER = {
  email: 'ann@example.org',
  name: 'Ann <b>Miller</b>',
  line1: '12 Mill Lane',
  postal_code: '97201',
  city: 'Portland',
  country: 'US',
}

let world: World
let cup: Variant
let order: Sold
beforeEach(async () => {
  world = await newWorld({ RATE_LIMIT_SCALE: '1000' })
  cup = await newVariant(10, { title: '<i>Cup</i>' })
  order = await newOrder(world, cup)
})

const page = async (one = order, query = '') =>
  await world.as('anonymous').get(`/dev/pay/${one.uid}${query}`)
const choose = async (action: string, fields: object = BUYER, one = order) =>
  await world.as('anonymous').post(`/dev/pay/${one.uid}`, {
    raw: new URLSearchParams({ action, ...fields }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
const statusNow = async () => (await rowOf(order.uid))?.status
const shown = async () => /<h2>([^<]+)<\/h2>/.exec(await (await page()).text())?.[1]

describe('the test payment page', () => {
  it('shows what is paid for, and runs no script', async ({ expect }) => {
    const response = await page()
    expect(response.status).toBe(200)
    const policy = response.headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("form-action 'self'")
    const html = await response.text()
    for (const part of ['12.50 USD', 'Standard', '5.00 USD', '17.50 USD', order.number]) {
      expect(html).toContain(part)
    }
    expect(html).not.toMatch(/<script|<i>|\son\w+=|style=/)
    expect((await world.as('anonymous').get('/dev/pay/style.css')).status).toBe(200)
  })

  it('pays by a signed event at the front door', async ({ expect }) => {
    const response = await choose('pay')
    expect(world.logs.filter((line) => line.includes('request.failed'))).toEqual([])
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe(`/dev/pay/${order.uid}`)
    expect(await rowOf(order.uid)).toMatchObject({
      status: 'paid',
      email: BUYER.email,
      payment_intent: `pi_local_${order.uid}`,
    })
    expect(await stockOf(cup)).toEqual([9, 0])
    expect(await eventRows()).toMatchObject([
      { type: 'checkout.session.completed', status: 'done' },
    ])
    const html = await (await page()).text()
    expect(html).toContain('Paid. Thank you!')
    const token = order.token
    expect(html).toContain(
      `href="http://localhost:5173/checkout/success#order=${order.uid}&#38;token=${token}"`,
    )
    expect(html).toContain(`x-order-token: ${token}`)
    const headers = { 'x-order-token': token }
    const view = await world.as('anonymous').get(`${ORDERS}/${order.uid}`, { headers })
    expect(await view.json()).toMatchObject({ shipping_address: { name: BUYER.name } })
  })

  it('pays later, and the money comes or does not', async ({ expect }) => {
    await choose('later')
    expect(await shown()).toBe('Your payment is on its way')
    expect(await statusNow()).toBe('pending')
    await choose('arrive', {})
    expect(await statusNow()).toBe('paid')
    order = await newOrder(world, cup)
    await choose('later')
    await choose('bounce', {})
    expect(await statusNow()).toBe('cancelled')
    expect(await shown()).toBe('This payment has ended')
    expect(await stockOf(cup)).toEqual([9, 0])
  })

  it('declines a card, and lets the buyer try again', async ({ expect }) => {
    const response = await choose('fail', {})
    expect(response.headers.get('location')).toBe(`/dev/pay/${order.uid}?notice=declined`)
    expect(await (await page(order, '?notice=declined')).text()).toContain('The card was declined')
    expect(await statusNow()).toBe('pending')
    await choose('pay')
    expect(await statusNow()).toBe('paid')
  })

  it('turns back, and the goods are free', async ({ expect }) => {
    await choose('cancel', {})
    expect(await statusNow()).toBe('expired')
    expect(await stockOf(cup)).toEqual([10, 0])
    expect(await (await page()).text()).toContain('href="http://localhost:5173/cart"')
  })

  it('asks for an address, and says so', async ({ expect }) => {
    for (const wrong of [
      { email: 'nobody' },
      { name: '' },
      { country: 'USA' },
      { city: '\u0007' },
    ]) {
      const response = await choose('pay', { ...BUYER, ...wrong })
      expect(response.headers.get('location')).toContain('notice=incomplete')
    }
    expect(await statusNow()).toBe('pending')
    expect(await (await page(order, '?notice=__proto__')).text()).not.toContain('role="alert"')
  })

  it('does nothing at the wrong time', async ({ expect }) => {
    expect((await choose('arrive')).status).toBe(409)
    expect((await choose('toString')).status).toBe(409)
    await tell(world, paid(order))
    for (const action of ['pay', 'later', 'fail', 'cancel', 'arrive', 'bounce']) {
      expect((await choose(action)).status, action).toBe(409)
    }
    order = await newOrder(world, cup)
    await tell(world, expired(order))
    expect((await choose('pay')).status).toBe(409)
    order = await newOrder(world, cup)
    world.pass(36 * 60_000)
    expect((await choose('pay')).status).toBe(409)
    expect(await shown()).toBe('This payment has ended')
  })

  it('is there for orders alone, and takes its form alone', async ({ expect }) => {
    for (const uid of [crypto.randomUUID(), 'x', '..%2fmail']) {
      expect((await page({ ...order, uid })).status, uid).toBe(404)
      expect((await choose('pay', BUYER, { ...order, uid })).status, uid).toBe(404)
    }
    const json = await world
      .as('anonymous')
      .post(`/dev/pay/${order.uid}`, { body: { action: 'pay' } })
    expect(json.status).toBe(400)
    const raw = `action=pay&name=${'x'.repeat(20_000)}`
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const long = await world.as('anonymous').post(`/dev/pay/${order.uid}`, { raw, headers })
    expect(long.status).toBe(413)
    expect(await statusNow()).toBe('pending')
  })

  it('is nowhere but in local and test', async ({ expect }) => {
    world = await newWorld({
      ENVIRONMENT: 'staging',
      PASSWORD_COST: 'strong',
      API_ORIGIN: 'https://api.linden.dev',
      SITE_ORIGIN: 'https://linden.dev',
    })
    expect((await page()).status).toBe(404)
    expect((await choose('pay')).status).toBe(404)
    expect((await world.as('anonymous').get('/dev/pay/style.css')).status).toBe(404)
  })
})
