import { beforeEach, describe, it } from 'vitest'
import { buy, type Checkout, cartOf, newShop, sourceOf, stockIsTrue } from '../support/carts.ts'
import { newVariant, rowOf, type Sold, stockOf, type Variant } from '../support/orders.ts'
import { rounds } from '../support/rounds.ts'
import { paid, tell, unpaid } from '../support/stripe-events.ts'
import type { World } from '../support/world.ts'

const CRON = '* * * * *'
const MINUTE = 60_000
const STOCK = 30

let world: World
let cup: Variant
beforeEach(async () => {
  world = await newShop()
  cup = await newVariant(STOCK)
})

/** An order of a real checkout, as the events of its payment name it. */
async function order(from = sourceOf(0)): Promise<Sold> {
  const { order_id, order_token } = await (await buy(world, cartOf(cup), { from })).json<Checkout>()
  const row = await rowOf(order_id)
  return {
    uid: order_id,
    number: String(row?.number),
    token: order_token,
    sessionId: String(row?.session_id),
    subtotal: Number(row?.subtotal),
    discount: 0,
    shipping: Number(row?.shipping),
    total: Number(row?.total),
  }
}

const soldOf = async () =>
  (await world.rows('stock_movements'))
    .filter(({ reason }) => reason === 'sold')
    .reduce((sum, { on_hand_change: change }) => sum - Number(change), 0)

describe('the sweeper and a payment at the same moment', () => {
  it('never sell and release the same goods (R24)', async ({ expect }) => {
    for (let race = 0; race < rounds(200); race++) {
      world = await newShop()
      cup = await newVariant(STOCK)
      const one = await order()
      world.pass(40 * MINUTE)
      const sweep = () => world.runCron(CRON)
      const pay = () => tell(world, paid(one))
      const both = race % 2 === 0 ? [sweep(), pay()] : [pay(), sweep()]
      await Promise.all(both)
      await sweep()
      const [onHand = 0, reserved] = await stockOf(cup)
      expect(onHand + (await soldOf())).toBe(STOCK)
      expect(reserved).toBe(0)
      expect(await stockIsTrue(world)).toBe(true)
      const row = await rowOf(one.uid)
      // The goods were there either way, so whoever was first, the buyer has them.
      expect(row).toMatchObject({ status: 'paid', stock: 'sold', refund_due: 0 })
    }
  })

  it('leave no payment silent whose goods went to another', async ({ expect }) => {
    for (let race = 0; race < rounds(50); race++) {
      world = await newShop()
      cup = await newVariant(1)
      const late = await order()
      world.pass(40 * MINUTE)
      await Promise.all([
        world.runCron(CRON),
        buy(world, cartOf(cup), { from: sourceOf(2) }),
        tell(world, paid(late)),
      ])
      await world.runCron(CRON)
      const row = await rowOf(late.uid)
      const [onHand = 0, reserved = 0] = await stockOf(cup)
      expect(onHand + (await soldOf())).toBe(1)
      expect(reserved).toBeLessThanOrEqual(onHand)
      expect(row?.stock === 'sold' || row?.refund_due === late.total, JSON.stringify(row)).toBe(
        true,
      )
    }
  })
})

describe('a payment', () => {
  it('that is on its way keeps its goods, however long it takes', async ({ expect }) => {
    const one = await order()
    await tell(world, unpaid(one))
    world.pass(3 * 24 * 60 * MINUTE)
    await world.runCron(CRON)
    expect(await stockOf(cup)).toEqual([STOCK, 1])
    await tell(world, paid(one))
    expect(await stockOf(cup)).toEqual([STOCK - 1, 0])
  })

  it('that is told before the provider has answered us is not undone by its answer', async ({
    expect,
  }) => {
    const one = await order()
    await world.env.DB.prepare(
      'update orders set session_id = null, session_url = null, resolve_at = ?',
    )
      .bind(Date.now())
      .run()
    await tell(world, paid(one))
    await world.runCron(CRON)
    expect(await rowOf(one.uid)).toMatchObject({ status: 'paid', session_id: one.sessionId })
    world.pass(41 * MINUTE)
    await world.runCron(CRON)
    expect(await rowOf(one.uid)).toMatchObject({ status: 'paid', stock: 'sold' })
  })
})
