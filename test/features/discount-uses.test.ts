import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { GENEROUS } from '../support/accounts.ts'
import {
  buyWith,
  DISCOUNTS,
  moveGoods,
  newDiscount,
  seedCategory,
  seedGoods,
  usesOf,
} from '../support/discounts.ts'
import type { Person } from '../support/people.ts'
import { rounds } from '../support/rounds.ts'
import { newWorld, type World } from '../support/world.ts'

const LATER = '2026-06-01T00:00:00.000Z'
const BEFORE = '2026-05-01T00:00:00.000Z'
const usd = (amount: number) => ({ amount, currency: 'usd' })
const isOrder = (answer: string) => answer.length === 36
const line = (variantId: number, quantity = 1) => ({
  variantId,
  quantity,
  unitPrice: variantId * 1000,
})

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  await seedGoods([1000, 2000, 3000])
  await seedCategory(1, [2])
})

const patch = (id: number, body: object) => world.as('admin').patch(`${DISCOUNTS}/${id}`, { body })
const numberOf = async ({ id }: Person): Promise<number> => {
  const row = await env.DB.prepare('select id from users where uid = ?')
    .bind(id)
    .first<{ id: number }>()
  return row?.id ?? 0
}

/** Tries of many at once: how many orders came of them. */
const ordersOf = async (tries: Promise<string>[]): Promise<string[]> =>
  (await Promise.all(tries)).filter(isOrder)

describe('the uses of a code', () => {
  it('are as many as it has, however many buyers come at once', { timeout: 600_000 }, async ({
    expect,
  }) => {
    for (let round = 0; round < rounds(20); round++) {
      const code = `TEN-${round}`
      await newDiscount(world, { code, max_uses: 10 })
      const placed = await ordersOf(Array.from({ length: 100 }, () => buyWith(world, code)))
      expect(placed).toHaveLength(10)
      expect(await usesOf(code)).toEqual({ counted: '10 held, 0 used', rows: '10 held, 0 used' })
      expect(await buyWith(world, code)).toBe('used_up')
      // Three are paid, four come to nothing, three wait.
      for (const uid of placed.slice(0, 3)) await moveGoods(uid, 'sold')
      for (const uid of placed.slice(3, 7)) await moveGoods(uid, 'released')
      expect(await usesOf(code)).toEqual({ counted: '3 held, 3 used', rows: '3 held, 3 used' })
      const next = await ordersOf(Array.from({ length: 30 }, () => buyWith(world, code)))
      expect(next).toHaveLength(4)
    }
    const reserved = await env.DB.prepare('select reserved from variants where id = 1').first()
    // Goods are held for orders that were placed, and for no others; moveGoods() moves none.
    expect(reserved).toEqual({ reserved: 14 * rounds(20) })
    expect(await world.count('orders')).toBe(14 * rounds(20))
    expect(await world.count('order_lines')).toBe(14 * rounds(20))
  })

  it('are as many as a customer has, by address and by account', async ({ expect }) => {
    await newDiscount(world, { max_uses_per_customer: 1 })
    const buy = (wish: { email?: string; userId?: number }) => buyWith(world, 'spring-10', wish)
    for (let round = 0; round < rounds(20); round++) {
      const email = `ann${round}@example.org`
      const ann = await numberOf(await world.person({ email }))
      const asGuest = await ordersOf(
        Array.from({ length: 20 }, (_, index) =>
          buy({ email: index % 2 ? email : email.toUpperCase() }),
        ),
      )
      expect(asGuest).toHaveLength(1)
      expect(await buy({ email })).toBe('used_by_you')
      // Signed in, with the address that was used before.
      expect(await buy({ userId: ann, email })).toBe('used_by_you')
      await moveGoods(asGuest[0] ?? '', 'released')
      const signedIn = await ordersOf(
        Array.from({ length: 20 }, (_, index) =>
          buy({ userId: ann, email: `other${round}-${index}@example.org` }),
        ),
      )
      expect(signedIn).toHaveLength(1)
      // Not signed in, with the address of the account that has used it.
      expect(await buy({ email })).toBe('used_by_you')
    }
    expect(await buy({})).toBe('needs_email')
    expect(isOrder(await buy({ email: 'ben@example.org' }))).toBe(true)
  })

  it('come back when an order comes to nothing, and count again when it is paid late', async ({
    expect,
  }) => {
    await newDiscount(world, { max_uses: 1 })
    const first = await buyWith(world, 'SPRING-10')
    expect(await buyWith(world, 'SPRING-10')).toBe('used_up')
    await moveGoods(first, 'released')
    await moveGoods(first, 'released')
    const second = await buyWith(world, 'SPRING-10')
    expect(isOrder(second)).toBe(true)
    await moveGoods(second, 'sold')
    // Both have paid the lower price: both uses count, and nobody gets another.
    await moveGoods(first, 'sold')
    expect(await usesOf('SPRING-10')).toEqual({
      counted: '0 held, 2 used',
      rows: '0 held, 2 used',
    })
    expect(await buyWith(world, 'SPRING-10')).toBe('used_up')
  })

  it('are counted rightly after any number of turns', async ({ expect }) => {
    await newDiscount(world, { code: 'STORM' })
    const orders = await Promise.all(Array.from({ length: 12 }, () => buyWith(world, 'storm')))
    const turns = ['sold', 'released', 'reserved'] as const
    let seed = 7
    const next = (most: number) => {
      seed = (seed * 16807) % 2147483647
      return seed % most
    }
    for (let turn = 0; turn < 100; turn++) {
      await moveGoods(orders[next(12)] ?? '', turns[next(3)] ?? 'sold')
    }
    const before = await usesOf('STORM')
    expect(before.counted).toBe(before.rows)
    await env.DB.prepare('delete from orders where id % 2 = 0').run()
    const after = await usesOf('STORM')
    expect(after.counted).toBe(after.rows)
    expect(await world.count('discount_uses')).toBe(6)
  })

  it('know nothing of whoever was taken out of the order', async ({ expect }) => {
    await newDiscount(world)
    const uid = await buyWith(world, 'SPRING-10', { email: 'ann@example.org' })
    await env.DB.prepare("update orders set email = 'ann@example.org' where uid = ?")
      .bind(uid)
      .run()
    const [before] = await world.rows('discount_uses')
    expect(before?.email_key).toMatch(/^[\w-]{43}$/)
    await env.DB.prepare('update orders set email = null where uid = ?').bind(uid).run()
    const [after] = await world.rows('discount_uses')
    expect(after).toEqual({ ...before, email_key: null })
  })

  it('are kept with what each order and line got', async ({ expect }) => {
    await newDiscount(world, { code: 'Third', amount: usd(100), percent: null })
    const lines = [line(1), line(1), line(1)]
    const uid = await buyWith(world, 'THIRD', { lines })
    const [order] = await world.rows('orders')
    expect(order).toMatchObject({ uid, discount: 100, discount_code: 'Third', total: 2900 })
    const parts = (await world.rows('order_lines')).map(({ discount }) => discount)
    expect(parts).toEqual([34, 33, 33])
  })
})

describe('a code', () => {
  it('that cannot be used says why', async ({ expect }) => {
    const { id } = await newDiscount(world, { code: 'WHY' })
    const buy = (lines = [line(1)]) => buyWith(world, 'why', { lines })
    const tries: [change: object, answer: string][] = [
      [{ enabled: false }, 'unknown'],
      [{ enabled: true, starts_at: LATER }, 'not_yet'],
      [{ starts_at: null, ends_at: BEFORE }, 'over'],
      [{ ends_at: null, minimum: usd(1001) }, 'below_minimum'],
      [{ minimum: usd(1000), product_ids: [3] }, 'not_for_these'],
      [{ category_ids: [1] }, 'not_for_these'],
      [{ scope: 'everything', max_uses_per_customer: 1 }, 'needs_email'],
    ]
    for (const [change, answer] of tries) {
      expect((await patch(id, change)).status, answer).toBe(200)
      expect(await buy()).toBe(answer)
    }
    await patch(id, { max_uses_per_customer: null })
    expect(isOrder(await buy())).toBe(true)
    await patch(id, { max_uses: 1 })
    expect(await buy()).toBe('used_up')
    expect(await buyWith(world, 'NEVER-WAS')).toBe('unknown')
    expect(await world.count('orders')).toBe(1)
  })

  it('holds from its first moment until just before its last', async ({ expect }) => {
    const starts_at = '2026-05-04T09:30:01.000Z'
    const ends_at = '2026-05-04T09:30:02.000Z'
    await newDiscount(world, { code: 'SHORT', starts_at, ends_at })
    const answers: string[] = []
    for (let step = 0; step < 4; step++) {
      const answer = await buyWith(world, 'short')
      answers.push(isOrder(answer) ? 'order' : answer)
      world.pass(step === 1 ? 999 : step === 2 ? 1 : 1000)
    }
    expect(answers).toEqual(['not_yet', 'order', 'order', 'over'])
  })

  it('takes off the goods that it is for, by product and by category', async ({ expect }) => {
    await newDiscount(world, { percent: 50, product_ids: [3], category_ids: [1] })
    const lines = [line(1, 2), line(2), line(3, 3)]
    await buyWith(world, 'SPRING-10', { lines })
    const parts = (await world.rows('order_lines')).map(({ discount }) => discount)
    expect(parts).toEqual([0, 1000, 4500])
  })

  it('that changes between quote and order places none', async ({ expect }) => {
    const { id } = await newDiscount(world, { max_uses: 5 })
    const changes: object[] = [
      { percent: 5 },
      { product_ids: [1] },
      { scope: 'everything' },
      { ends_at: BEFORE },
    ]
    for (const change of changes) {
      const answer = await buyWith(world, 'SPRING-10', { between: () => patch(id, change) })
      expect(answer, JSON.stringify(change)).toBe('lost')
    }
    await patch(id, { ends_at: '2026-05-04T09:30:01.000Z' })
    const late = await buyWith(world, 'SPRING-10', { between: async () => world.pass(1000) })
    expect(late).toBe('lost')
    for (const table of ['orders', 'order_lines', 'discount_uses']) {
      expect(await world.count(table), table).toBe(0)
    }
    expect(await usesOf('SPRING-10')).toMatchObject({ counted: '0 held, 0 used' })
  })
})
