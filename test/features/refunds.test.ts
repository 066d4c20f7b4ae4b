import { env } from 'cloudflare:workers'
import { beforeEach, describe, type ExpectStatic, it } from 'vitest'
import { everyRow, GENEROUS, inParallel } from '../support/accounts.ts'
import { refusesBadInput } from '../support/bad-input.ts'
import { breakEach, breakEachStatement, type Story } from '../support/break-each.ts'
import {
  ALL_ORDERS,
  newOrder,
  newVariant,
  rowOf,
  type Sold,
  stockOf,
  type Variant,
} from '../support/orders.ts'
import { fileOf, giveBack, paidBy, type Refund, refund, usd } from '../support/refunds.ts'
import { rounds } from '../support/rounds.ts'
import { hurry, isSilent, StripeAccount } from '../support/stripe.ts'
import { disputed, paid, refunded, refundTold, tell } from '../support/stripe-events.ts'
import { halfDone } from '../support/whole.ts'
import { newWorld, type World } from '../support/world.ts'

const CRON = '* * * * *'
const MINUTE = 60_000

let world: World
let cup: Variant
let bowl: Variant
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  cup = await newVariant(50, { price: 1000 })
  bowl = await newVariant(50, { price: 333, title: 'Bowl' })
})

const CLARA = 'Clara.Bergmann@example.org'

/** A paid order of two cups and three bowls: 2999 of goods, 500 of shipping. */
async function sell(wish: { discount?: number; shipping?: number } = {}): Promise<Sold> {
  const lines = [
    { variant: cup, quantity: 2 },
    { variant: bowl, quantity: 3 },
  ]
  const order = await newOrder(world, cup, { lines, ...wish })
  await tell(world, paid(order))
  return order
}

/** Payments at the stand-in for Stripe from now on. */
async function atStripe(...orders: Sold[]): Promise<StripeAccount> {
  const stripe = new StripeAccount()
  world.useSettings({ ...GENEROUS, ...stripe.settings })
  for (const order of orders) await stripe.plan({ paid: paidBy(order) })
  return stripe
}

const stepUpAgain = () =>
  env.DB.prepare('update sessions set stepped_up_at = ?').bind(Date.now()).run()
const mails = async () => (await world.rows('outbox')).map(({ kind }) => String(kind))
const refundMails = async () => (await mails()).filter((kind) => kind === 'order.refunded').length
const unit = (variant: Variant, quantity = 1) => ({ variant_id: variant.id, quantity })
const tellStripe = (stripe: StripeAccount, event: Parameters<typeof tell>[1]) =>
  tell(world, event, { secret: stripe.settings.STRIPE_WEBHOOK_SECRET })

describe('a refund', () => {
  it('is of all that is left when nothing is said', async ({ expect }) => {
    const order = await sell()
    const first = await refund(world, order, { amount: usd(1), reason: 'A scratch' })
    expect(first).toMatchObject({ amount: usd(1), lines: [], restock: false, reason: 'A scratch' })
    expect(await rowOf(order.uid)).toMatchObject({ status: 'partially_refunded', refunded: 1 })
    const response = await giveBack(world, order, { restock: true })
    expect(response.headers.get('location')).toBe(`${ALL_ORDERS}/${order.uid}`)
    expect(await response.json()).toMatchObject({
      amount: usd(order.total - 1),
      status: 'succeeded',
      restock: true,
      provider_id: expect.stringMatching(/^re_local_/),
      lines: [
        { variant_id: cup.id, quantity: 2, value: usd(2000) },
        { variant_id: bowl.id, quantity: 3, value: usd(999) },
      ],
    })
    expect(await fileOf(world, order)).toMatchObject({
      status: 'refunded',
      refunded: usd(order.total),
      lines: [{ refunded_quantity: 2 }, { refunded_quantity: 3 }],
      refunds: [{ status: 'succeeded' }, { status: 'succeeded' }],
    })
    expect(await stockOf(cup)).toEqual([50, 0])
    expect(await stockOf(bowl)).toEqual([50, 0])
    expect(await refundMails()).toBe(2)
    const again = await giveBack(world, order)
    expect([again.status, (await again.json<{ detail: string }>()).detail]).toEqual([
      409,
      'Its money was given back already.',
    ])
    const actions = (await world.rows('audit_log')).map(({ action }) => action)
    expect(actions).toEqual(['order.refund', 'order.refund'])
  })

  it('of lines gives back what they have brought, with their part of discount and tax', async ({
    expect,
  }) => {
    const order = await newOrder(world, cup, {
      lines: [
        { variant: cup, quantity: 2 },
        { variant: bowl, quantity: 3 },
      ],
      discount: 1000,
      email: CLARA,
    })
    // Two thirds of the discount fell on the cups, and the order came with tax.
    await env.DB.batch([
      env.DB.prepare('update order_lines set discount = 667 where position = 0'),
      env.DB.prepare('update order_lines set discount = 333 where position = 1'),
      env.DB.prepare(`update orders set terms = '{"tax":true}'`),
    ])
    const total_details = { amount_discount: 1000, amount_shipping: 500, amount_tax: 250 }
    const total = order.total + 250
    await tell(world, paid(order, { total_details, amount_total: total }))
    // Nets 1333, 666 and 500 of shipping share the tax of 250: 133, 67, 50.
    const one = await refund(world, order, { lines: [unit(cup)], restock: true })
    expect(one).toMatchObject({ amount: usd(733), lines: [{ ...unit(cup), value: usd(733) }] })
    expect(await stockOf(cup)).toEqual([49, 0])
    const two = await refund(world, order, { lines: [unit(bowl, 2), unit(cup)] })
    expect(two.amount).toEqual(usd(733 + 489))
    expect(await stockOf(cup)).toEqual([49, 0])
    const three = await refund(world, order, { lines: [unit(bowl)] })
    expect(three.amount).toEqual(usd(244))
    // What is left is the shipping with its tax.
    expect((await refund(world, order)).amount).toEqual(usd(550))
    expect(await rowOf(order.uid)).toMatchObject({ status: 'refunded', refunded: total })
  })

  it('of less than its lines have brought keeps the rest', async ({ expect }) => {
    const order = await sell()
    await refund(world, order, { lines: [unit(cup)], amount: usd(700) })
    const next = await refund(world, order, { lines: [unit(cup)] })
    expect(next.amount).toEqual(usd(1000))
    expect((await giveBack(world, order, { lines: [unit(cup)] })).status).toBe(409)
  })

  it('is refused where the order does not allow it, and leaves no trace', async ({ expect }) => {
    const pending = await newOrder(world, cup)
    const free = await newOrder(world, cup, { discount: 1000, shipping: 0 })
    await tell(world, paid(free, { payment_status: 'no_payment_required', payment_intent: null }))
    const contested = await sell()
    await tell(world, disputed(contested))
    const order = await sell({ discount: 0 })
    await refund(world, order, { lines: [unit(cup)] })
    const before = await everyRow(['rate_limits', 'sessions'])
    const tries: [Sold, object, number, string][] = [
      [pending, {}, 409, 'It is not paid yet.'],
      [free, {}, 409, 'Nothing of it is left to give back.'],
      [contested, {}, 409, 'Its payment is disputed'],
      [order, { amount: usd(2500) }, 409, 'Only 24.99 USD of it can still be given back.'],
      [order, { lines: [unit(cup, 2)] }, 409, 'Some of these lines'],
      [order, { lines: [{ variant_id: 4711, quantity: 1 }] }, 409, 'Some of these lines'],
      [order, { amount: { amount: 1, currency: 'eur' } }, 422, 'Some of the input'],
      [order, { amount: usd(1), restock: true }, 422, 'Some of the input'],
      [{ ...order, uid: pending.uid.replace(/.$/, 'x') }, {}, 404, 'Resource not found.'],
      [{ ...order, uid: '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10' }, {}, 404, 'Order not found.'],
    ]
    for (const [which, body, status, says] of tries) {
      const response = await giveBack(world, which, body)
      expect(response.status, says).toBe(status)
      expect((await response.json<{ detail: string }>()).detail).toContain(says)
    }
    expect(await everyRow(['rate_limits', 'sessions'])).toEqual(before)
  })

  it('of a payment whose goods were gone is what is due', async ({ expect }) => {
    const last = await newVariant(1)
    const late = await newOrder(world, last)
    world.pass(41 * MINUTE)
    await world.runCron(CRON)
    const other = await newOrder(world, last)
    await tell(world, paid(other))
    await tell(world, paid(late))
    expect(await rowOf(late.uid)).toMatchObject({ status: 'expired', refund_due: late.total })
    const restock = await giveBack(world, late, { restock: true })
    expect(restock.status).toBe(409)
    await refund(world, late, { amount: usd(100) })
    expect(await rowOf(late.uid)).toMatchObject({ refund_due: late.total - 100, refunded: 100 })
    await refund(world, late)
    expect(await rowOf(late.uid)).toMatchObject({ status: 'refunded', refund_due: 0 })
    expect(await stockOf(last)).toEqual([0, 0])
  })

  it('asks for the password once more', async ({ expect }) => {
    const order = await sell()
    await world.admin()
    await env.DB.prepare('update sessions set stepped_up_at = null').run()
    const response = await giveBack(world, order)
    expect(await response.json()).toMatchObject({ status: 403, code: 'step_up_required' })
    expect(await world.count('refunds')).toBe(0)
  })

  it('is made once under one key', async ({ expect }) => {
    const order = await sell()
    const once = () => giveBack(world, order, { amount: usd(100) }, { 'idempotency-key': 'k' })
    const answers = await Promise.all(Array.from({ length: 20 }, once))
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true)
    const again = await once()
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    expect(await again.json()).toMatchObject({ amount: usd(100), status: 'succeeded' })
    expect(await world.count('refunds')).toBe(1)
    expect(await rowOf(order.uid)).toMatchObject({ refunded: 100 })
  })

  it('is not made by bad input', async ({ expect }) => {
    const order = await sell()
    const path = `${ALL_ORDERS}/${order.uid}/refunds`
    const route = { method: 'POST', path, caller: 'admin' as const, texts: ['reason'] }
    const valid = { amount: usd(1), reason: 'A scratch' }
    await refusesBadInput(expect, world, { ...route, valid, optional: ['amount', 'reason'] }, () =>
      world.rows('refunds'),
    )
    const before = await world.rows('refunds')
    for (const body of [
      ...[0, -1, 1.005, 0.1, 10 ** 12, '1', null].map((amount) => ({
        amount: { amount, currency: 'usd' },
      })),
      { amount: 100 },
      { lines: [] },
      { lines: [unit(cup), unit(cup)] },
      ...[0, -1, 0.5, 100, '1', null].map((quantity) => ({
        lines: [{ variant_id: cup.id, quantity }],
      })),
      { lines: Array.from({ length: 51 }, (_, index) => ({ variant_id: index + 1, quantity: 1 })) },
      { restock: 1 },
      { reason: 'x'.repeat(501) },
      { status: 'succeeded' },
    ]) {
      expect((await giveBack(world, order, body)).status, JSON.stringify(body)).toBe(422)
    }
    expect(await world.rows('refunds')).toEqual(before)
  })
})

describe('many refunds of one order at once', () => {
  it('never exceed what was paid, 50 of them', async ({ expect }) => {
    for (let round = 0; round < rounds(20); round++) {
      world = await newWorld(GENEROUS)
      cup = await newVariant(50, { price: 1000 })
      bowl = await newVariant(50, { price: 333 })
      const order = await sell()
      const stripe = await atStripe(order)
      await world.admin()
      const bodies = [
        { amount: usd(101) },
        { lines: [unit(bowl)], restock: true },
        { amount: usd(997) },
        { lines: [unit(cup)] },
        {},
      ]
      const statuses = await inParallel(50, (index) =>
        giveBack(world, order, bodies[(index + round) % bodies.length]),
      )
      expect(Object.keys(statuses).toSorted()).toEqual(['201', '409'])
      const { refunds, refunded: back } = await fileOf(world, order)
      expect(refunds.every(({ status }) => status === 'succeeded')).toBe(true)
      const sum = refunds.reduce((all, one) => all + one.amount.amount, 0)
      expect(sum).toBe(back.amount)
      expect(sum).toBeLessThanOrEqual(order.total)
      const told = await stripe.refunds()
      expect(told.reduce((all, one) => all + one.amount, 0)).toBe(sum)
      expect(told).toHaveLength(refunds.length)
      // Nobody was refused by Stripe: what is left is known here.
      const calls = await stripe.calls()
      expect(calls.every(({ status }) => status === 200)).toBe(true)
      const returned = refunds.filter(({ restock }) => restock).length
      expect(await stockOf(bowl)).toEqual([47 + returned, 0])
      expect(returned).toBeLessThanOrEqual(3)
    }
  })

  it('whole ones, 50 of them, are one', async ({ expect }) => {
    const order = await sell()
    const statuses = await inParallel(50, () => giveBack(world, order, { restock: true }))
    expect(statuses).toEqual({ 201: 1, 409: 49 })
    expect(await world.count('refunds')).toBe(1)
    expect(await stockOf(cup)).toEqual([50, 0])
    expect(await refundMails()).toBe(1)
  })

  it('by the unit, each unit goes back once, and all of them are the whole', async ({ expect }) => {
    const order = await sell()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        giveBack(world, order, { lines: [unit(index % 2 ? cup : bowl)], restock: true }),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5)
    expect(await rowOf(order.uid)).toMatchObject({ refunded: 2999 })
    expect(await stockOf(bowl)).toEqual([50, 0])
    expect((await refund(world, order)).amount).toEqual(usd(500))
  })
})

describe('what Stripe is asked', () => {
  it('is one refund under its own name as the key', async ({ expect }) => {
    const order = await sell()
    const stripe = await atStripe(order)
    const made = await refund(world, order, { lines: [unit(bowl)] })
    const [call, ...others] = await stripe.calls()
    expect(others).toEqual([])
    expect(call).toMatchObject({
      method: 'POST',
      path: '/v1/refunds',
      headers: { 'idempotency-key': made.id },
    })
    expect(call?.params).toEqual({
      payment_intent: `pi_${order.uid.replaceAll('-', '')}`,
      amount: '333',
      metadata: { refund_id: made.id, order_id: order.uid },
    })
    const [told] = await stripe.refunds()
    expect(made.provider_id).toBe(told?.id)
  })

  it('and on its way counts at once, and is told to the buyer when it has come', async ({
    expect,
  }) => {
    const order = await sell()
    const stripe = await atStripe(order)
    for (const [status, shown] of [
      ['pending', 'pending'],
      ['requires_action', 'pending'],
      ['canceled', 'failed'],
      ['failed', 'failed'],
    ]) {
      await stripe.plan({ refundStatus: String(status) })
      const { status: is } = await refund(world, order, { amount: usd(100) })
      expect(is, status).toBe(shown)
    }
    expect(await rowOf(order.uid)).toMatchObject({ status: 'partially_refunded', refunded: 200 })
    expect(await refundMails()).toBe(0)
    expect((await mails()).filter((kind) => kind === 'payment.trouble')).toHaveLength(2)
    const [first] = await stripe.refunds()
    const id = String(first?.id)
    await tellStripe(stripe, refundTold(order, { id, amount: 100 }, 'updated'))
    expect(await refundMails()).toBe(1)
    await tellStripe(stripe, refunded(order, 200))
    expect(await rowOf(order.uid)).toMatchObject({ refunded: 200 })
    // The timer leaves alone what the provider has taken.
    world.pass(30 * MINUTE)
    await world.runCron(CRON)
    expect(await stripe.refunds()).toHaveLength(4)
    await stepUpAgain()
    const answer = await giveBack(world, order, { amount: usd(order.total - 199) })
    expect(answer.status).toBe(409)
  })

  it('and refused frees the amount, and says why', async ({ expect }) => {
    const order = await sell()
    const stripe = await atStripe(order)
    await stripe.plan({ paid: { [`pi_${order.uid.replaceAll('-', '')}`]: 100 } })
    const response = await giveBack(world, order, { restock: true })
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({
      code: 'payment_refused',
      detail: expect.stringContaining('greater than unrefunded'),
    })
    expect(await fileOf(world, order)).toMatchObject({
      status: 'paid',
      refunded: usd(0),
      refunds: [{ status: 'failed', error: expect.stringContaining('greater than unrefunded') }],
    })
    expect(await stockOf(cup)).toEqual([48, 0])
    expect(await refundMails()).toBe(0)
    expect((await giveBack(world, order, { amount: usd(100) })).status).toBe(201)
  })

  it.for([
    ['a failure', [{ status: 500 }, { status: 500 }]],
    ['too many calls', [{ status: 429 }, { status: 429 }]],
    ['a connection that breaks', ['reset', 'reset']],
    ['a connection that breaks behind it', ['accept-then-cut', 'accept-then-cut']],
    ['silence', ['hang', 'hang']],
    ['silence behind it', ['accept-then-hang', 'accept-then-hang']],
  ] as const)(
    'and answered with %s is asked again until it is known',
    async ([, faults], { expect }) => {
      const order = await sell()
      const stripe = await atStripe(order)
      await stripe.plan({ faults: [...faults] })
      hurry({ silent: isSilent(faults) })
      const headers = { 'idempotency-key': 'k' }
      const body = { lines: [unit(cup)], restock: true }
      const response = await giveBack(world, order, body, headers)
      hurry()
      expect(response.status).toBe(201)
      expect(await response.json()).toMatchObject({ status: 'pending', amount: usd(1000) })
      expect(await rowOf(order.uid)).toMatchObject({ status: 'paid', refunded: 0 })
      expect(await stockOf(cup)).toEqual([48, 0])
      // Held back meanwhile.
      expect((await giveBack(world, order, { amount: usd(2500) })).status).toBe(409)
      for (let run = 0; run < 4; run++) {
        world.pass(10 * MINUTE)
        await world.runCron(CRON)
      }
      expect(await stripe.refunds()).toHaveLength(1)
      await stepUpAgain()
      const again = await giveBack(world, order, body, headers)
      expect(await again.json()).toMatchObject({ status: 'succeeded' })
      expect(await rowOf(order.uid)).toMatchObject({ status: 'partially_refunded', refunded: 1000 })
      expect(await stockOf(cup)).toEqual([49, 0])
      expect(await refundMails()).toBe(1)
    },
  )

  it('and failed under its key waits until the key is forgotten', async ({ expect }) => {
    const order = await sell()
    const stripe = await atStripe(order)
    await stripe.plan({ faults: [{ status: 500, kept: true }] })
    hurry()
    await refund(world, order)
    const ask = async () => {
      world.pass(60 * MINUTE)
      await world.runCron(CRON)
      return (await stripe.refunds()).length
    }
    for (let run = 0; run < 3; run++) expect(await ask()).toBe(0)
    await stripe.plan({ forget: true })
    for (let run = 0; run < 3; run++) expect(await ask()).toBe(1)
    expect(await rowOf(order.uid)).toMatchObject({ status: 'refunded' })
  })

  it('is looked up when the key is too old to be known', async ({ expect }) => {
    const order = await sell()
    const stripe = await atStripe(order)
    await stripe.plan({
      faults: ['accept-then-cut', 'accept-then-cut', { status: 500 }, { status: 500 }],
    })
    hurry()
    await refund(world, order)
    world.pass(MINUTE)
    await world.runCron(CRON)
    // Two days later Stripe has forgotten the key, and would make another refund.
    await stripe.plan({ forget: true })
    world.pass(2 * 24 * 60 * MINUTE)
    await world.runCron(CRON)
    expect(await stripe.refunds()).toHaveLength(1)
    expect(await rowOf(order.uid)).toMatchObject({ status: 'refunded', refunded: order.total })
  })

  it('and never answered is told to the studio once', async ({ expect }) => {
    const order = await sell()
    const stripe = await atStripe(order)
    await stripe.plan({ faults: Array.from({ length: 100 }, () => ({ status: 500 })) })
    hurry()
    await refund(world, order)
    for (let run = 0; run < 12; run++) {
      world.pass(7 * 60 * MINUTE)
      await world.runCron(CRON)
    }
    expect((await mails()).filter((kind) => kind === 'payment.trouble')).toHaveLength(1)
    await stripe.plan({ faults: [] })
    world.pass(7 * 60 * MINUTE)
    await world.runCron(CRON)
    expect(await rowOf(order.uid)).toMatchObject({ status: 'refunded' })
  })
})

describe('a refund that the provider tells of', () => {
  it('and that was made here is the same one, whoever is first', async ({ expect }) => {
    for (let round = 0; round < rounds(100); round++) {
      world = await newWorld(GENEROUS)
      cup = await newVariant(50, { price: 1000 })
      bowl = await newVariant(50, { price: 333 })
      const order = await sell()
      const stripe = await atStripe(order)
      await world.admin()
      const route = giveBack(world, order, { lines: [unit(cup)], restock: true })
      // As soon as Stripe has taken it, its events are on their way.
      let [told] = await stripe.refunds()
      while (!told) [told] = await stripe.refunds()
      const refundId = String(told.metadata.refund_id)
      const events = [
        refundTold(order, { id: told.id, amount: 1000, refundId }),
        refundTold(order, { id: told.id, amount: 1000, refundId }, 'updated'),
        refunded(order, 1000),
      ]
      const answers = await Promise.all([
        route,
        ...events.toSorted(() => (round % 2) - 0.5).map((event) => tellStripe(stripe, event)),
      ])
      expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200])
      const file = await fileOf(world, order)
      expect(file.refunds).toMatchObject([
        { id: refundId, status: 'succeeded', provider_id: told.id },
      ])
      expect(file).toMatchObject({ status: 'partially_refunded', refunded: usd(1000) })
      expect(await stockOf(cup)).toEqual([49, 0])
      expect(await refundMails()).toBe(1)
    }
  })

  it('and that was made in its dashboard becomes a row', async ({ expect }) => {
    const order = await sell()
    await tell(world, refundTold(order, { id: 're_1', amount: 500 }))
    await tell(world, refunded(order, 500))
    expect(await fileOf(world, order)).toMatchObject({
      status: 'partially_refunded',
      refunded: usd(500),
      refunds: [{ amount: usd(500), status: 'succeeded', provider_id: 're_1', lines: [] }],
    })
    expect(await refundMails()).toBe(1)
    expect((await giveBack(world, order, { amount: usd(order.total - 499) })).status).toBe(409)
    expect((await refund(world, order)).amount).toEqual(usd(order.total - 500))
    expect(await rowOf(order.uid)).toMatchObject({ status: 'refunded', refunded: order.total })
  })

  it('only by its charge counts all the same', async ({ expect }) => {
    const order = await sell()
    await tell(world, refunded(order, 700))
    expect(await rowOf(order.uid)).toMatchObject({ status: 'partially_refunded', refunded: 700 })
    expect((await giveBack(world, order, { amount: usd(order.total - 699) })).status).toBe(409)
    expect((await refund(world, order)).amount).toEqual(usd(order.total - 700))
  })

  it('and comes to nothing later is no refund any more, and the studio is told', async ({
    expect,
  }) => {
    const order = await sell()
    const [created, charge] = [refundTold(order, { id: 're_1', amount: 500 }), refunded(order, 500)]
    world.pass(60 * MINUTE)
    const failed = refundTold(order, { id: 're_1', amount: 500 }, 'failed')
    for (const event of [created, charge, failed, failed]) await tell(world, event)
    expect(await fileOf(world, order)).toMatchObject({
      status: 'paid',
      refunded: usd(0),
      refunds: [{ status: 'failed', error: 'It came to nothing at the payment provider.' }],
    })
    expect((await mails()).filter((kind) => kind === 'payment.trouble')).toHaveLength(1)
    expect((await refund(world, order)).amount).toEqual(usd(order.total))
  })

  it('waits for its payment, and is not believed beyond it', async ({ expect }) => {
    const order = await newOrder(world, cup)
    await tell(world, refundTold(order, { id: 're_1', amount: 100 }))
    expect(await world.count('refunds')).toBe(0)
    await tell(world, paid(order))
    for (let run = 0; run < 3; run++) {
      world.pass(5 * MINUTE)
      await world.runCron(CRON)
    }
    expect(await rowOf(order.uid)).toMatchObject({ refunded: 100 })
    await tell(world, refundTold(order, { id: 're_2', amount: order.total + 1 }))
    expect(await world.count('refunds')).toBe(1)
    expect((await mails()).filter((kind) => kind === 'payment.trouble')).toHaveLength(1)
  })

  it('in any order and number ends alike', async ({ expect }) => {
    const stories = () => {
      world.pass(60 * MINUTE)
      return [
        (order: Sold) => refundTold(order, { id: 're_1', amount: 500 }),
        (order: Sold) => refundTold(order, { id: 're_1', amount: 500 }, 'failed'),
        (order: Sold) => refundTold(order, { id: 're_2', amount: 700, status: 'pending' }),
        (order: Sold) => refundTold(order, { id: 're_2', amount: 700 }, 'updated'),
        (order: Sold) => refunded(order, 1200),
      ]
    }
    const ends = new Set<string>()
    const all = permutations([0, 1, 2, 3, 4])
    const step = Math.max(1, Math.round(all.length / Math.max(12, rounds(120))))
    for (let at = 0; at < all.length; at += step) {
      world = await newWorld(GENEROUS)
      cup = await newVariant(50, { price: 1000 })
      bowl = await newVariant(50, { price: 333 })
      const order = await sell()
      const now = Math.floor(Date.now() / 1000)
      // Made at the same time in every round; the failure comes last.
      const times = [now + 10, now + 90, now + 20, now + 40, now + 30]
      const events = stories().map((story, index) => ({
        ...story(order),
        created: times[index] ?? now,
      }))
      for (const index of all[at] ?? []) {
        const event = events[index]
        if (event) expect((await tell(world, event)).status).toBe(200)
      }
      const { status, refunded: back, refunds } = await fileOf(world, order)
      const rows = refunds.map((one: Refund) => `${one.provider_id} ${one.status}`).toSorted()
      ends.add(JSON.stringify([status, back, rows]))
    }
    expect([...ends]).toEqual([
      JSON.stringify(['partially_refunded', usd(700), ['re_1 failed', 're_2 succeeded']]),
    ])
  })
})

describe('whatever breaks', () => {
  function givenBackTwice(expect: ExpectStatic): Story {
    let order: Sold
    const again = { 'idempotency-key': 'k' }
    return {
      settings: GENEROUS,
      before: async (fresh) => {
        world = fresh
        cup = await newVariant(50, { price: 1000 })
        bowl = await newVariant(50, { price: 333 })
        order = await sell()
        await fresh.admin()
      },
      run: (broken) => giveBack(broken, order, { lines: [unit(cup)], restock: true }, again),
      after: async (healed, point) => {
        world = healed
        expect(await halfDone(), point).toEqual([])
        const body = { lines: [unit(cup)], restock: true }
        expect((await giveBack(healed, order, body, again)).status, point).toBe(201)
        healed.pass(2 * MINUTE)
        await healed.settle()
        expect(await fileOf(healed, order), point).toMatchObject({
          status: 'partially_refunded',
          refunded: usd(1000),
          refunds: [{ status: 'succeeded' }],
        })
        expect(await stockOf(cup), point).toEqual([49, 0])
        expect(await refundMails(), point).toBe(1)
        expect(await halfDone(), point).toEqual([])
      },
    }
  }

  it('a refund takes effect once', async ({ expect }) => {
    await breakEach(givenBackTwice(expect))
  })

  it('a refund takes effect once, at whatever statement it broke', async ({ expect }) => {
    const statements = await breakEachStatement(givenBackTwice(expect))
    for (const table of ['refunds', 'stock_movements', 'audit_log', 'outbox']) {
      const writes = statements.filter((sql) => sql.startsWith(`insert into "${table}"`))
      expect(writes, table).not.toEqual([])
    }
  })
})

function permutations<T>(items: T[]): T[][] {
  if (items.length <= 1) return [items]
  return items.flatMap((one, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [one, ...rest]),
  )
}
