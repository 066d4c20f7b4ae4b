import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { newOrder, newVariant, rowOf, stockOf, type Variant } from '../support/orders.ts'
import { rounds } from '../support/rounds.ts'
import { outOfStep } from '../support/shop.ts'
import { expired, paid, tell, unpaid } from '../support/stripe-events.ts'
import { newWorld, type World } from '../support/world.ts'

const OVERDUE = 41 * 60_000

let world: World
beforeEach(async () => {
  world = await newWorld({ RATE_LIMIT_SCALE: '1000' })
})

/** How many of a variant were sold, by the ledger. */
async function soldOf({ id }: Variant): Promise<number> {
  const row = await env.DB.prepare(
    "select -coalesce(sum(on_hand_change), 0) as sold from stock_movements where variant_id = ? and reason = 'sold'",
  )
    .bind(id)
    .first<{ sold: number }>()
  return row?.sold ?? 0
}

describe('the end of the time to pay and a payment', () => {
  it('at once never lose or make a cup', async ({ expect }) => {
    for (let race = 0; race < rounds(200); race++) {
      const cup = await newVariant(3)
      const order = await newOrder(world, cup, { createdAt: Date.now() - OVERDUE })
      const end = race % 2 === 0 ? world.runCron('* * * * *') : tell(world, expired(order))
      const [answer] = await Promise.all([tell(world, paid(order)), end])
      expect(answer.status).toBe(200)
      expect(await stockOf(cup)).toEqual([2, 0])
      expect(await soldOf(cup)).toBe(1)
      expect(await rowOf(order.uid)).toMatchObject({ status: 'paid', refund_due: 0 })
    }
    expect(await outOfStep()).toEqual([])
  })

  it('and a buyer of the last one leave it sold once, and nobody without goods or money', async ({
    expect,
  }) => {
    for (let race = 0; race < rounds(100); race++) {
      const last = await newVariant(1)
      const late = await newOrder(world, last, { createdAt: Date.now() - OVERDUE })
      const quick = async () => {
        const order = await newOrder(world, last)
        await tell(world, paid(order))
        return order
      }
      const [, , other] = await Promise.all([
        tell(world, paid(late)),
        world.runCron('* * * * *'),
        quick().catch(() => null),
      ])
      expect([await soldOf(last), await stockOf(last)]).toEqual([1, [0, 0]])
      const row = await rowOf(late.uid)
      expect(row?.payment_status).toBe('paid')
      if (other) expect(row).toMatchObject({ status: 'expired', refund_due: late.total })
      else expect(row).toMatchObject({ status: 'paid', refund_due: 0 })
    }
    expect(await outOfStep()).toEqual([])
  })
})

describe('an order whose payment is on its way', () => {
  it('is not ended by the clock', async ({ expect }) => {
    const cup = await newVariant(3)
    const order = await newOrder(world, cup, { createdAt: Date.now() - OVERDUE })
    await tell(world, unpaid(order))
    await world.runCron('* * * * *')
    expect(await rowOf(order.uid)).toMatchObject({ status: 'pending', stock: 'reserved' })
    expect(await stockOf(cup)).toEqual([3, 1])
  })
})
