import { beforeEach, describe, it } from 'vitest'
import { refusal } from '../support/dialects.ts'
import { type Bar, newSoapShop, type Soap, soapShop } from '../support/eterno.ts'
import { ALL_ORDERS } from '../support/orders.ts'
import { outOfStep } from '../support/shop.ts'
import type { World } from '../support/world.ts'

const BUYER = {
  email: 'ann@example.org',
  name: 'Ann Miller',
  line1: '12 Mill Lane',
  postal_code: '97201',
  city: 'Portland',
  country: 'US',
}

let world: World
let token: string
let soap: Soap
let bar: Bar
const shop = soapShop(() => world)
const { call } = shop

beforeEach(async () => {
  world = await newSoapShop()
  token = await shop.keeper()
  soap = await shop.soap(token)
  bar = await shop.bar(token, soap.id, { price: 19.99, stock_quantity: 5 })
})

const line = (quantity: number, price = 19.99) => ({
  id: bar.id,
  productId: soap.id,
  name: 'Cactus',
  price,
  quantity,
})
const checkout = (items: object[], from = '192.0.2.1') =>
  call('POST', '/api/checkout', { json: { items }, from })
const urlOf = (answer: { body: unknown }) => (answer.body as { url: string }).url
const orderIn = (url: string) => url.split('/').at(-1) ?? ''
const pay = (url: string) =>
  world.as('anonymous').post(new URL(url).pathname, {
    raw: new URLSearchParams({ action: 'pay', ...BUYER }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
const stock = async () => {
  const { body } = await call('GET', `/products/${soap.id}/variants/${bar.id}`)
  return (body as Bar).stock_quantity
}

describe('checkout in the soap shop', () => {
  it('costs what the catalogue says, whatever the cart says', async ({ expect }) => {
    for (const price of [19.99, 0.01, -5, 0, 1e6]) {
      const { status, body } = await checkout([line(1, price)], `192.0.2.${price > 1 ? 9 : 8}`)
      expect([status, body]).toEqual([200, { url: expect.stringMatching(/^https?:\/\//) }])
    }
    const orders = await world.rows('orders')
    expect(orders.map(({ total, currency }) => [total, currency])).toEqual(
      Array(5).fill([1999, 'usd']),
    )
    expect((await world.rows('order_lines')).every((one) => one.unit_price === 1999)).toBe(true)
  })

  it('comes back to the pages of the shop', async ({ expect }) => {
    await checkout([line(1)])
    world.useSettings({ DIALECT_ORIGINS: 'eterno=https://soap.test,https://www.soap.test' })
    await checkout([line(1)])
    world.useSettings({
      CHECKOUT_RETURN_URLS:
        '{"eterno":{"success":"https://soap.test/danke","cancel":"https://soap.test/korb"}}',
    })
    await checkout([line(1)])
    const orders = await world.rows('orders')
    expect(orders.map(({ terms }) => JSON.parse(String(terms)))).toMatchObject([
      { success: 'http://localhost:5173/success', cancel: 'http://localhost:5173/cancel' },
      { success: 'https://soap.test/success', cancel: 'https://soap.test/cancel' },
      { success: 'https://soap.test/danke', cancel: 'https://soap.test/korb' },
    ])
  })

  it('says why nothing can be bought, with 200 as the original does', async ({ expect }) => {
    const { status, body } = await checkout([line(6)])
    expect([status, body]).toEqual([
      200,
      { error: 'Some of the cart cannot be had. Nothing was ordered. Only 5 are left.' },
    ])
    const gone = await checkout([{ ...line(1), id: 999 }])
    expect([gone.status, gone.body]).toEqual([
      200,
      { error: expect.stringContaining('not sold any more') },
    ])
    const twice = await checkout([line(3), line(3)])
    expect(twice.body).toHaveProperty('error')
    expect(await world.count('orders')).toBe(0)
    expect(await stock()).toBe(5)
  })

  it('says so where nobody takes payments', async ({ expect }) => {
    world.useSettings({
      ENVIRONMENT: 'staging',
      DIALECTS: 'eterno',
      RATE_LIMIT_SCALE: '1',
      PASSWORD_COST: 'strong',
      API_ORIGIN: 'https://api.soap.test',
      SITE_ORIGIN: 'https://soap.test',
    })
    const { status, body } = await checkout([line(1)])
    expect([status, JSON.stringify(body)]).toEqual([
      200,
      expect.stringContaining('takes no payments yet'),
    ])
  })

  it('refuses what is no cart', async ({ expect }) => {
    const { body, status } = await call('POST', '/api/checkout', { json: { items: [{ id: 'x' }] } })
    expect([status, (body as { detail: object[] }).detail]).toMatchObject([
      422,
      [
        { type: 'int_parsing', loc: ['body', 'items', 0, 'id'] },
        { type: 'missing', loc: ['body', 'items', 0, 'name'] },
        { type: 'missing', loc: ['body', 'items', 0, 'price'] },
        { type: 'missing', loc: ['body', 'items', 0, 'quantity'] },
      ],
    ])
    for (const items of [[], [line(0)], [line(-1)], [line(100)], 'x', [line(1.5)]]) {
      expect((await call('POST', '/api/checkout', { json: { items } })).status).toBe(422)
    }
    expect(await world.count('orders')).toBe(0)
  })

  it('keeps the limit of checkouts', async ({ expect }) => {
    world.useSettings({ REQUIRE_ADMIN_2FA: 'false', RATE_LIMIT_SCALE: '1' })
    await call('PATCH', `/products/${soap.id}/variants/${bar.id}/stock-quantity?stock_quantity=9`, {
      token,
    })
    const statuses: number[] = []
    for (let turn = 0; turn < 6; turn++) statuses.push((await checkout([line(1)])).status)
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429])
  })
})

describe('a purchase in the soap shop', () => {
  it('goes from the shelf to the parcel, and moves stock by the payment alone', async ({
    expect,
  }) => {
    const [shown] = (await call('GET', '/products')).body as Soap[]
    expect(shown?.variants).toEqual([bar])
    const url = urlOf(await checkout([line(2, 0.01)]))
    expect(await stock()).toBe(3)
    const page = await world.as('anonymous').get(new URL(url).pathname)
    expect(await page.text()).toContain('39.98 USD')
    expect((await pay(url)).status).toBe(303)
    for (let turn = 0; turn < 3; turn++) {
      const path = `/products/${soap.id}/variants/${bar.id}/stock`
      const { status, body } = await call('PATCH', path, { json: { quantity: 2 } })
      expect([status, body]).toEqual([200, { ...bar, stock_quantity: 3 }])
    }
    expect(await world.rows('variants')).toMatchObject([{ on_hand: 3, reserved: 0 }])
    const path = `${ALL_ORDERS}/${orderIn(url)}`
    const order = await world.as('admin').get(path)
    expect(await order.json()).toMatchObject({ status: 'paid', email: BUYER.email })
    const tracking = { carrier: 'Post', number: 'RR100400211US' }
    const shipped = await world.as('admin').patch(path, { body: { action: 'fulfil', tracking } })
    expect(await shipped.json()).toMatchObject({ status: 'fulfilled', tracking })
    await world.settle()
    expect(world.outside.to(BUYER.email).length).toBeGreaterThan(1)
    expect(await outOfStep()).toEqual([])
  })

  it('gives back what is not paid', async ({ expect }) => {
    await checkout([line(2)])
    expect(await stock()).toBe(3)
    world.pass(60 * 60_000)
    await world.runCron('* * * * *')
    world.pass(6000)
    expect(await stock()).toBe(5)
    expect(refusal(await call('GET', '/admins', { token }))).toEqual([
      401,
      'Invalid or expired token',
    ])
  })
})
