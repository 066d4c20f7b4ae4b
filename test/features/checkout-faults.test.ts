import { afterEach, beforeEach, describe, type ExpectStatic, it, vi } from 'vitest'
import { breakEach, breakEachStatement, type Story } from '../support/break-each.ts'
import { buy, type Checkout, cartOf, newShop, sourceOf, stockIsTrue } from '../support/carts.ts'
import { newVariant, ORDERS, rowOf, stockOf, type Variant } from '../support/orders.ts'
import { rounds } from '../support/rounds.ts'
import { hurry, isSilent, StripeAccount } from '../support/stripe.ts'
import type { StripeFault } from '../support/stripe-server.ts'
import { halfDone } from '../support/whole.ts'
import { newWorld, type World } from '../support/world.ts'

const CRON = '* * * * *'
const MINUTE = 60_000

let world: World
let stripe: StripeAccount
let cup: Variant

async function open(settings: Record<string, string> = {}) {
  stripe = new StripeAccount()
  world = await newShop({ ...stripe.settings, ...settings })
  cup = await newVariant(5)
  hurry()
}
beforeEach(() => open())
afterEach(() => vi.unstubAllGlobals())

const order = (key = 'mine') => buy(world, cartOf(cup), { key })
const only = async () => (await world.rows('orders'))[0]

/** Lets cron and clock go on until nobody can pay any more and nothing is held. */
async function endAll() {
  for (let minute = 0; minute < 42; minute += 14) {
    world.pass(14 * MINUTE)
    await world.runCron(CRON)
  }
}

describe('the provider says no', () => {
  it('and nothing is held any more: the order is cancelled', async ({ expect }) => {
    await stripe.plan({ faults: [{ status: 400 }] })
    const response = await order()
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({ code: 'payment_refused' })
    expect(await stockOf(cup)).toEqual([5, 0])
    expect(await only()).toMatchObject({
      status: 'cancelled',
      stock: 'released',
      resolve_at: null,
      click_key: null,
      source: null,
    })
    expect(await stockIsTrue(world)).toBe(true)
  })

  it('and the same key may be used once more', async ({ expect }) => {
    await stripe.plan({ faults: [{ status: 400 }] })
    await order()
    expect((await order()).status).toBe(201)
    expect(await world.count('orders')).toBe(2)
    expect(await stockOf(cup)).toEqual([5, 1])
  })

  it('to our key: the buyer is told to come back, the log what is wrong', async ({ expect }) => {
    await stripe.plan({ faults: [{ status: 401 }] })
    const response = await order()
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('60')
    expect(await stockOf(cup)).toEqual([5, 0])
    expect(world.logs.join('\n')).toContain('payments.key')
  })

  it('to our key later on: that says nothing of the first call', async ({ expect }) => {
    await stripe.plan({ faults: ['accept-then-cut', 'accept-then-cut', { status: 401 }] })
    expect((await order()).status).toBe(503)
    world.pass(MINUTE)
    await world.runCron(CRON)
    expect(await stockOf(cup)).toEqual([5, 1])
    expect(await only()).toMatchObject({ status: 'pending' })
    world.pass(MINUTE)
    await world.runCron(CRON)
    expect(await only()).toMatchObject({ session_id: (await stripe.sessions())[0]?.id })
  })
})

const FAULTS: [name: string, faults: StripeFault[]][] = [
  ['breaks before the call took effect', ['reset', 'reset']],
  ['breaks behind it', ['accept-then-cut', 'accept-then-cut']],
  ['is silent', ['hang', 'accept-then-hang']],
  ['has trouble of its own', [{ status: 500 }, { status: 503 }]],
]

describe('a provider that', () => {
  it.for(FAULTS)('%s leaks no unit and makes one session (R25)', async ([, faults], { expect }) => {
    for (let round = 0; round < rounds(20); round++) {
      await open()
      hurry({ silent: isSilent(faults) })
      const start = Date.now()
      await stripe.plan({ faults, now: start })
      const first = await order()
      hurry()
      expect(first.status).toBe(503)
      expect(first.headers.get('retry-after')).toBe('5')
      expect(await stockOf(cup)).toEqual([5, 1])
      world.pass(6_000)
      // By the buyer who comes back, or by the cron.
      if (round % 2 === 0) {
        const again = await order()
        expect(again.status).toBe(201)
        expect(again.headers.get('idempotency-replayed')).toBe('true')
      } else {
        await world.runCron(CRON)
      }
      const [session, ...more] = await stripe.sessions()
      expect(more).toEqual([])
      expect(await only()).toMatchObject({ session_id: session?.id, status: 'pending' })
      expect(session?.client_reference_id).toBe((await only())?.uid)
      const { order_id, url } = await (await order()).json<Checkout>()
      expect([order_id, url]).toEqual([session?.client_reference_id, session?.url])
      await endAll()
      expect(await stockOf(cup)).toEqual([5, 0])
      expect(await only()).toMatchObject({ status: 'expired', stock: 'released' })
      expect(await stockIsTrue(world)).toBe(true)
    }
  })

  it('never answers holds the goods until nobody could pay any more', async ({ expect }) => {
    const fault: StripeFault = { status: 500, kept: true }
    await stripe.plan({ faults: [fault] })
    expect((await order()).status).toBe(503)
    for (let minute = 0; minute < 39; minute++) {
      world.pass(MINUTE)
      await world.runCron(CRON)
    }
    expect(await stockOf(cup)).toEqual([5, 1])
    world.pass(MINUTE)
    await world.runCron(CRON)
    expect(await stockOf(cup)).toEqual([5, 0])
    expect(await only()).toMatchObject({ status: 'expired', resolve_at: null })
    expect((await order()).status).toBe(409)
  })

  it('would take the call too late refuses it, and the goods are free', async ({ expect }) => {
    await stripe.plan({ faults: ['reset', 'reset'] })
    await order()
    world.pass(6 * MINUTE)
    await stripe.plan({ now: Date.now() })
    await world.runCron(CRON)
    expect(await only()).toMatchObject({ status: 'cancelled' })
    expect(await stockOf(cup)).toEqual([5, 0])
    expect(await stripe.sessions()).toEqual([])
  })

  it('is asked the same whatever the settings say by then', async ({ expect }) => {
    await stripe.plan({ faults: ['accept-then-cut', 'accept-then-cut'] })
    await order()
    world.useSettings({
      ...stripe.settings,
      SITE_ORIGIN: 'https://moved.test',
      STRIPE_TAX: 'on',
      SHIPPING_COUNTRIES: 'DE',
      SHIPPING_RATES: '[{"id":"a","label":"A","amount":4}]',
      CURRENCY: 'eur',
    })
    await world.env.DB.prepare('update variants set price = 1, title = ?').bind('Red').run()
    world.pass(MINUTE)
    await world.runCron(CRON)
    const bodies = (await stripe.calls()).map(({ params }) => JSON.stringify(params))
    expect(new Set(bodies).size).toBe(1)
    expect(bodies).toHaveLength(3)
    expect(await only()).toMatchObject({ session_id: (await stripe.sessions())[0]?.id })
  })
})

describe('a fault anywhere in a checkout', () => {
  /** A checkout, and what a second try with the same key must lead to whatever the first came to. */
  function twice(expect: ExpectStatic): Story {
    let account: StripeAccount
    let tried: Variant
    return {
      settings: { RATE_LIMIT_SCALE: '1000' },
      before: async (one) => {
        account = new StripeAccount()
        one.useSettings(account.settings)
        tried = await newVariant(5)
      },
      run: async (one) => {
        hurry()
        await buy(one, cartOf(tried, 2), { key: 'twice' })
      },
      after: async (one, point) => {
        expect(await halfDone(), point).toEqual([])
        // Who has started the call may still be at it.
        one.pass(31_000)
        const response = await buy(one, cartOf(tried, 2), { key: 'twice' })
        expect(response.status, point).toBe(201)
        const view = await response.json<Checkout>()
        const [row, ...others] = await one.rows('orders')
        expect(others, point).toEqual([])
        const sessions = await account.sessions()
        expect(sessions, point).toHaveLength(1)
        expect(row, point).toMatchObject({
          uid: view.order_id,
          status: 'pending',
          session_id: sessions[0]?.id,
          session_url: view.url,
        })
        expect(await one.count('order_lines'), point).toBe(1)
        expect(await stockOf(tried), point).toEqual([5, 2])
        expect(await halfDone(), point).toEqual([])
        expect(
          (await one.rows('rate_limits')).map(({ used }) => used),
          point,
        ).toEqual([1, 1])
        const headers = { 'x-order-token': view.order_token }
        const own = await one.as('anonymous').get(`${ORDERS}/${view.order_id}`, { headers })
        expect(own.status, point).toBe(200)
        vi.unstubAllGlobals()
      },
    }
  }

  it('and a second try with the same key are one order', async ({ expect }) => {
    const calls = await breakEach(twice(expect))
    expect(calls).toContain('fetch')
    expect(calls.filter((name) => name.startsWith('D1')).length).toBeGreaterThanOrEqual(4)
  })

  it('be it in one statement, and a second try are one order', async ({ expect }) => {
    const statements = await breakEachStatement(twice(expect))
    for (const table of ['orders', 'order_lines', 'stock_movements', 'rate_limits']) {
      const writes = statements.filter((sql) => sql.startsWith(`insert into "${table}"`))
      expect(writes, table).not.toEqual([])
    }
  })

  it('without a key leaves nothing held for ever', async ({ expect }) => {
    let tried: Variant
    const story: Story = {
      settings: { RATE_LIMIT_SCALE: '1000' },
      before: async () => {
        tried = await newVariant(5)
      },
      run: async (one) => {
        await buy(one, cartOf(tried, 2))
      },
      after: async (one, point) => {
        world = one
        expect(await halfDone(), point).toEqual([])
        await endAll()
        expect(await stockOf(tried), point).toEqual([5, 0])
        expect(await halfDone(), point).toEqual([])
      },
    }
    await breakEach(story)
    await breakEachStatement(story)
  })
})

describe('the sweeper', () => {
  it('gives goods back when nobody paid in time, and not before', async ({ expect }) => {
    const { order_id } = await (await order()).json<Checkout>()
    world.pass(40 * MINUTE - 1)
    await world.runCron(CRON)
    expect(await stockOf(cup)).toEqual([5, 1])
    world.pass(1)
    await world.runCron(CRON)
    expect(await stockOf(cup)).toEqual([5, 0])
    expect(await rowOf(order_id)).toMatchObject({ status: 'expired', stock: 'released' })
    await world.runCron(CRON)
    expect((await world.rows('stock_movements')).map(({ reason }) => reason)).toEqual([
      'received',
      'reserved',
      'released',
    ])
    const history = await world.rows('order_history')
    expect(history.map(({ status }) => status)).toEqual(['pending', 'expired'])
  })

  it('lets money that is on its way take its time', async ({ expect }) => {
    await order()
    await world.env.DB.prepare("update orders set payment_status = 'processing'").run()
    world.pass(60 * MINUTE)
    await world.runCron(CRON)
    expect(await stockOf(cup)).toEqual([5, 1])
    expect(await only()).toMatchObject({ status: 'pending' })
  })

  it('gets through many at once', async ({ expect }) => {
    world = await newShop()
    cup = await newVariant(200)
    for (let i = 0; i < 90; i++) await buy(world, cartOf(cup), { from: sourceOf(i) })
    expect(await stockOf(cup)).toEqual([200, 90])
    world.pass(41 * MINUTE)
    await Promise.all([world.runCron(CRON), world.runCron(CRON)])
    expect(await stockOf(cup)).toEqual([200, 0])
    expect(await stockIsTrue(world)).toBe(true)
  })

  it('repeats every call that is due, and none of an order that is over', async ({ expect }) => {
    const faults = Array<StripeFault>(24).fill({ status: 500 })
    await stripe.plan({ faults })
    await Promise.all(
      Array.from({ length: 12 }, (_, index) => buy(world, cartOf(cup), { from: sourceOf(index) })),
    )
    expect(await world.count('orders')).toBe(5)
    await world.env.DB.prepare("update orders set status = 'expired' where id = 1").run()
    await stripe.plan({ faults: [] })
    world.pass(MINUTE)
    await world.runCron(CRON)
    const rows = await world.rows('orders')
    expect(rows.map(({ session_id: id }) => id !== null)).toEqual([false, true, true, true, true])
    expect(await stripe.sessions()).toHaveLength(4)
  })

  it('ends a session that was made for an order which is over', async ({ expect }) => {
    await stripe.plan({ faults: ['accept-then-cut', 'accept-then-cut'] })
    await order()
    // Cancelled between the claim of the call and its answer.
    await world.env.DB.exec(
      "create trigger over before update of session_id on orders begin update orders set status = 'cancelled' where id = new.id; end",
    )
    world.pass(MINUTE)
    await world.runCron(CRON)
    await world.env.DB.exec('drop trigger over')
    expect((await stripe.sessions()).map(({ status }) => status)).toEqual(['expired'])
  })

  it('forgets clicks that are over', async ({ expect }) => {
    world = await newWorld()
    cup = await newVariant(5)
    await buy(world, { ...cartOf(cup), email: 'ann@example.org' })
    expect((await only())?.click_key).not.toBeNull()
    world.pass(11_000)
    await world.runCron(CRON)
    expect((await only())?.click_key).toBeNull()
  })
})
