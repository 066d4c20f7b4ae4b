import { beforeEach, describe, it } from 'vitest'
import { buy, type Checkout, cartOf, newShop, sourceOf, stockIsTrue } from '../support/carts.ts'
import { newVariant, stockOf, type Variant } from '../support/orders.ts'
import { rounds } from '../support/rounds.ts'
import { StripeAccount } from '../support/stripe.ts'
import { newWorld, type World } from '../support/world.ts'

// At full size, on a machine that does other things too.
const FULL_MS = 600_000

let world: World
let stripe: StripeAccount
let cup: Variant
beforeEach(async () => {
  stripe = new StripeAccount()
  world = await newShop()
  cup = await newVariant(5)
})

/** So many visitors, each from an address of their own, at once; how many got what they wanted. */
async function rush(buyers: number, body: (buyer: number) => object): Promise<number> {
  const answers = await Promise.all(
    Array.from({ length: buyers }, (_, buyer) =>
      buy(world, body(buyer), { from: sourceOf(buyer) }),
    ),
  )
  const statuses = answers.map(({ status }) => status)
  if (statuses.some((status) => status !== 201 && status !== 409)) {
    throw new Error(`Neither sold nor refused: ${[...new Set(statuses)].join(', ')}`)
  }
  return statuses.filter((status) => status === 201).length
}

describe('many buyers at once', () => {
  it(
    'of 50 units, 200 of them, get 50 (R21)',
    async ({ expect }) => {
      for (let round = 0; round < rounds(20); round++) {
        world = await newShop()
        cup = await newVariant(50)
        const plate = await newVariant(1000)
        const cart = { items: [...cartOf(plate).items, ...cartOf(cup).items] }
        expect(await rush(200, () => cart)).toBe(50)
        expect(await stockOf(cup)).toEqual([50, 50])
        expect(await stockOf(plate)).toEqual([1000, 50])
        expect(await world.count('orders')).toBe(50)
        expect(await world.count('order_lines')).toBe(100)
        expect(await stockIsTrue(world)).toBe(true)
      }
    },
    FULL_MS,
  )

  it(
    'of the last unit, 100 of them, are one (R22)',
    async ({ expect }) => {
      let sold = 0
      const all = rounds(100)
      for (let round = 0; round < all; round++) {
        world = await newShop()
        cup = await newVariant(1)
        sold += await rush(100, () => cartOf(cup))
        expect(await stockOf(cup)).toEqual([1, 1])
      }
      expect(sold).toBe(all)
    },
    FULL_MS,
  )

  it('of two lines of one variant take no more than there are (R23)', async ({ expect }) => {
    const items = [...cartOf(cup, 3).items, ...cartOf(cup, 3).items]
    const response = await buy(world, { items })
    expect(response.status).toBe(409)
    expect(await stockOf(cup)).toEqual([5, 0])
    const fits = [...cartOf(cup, 3).items, ...cartOf(cup, 2).items]
    expect((await buy(world, { items: fits })).status).toBe(201)
    expect(await stockOf(cup)).toEqual([5, 5])
  })

  it('of carts that share their goods leave no line alone', async ({ expect }) => {
    const bowls = [await newVariant(7), await newVariant(9), await newVariant(4)]
    await rush(60, (buyer) => ({
      items: bowls
        .filter((_, index) => (buyer + index) % 3 !== 0)
        .flatMap((bowl) => cartOf(bowl, 1 + (buyer % 2)).items),
    }))
    for (const bowl of bowls) {
      const [onHand = 0, reserved = 0] = await stockOf(bowl)
      expect(reserved).toBeLessThanOrEqual(onHand)
    }
    expect(await stockIsTrue(world)).toBe(true)
    expect(await world.count('order_lines')).toBe(2 * (await world.count('orders')))
  })
})

describe('one click that comes twice', () => {
  const idsOf = async (answers: Response[]) => {
    const views = await Promise.all(answers.map((answer) => answer.json<Checkout>()))
    return new Set(
      views.map(({ order_id, order_token, url }) => `${order_id} ${order_token} ${url}`),
    )
  }

  it('without a key is one order, of a guest and of an account (R20)', async ({ expect }) => {
    const ann = await world.person()
    for (const [body, caller] of [
      [{ ...cartOf(cup), email: 'ann@example.org' }, 'anonymous'],
      [cartOf(cup), ann],
    ] as const) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => buy(world, body, {}, caller)),
      )
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
      expect((await idsOf(answers)).size).toBe(1)
    }
    expect(await world.count('orders')).toBe(2)
    expect(await stockOf(cup)).toEqual([5, 2])
  })

  it('with a key is one order, and one session at the provider (R19)', async ({ expect }) => {
    world = await newShop(stripe.settings)
    cup = await newVariant(5)
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => buy(world, cartOf(cup), { key: 'once' })),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    expect((await idsOf(answers)).size).toBe(1)
    expect(await world.count('orders')).toBe(1)
    expect(await stockOf(cup)).toEqual([5, 1])
    expect(await stripe.sessions()).toHaveLength(1)
    expect(await stripe.calls()).toHaveLength(1)
    const other = await buy(world, cartOf(cup, 2), { key: 'once' })
    expect(other.status).toBe(422)
    const stranger = await buy(world, cartOf(cup), { key: 'once', from: sourceOf(1) })
    expect((await idsOf([stranger])).size).toBe(1)
    expect(await world.count('orders')).toBe(2)
  })

  it('is two orders where it says something else, or comes late', async ({ expect }) => {
    cup = await newVariant(9)
    const order = { ...cartOf(cup), email: 'ann@example.org' }
    const browser = { headers: { 'user-agent': 'Another' } }
    await buy(world, order)
    await buy(world, { ...order, ...cartOf(cup, 2) })
    await buy(world, { ...order, email: 'ben@example.org' })
    await buy(world, order, browser)
    expect(await world.count('orders')).toBe(4)
    world.pass(9_000)
    await buy(world, order, browser)
    expect(await world.count('orders')).toBe(4)
    world.pass(1_000)
    expect((await buy(world, order)).status).toBe(201)
    expect(await world.count('orders')).toBe(5)
  })

  it('of two guests without an address is two orders', async ({ expect }) => {
    await Promise.all([buy(world, cartOf(cup)), buy(world, cartOf(cup))])
    expect(await world.count('orders')).toBe(2)
  })

  it('counts once against the limits', async ({ expect }) => {
    world = await newWorld()
    cup = await newVariant(5)
    const body = { ...cartOf(cup), email: 'ann@example.org' }
    const answers = await Promise.all(Array.from({ length: 20 }, () => buy(world, body)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    expect((await world.rows('rate_limits')).map(({ used }) => used)).toEqual([1, 1])
  })
})
