import { env } from 'cloudflare:workers'
import { beforeEach, describe, type ExpectStatic, it } from 'vitest'
import { inParallel } from '../support/accounts.ts'
import { breakEach, breakEachStatement, type Story } from '../support/break-each.ts'
import {
  EVENTS,
  eventRows,
  factsOf,
  newOrder,
  newVariant,
  rowOf,
  type Sold,
  stockOf,
  type Variant,
} from '../support/orders.ts'
import { rounds } from '../support/rounds.ts'
import {
  arrived,
  BUYER,
  bounced,
  digestOf,
  disputed,
  eventOf,
  expired,
  LOCAL_SECRET,
  paid,
  refunded,
  type StripeEvent,
  signatureOf,
  tell,
  tellAll,
  unpaid,
  WEBHOOK,
} from '../support/stripe-events.ts'
import { halfDone } from '../support/whole.ts'
import { newWorld, type World } from '../support/world.ts'

const OWNER = 'owner@linden.test'
const GENEROUS = { RATE_LIMIT_SCALE: '1000' }
const DAY = 86_400_000

let world: World
let cup: Variant
let order: Sold
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  cup = await newVariant(10)
  order = await newOrder(world, cup)
})

const statusOf = async ({ uid }: Sold) => (await rowOf(uid))?.status
const subjectsTo = (address: string) => world.outside.to(address).map((mail) => mail.subject)
const mailedKinds = async () => (await world.rows('outbox')).map((row) => row.kind)
const eventStates = async () =>
  (await eventRows()).map((row) => `${row.status} ${row.due_at === null ? 'settled' : 'waits'}`)

/** Lets the timer come by until nothing waits any more, for a day at most. */
async function catchUp(): Promise<void> {
  for (let hour = 0; hour < 24; hour++) {
    await world.runCron('* * * * *')
    if ((await eventStates()).every((state) => state.endsWith('settled'))) return
    world.pass(3_600_000)
  }
}

describe('a payment', () => {
  it('sells the goods, writes to buyer and studio, and keeps where they go', async ({ expect }) => {
    expect(await stockOf(cup)).toEqual([10, 1])
    const response = await tell(world, paid(order))
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ received: true })
    expect(await stockOf(cup)).toEqual([9, 0])
    expect(await rowOf(order.uid)).toMatchObject({
      status: 'paid',
      payment_status: 'paid',
      stock: 'sold',
      email: 'Clara.Bergmann@example.org',
      amount_paid: order.total,
      payment_intent: expect.stringMatching(/^pi_/),
      paid_at: Date.now(),
    })
    await world.settle()
    const [receipt] = world.outside.to(BUYER.email)
    expect(receipt?.subject).toBe(`Your order ${order.number}`)
    for (const part of ['1 x Cup · Blue: 12.50 USD', 'Standard: 5.00 USD', 'Total: 17.50 USD']) {
      expect(receipt?.text).toContain(part)
    }
    expect(receipt?.text).toContain('Clara Bergmann\n12 Mill Lane\n97201 Portland\nOR, US')
    expect(receipt?.text).toContain(
      `http://localhost:5173/orders/${order.uid}#token=${order.token}`,
    )
    const [notice] = world.outside.to(OWNER)
    expect(notice?.subject).toBe(`New order ${order.number}: 17.50 USD`)
    expect(notice?.replyTo).toBe(BUYER.email)
  })

  it('needs two D1 round trips', async ({ expect }) => {
    const response = await tell(world, paid(order))
    expect(response.headers.get('server-timing')).toContain('calls=2 ')
  })

  it('that is told a hundred times takes effect once', async ({ expect }) => {
    const event = paid(order)
    for (let turn = 0; turn < 5; turn++) {
      expect(await inParallel(20, () => tell(world, event))).toEqual({ 200: 20 })
    }
    await world.settle()
    expect(await statusOf(order)).toBe('paid')
    expect(await stockOf(cup)).toEqual([9, 0])
    expect(await mailedKinds()).toEqual(['order.new', 'order.received'])
    expect(world.outside.mails).toHaveLength(2)
    expect(await eventStates()).toEqual(['done settled'])
  })

  it('that is told by several events takes effect once', async ({ expect }) => {
    const events = [paid(order), arrived(order), paid(order)]
    const answers = await inParallel(12, (index) => tell(world, events[index % 3] as StripeEvent))
    expect(answers).toEqual({ 200: 12 })
    await catchUp()
    await world.settle()
    expect(await stockOf(cup)).toEqual([9, 0])
    expect(world.outside.mails).toHaveLength(2)
    expect(await world.count('stock_movements')).toBe(3)
  })

  it('that is on its way keeps the goods, and sells them when it comes', async ({ expect }) => {
    await tell(world, unpaid(order))
    expect(await rowOf(order.uid)).toMatchObject({
      status: 'pending',
      payment_status: 'processing',
      stock: 'reserved',
    })
    expect(await mailedKinds()).toEqual([])
    await tell(world, arrived(order))
    expect(await statusOf(order)).toBe('paid')
    expect(await stockOf(cup)).toEqual([9, 0])
  })

  it('that fails after all gives the goods back and tells the buyer', async ({ expect }) => {
    await tellAll(world, unpaid(order), bounced(order))
    expect(await statusOf(order)).toBe('cancelled')
    expect(await stockOf(cup)).toEqual([10, 0])
    await world.settle()
    expect(subjectsTo(BUYER.email)).toEqual([`Your order ${order.number} was cancelled`])
    expect(world.outside.to(BUYER.email)[0]?.text).toContain('The payment of your order')
    expect(subjectsTo(OWNER)).toEqual([])
  })

  it('that nobody made in time gives the goods back and mails nobody', async ({ expect }) => {
    await tell(world, expired(order))
    expect(await statusOf(order)).toBe('expired')
    expect(await stockOf(cup)).toEqual([10, 0])
    expect(await mailedKinds()).toEqual([])
  })

  it('of nothing, after a discount of all, is one too', async ({ expect }) => {
    const free = await newOrder(world, cup, { discount: 1250, shipping: 0 })
    const session = { payment_status: 'no_payment_required', payment_intent: null }
    await tell(world, paid(free, session))
    expect(await statusOf(free)).toBe('paid')
  })

  it('with tax is taken where tax is on, and shows it', async ({ expect }) => {
    order = await newOrder(world, cup, { tax: true })
    const total = order.total + 140
    const total_details = { amount_discount: 0, amount_shipping: 500, amount_tax: 140 }
    await tell(world, paid(order, { amount_total: total, total_details }))
    expect(await rowOf(order.uid)).toMatchObject({ status: 'paid', tax: 140, total })
    await world.settle()
    expect(world.outside.to(BUYER.email)[0]?.text).toContain('Tax: 1.40 USD')
  })
})

describe('a late payment', () => {
  it('takes the goods once more where they are still there', async ({ expect }) => {
    await tellAll(world, expired(order), paid(order))
    expect(await statusOf(order)).toBe('paid')
    expect(await stockOf(cup)).toEqual([9, 0])
    expect(await mailedKinds()).toEqual(['order.new', 'order.received'])
  })

  it('for what is gone has to be given back, and the studio is told', async ({ expect }) => {
    const last = await newVariant(1)
    const late = await newOrder(world, last)
    await tell(world, expired(late))
    const quick = await newOrder(world, last)
    expect(await tellAll(world, paid(quick), paid(late))).toEqual([200, 200])
    expect(await rowOf(late.uid)).toMatchObject({
      status: 'expired',
      stock: 'released',
      refund_due: late.total,
    })
    expect(await stockOf(last)).toEqual([0, 0])
    await world.settle()
    const [trouble, ...others] = world.outside
      .to(OWNER)
      .filter(({ subject }) => subject.startsWith('A payment needs you'))
    expect(others).toEqual([])
    expect(trouble?.text).toContain('Give 17.50 USD back')
    expect(trouble?.text).toContain(late.number)
    // Told again, it is neither sold nor told again.
    await tell(world, arrived(late))
    await tell(world, refunded(late, late.total))
    expect(await rowOf(late.uid)).toMatchObject({ status: 'refunded', refund_due: 0 })
    expect((await mailedKinds()).filter((kind) => kind === 'payment.trouble')).toHaveLength(1)
  })
})

describe('money that goes back', () => {
  it('is counted once, the most of it', async ({ expect }) => {
    await tell(world, paid(order))
    await tellAll(world, refunded(order, 900), refunded(order, 400))
    expect(await rowOf(order.uid)).toMatchObject({ status: 'partially_refunded', refunded: 900 })
    await tell(world, refunded(order, order.total))
    expect(await statusOf(order)).toBe('refunded')
  })

  it('by a dispute is told to the studio', async ({ expect }) => {
    await tellAll(world, paid(order), disputed(order))
    expect(await statusOf(order)).toBe('disputed')
    await tell(world, disputed(order, 'won'))
    expect(await statusOf(order)).toBe('paid')
    const lost = await newOrder(world, cup)
    await tellAll(world, paid(lost), disputed(lost), disputed(lost, 'lost'))
    expect(await statusOf(lost)).toBe('disputed')
    const kinds = await mailedKinds()
    expect(kinds.filter((kind) => kind === 'payment.trouble')).toHaveLength(3)
  })

  it('waits for the payment that it belongs to', async ({ expect }) => {
    const early = refunded(order, 400)
    expect((await tell(world, early)).status).toBe(200)
    expect(await eventStates()).toEqual(['failed waits'])
    await tell(world, paid(order))
    await catchUp()
    expect(await rowOf(order.uid)).toMatchObject({ status: 'partially_refunded', refunded: 400 })
  })
})

describe('events in any order', () => {
  const mixtures: Record<string, (order: Sold) => StripeEvent[]> = {
    'a transfer that comes and goes back': (one) => [
      unpaid(one),
      arrived(one),
      refunded(one, 400),
      disputed(one),
      disputed(one, 'won'),
    ],
    'a session that ends, a payment, and all of it back': (one) => [
      expired(one),
      paid(one),
      refunded(one, 100),
      refunded(one, one.total),
      disputed(one, 'lost'),
    ],
    'a transfer that fails, and a payment all the same': (one) => [
      unpaid(one),
      bounced(one),
      expired(one),
      paid(one),
      refunded(one, 900),
    ],
  }
  const [FIRST] = Object.keys(mixtures)
  for (const [name, make] of Object.entries(mixtures)) {
    it(`end alike: ${name}`, async ({ expect }) => {
      const all = permutations(5)
      const step = all.length / rounds(all.length)
      const orders = name === FIRST ? all : all.filter((_, index) => index % step === 0)
      const seen = new Set<string>()
      for (const places of orders) {
        const cupOfThis = await newVariant(3)
        const one = await newOrder(world, cupOfThis)
        const events = make(one).map((event) => ({ ...event, created: 1_777_887_100 }))
        await tellAll(world, ...places.map((place) => events[place] as StripeEvent))
        await catchUp()
        const { facts, who, when } = await factsOf(one.uid)
        const known = who.map((value) =>
          String(value)
            .replaceAll(one.uid.replaceAll('-', ''), 'uid')
            .replace(one.number.toLowerCase(), 'n')
            .replace(/cup-\d+/, 'cup'),
        )
        const [onHand, reserved] = await stockOf(cupOfThis)
        seen.add(JSON.stringify({ facts, known, paid: when[0] !== null, onHand, reserved }))
      }
      expect([...seen]).toHaveLength(1)
    })
  }

  it('that come before the order wait for it', async ({ expect }) => {
    const early = rounds(50) * 2
    const orders: Sold[] = []
    for (let i = 0; i < early; i++) {
      const one = { ...order, uid: crypto.randomUUID(), number: `EARLY${i}` }
      const sold = { ...one, sessionId: `cs_local_${one.uid}` }
      orders.push(sold)
      expect((await tell(world, paid(sold))).status).toBe(200)
    }
    expect(new Set(await eventStates())).toEqual(new Set(['failed waits']))
    const many = await newVariant(early)
    await env.DB.batch(
      orders.map(({ uid, number, sessionId }) =>
        env.DB.prepare(
          `insert into orders (uid, number, status, token_hash, token_sealed, currency, subtotal, shipping, shipping_label, total,
             return_to, terms, session_id, stock, expires_at, reserved_until, search, created_at, updated_at)
           select ?, ?, 'pending', ?, '', 'usd', subtotal, shipping, shipping_label, total, return_to, terms, ?, 'reserved',
             expires_at, reserved_until, '', created_at, updated_at from orders where uid = ?`,
        ).bind(uid, number, uid, sessionId, order.uid),
      ),
    )
    await env.DB.batch([
      env.DB.prepare(
        `insert into order_lines (order_id, position, variant_id, product_id, sku, title, quantity, unit_price, total)
         select id, 0, ${many.id}, 1, 'X', 'X', 1, 1250, 1250 from orders where number like 'EARLY%'`,
      ),
      env.DB.prepare(
        `insert into stock_movements (variant_id, reason, on_hand_change, reserved_change, order_id, actor, created_at)
         select ${many.id}, 'reserved', 0, 1, id, '', 1 from orders where number like 'EARLY%'`,
      ),
    ])
    expect(await stockOf(many)).toEqual([early, early])
    await catchUp()
    const paidOnes = (await world.rows('orders')).filter((row) => row.status === 'paid')
    expect(paidOnes).toHaveLength(early)
    expect(await stockOf(many)).toEqual([0, 0])
    await world.settle()
    expect(subjectsTo(BUYER.email)).toHaveLength(early)
  })

  it('that nobody ever asked for are given up after three days, and the studio is told', async ({
    expect,
  }) => {
    const nobodys = { ...order, uid: crypto.randomUUID() }
    await tell(world, paid(nobodys))
    for (let hour = 0; hour < 80; hour++) {
      await world.runCron('* * * * *')
      world.pass(3_600_000)
    }
    expect(await eventStates()).toEqual(['failed settled'])
    await world.settle()
    expect(subjectsTo(OWNER)).toEqual(['A payment needs you'])
    expect((await eventRows())[0]?.attempts).toBeLessThan(30)
  })
})

describe('an event that does not fit', () => {
  const wrong: Record<string, (one: Sold, other: Sold) => StripeEvent> = {
    'live mode': (one) => paid(one, {}, { livemode: true }),
    'another account': (one) => paid(one, {}, { account: 'acct_000001' }),
    'another currency': (one) => paid(one, { currency: 'eur' }),
    'another amount': (one) =>
      paid(one, { amount_subtotal: 100, amount_total: 100 + one.shipping }),
    'another session': (one) => paid(one, { id: 'cs_other' }),
    'another order': (one, other) => paid(one, { client_reference_id: other.uid }),
    'another shipping': (one) =>
      paid(one, {
        amount_total: one.subtotal,
        total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
      }),
    'another way of shipping': (one) =>
      paid(one, { shipping_cost: { shipping_rate: { display_name: 'Pigeon' } } }),
    'a discount that nobody gave': (one) =>
      paid(one, {
        amount_total: one.total - 100,
        total_details: { amount_discount: 100, amount_shipping: one.shipping, amount_tax: 0 },
      }),
    'a tax that is off': (one) =>
      paid(one, {
        amount_total: one.total + 100,
        total_details: { amount_discount: 0, amount_shipping: one.shipping, amount_tax: 100 },
      }),
    'a sum that is none': (one) => paid(one, { amount_total: one.total + 1 }),
    'no sum at all': (one) => paid(one, { amount_total: 'much' }),
  }
  for (const [what, make] of Object.entries(wrong)) {
    it(`changes nothing and is told to the studio once: ${what}`, async ({ expect }) => {
      const other = await newOrder(world, cup)
      const before = [await rowOf(order.uid), await rowOf(other.uid), await stockOf(cup)]
      const event = make(order, other)
      for (let turn = 0; turn < 3; turn++) expect((await tell(world, event)).status).toBe(200)
      await catchUp()
      expect([await rowOf(order.uid), await rowOf(other.uid), await stockOf(cup)]).toEqual(before)
      expect(await eventStates()).toEqual(['failed settled'])
      await world.settle()
      expect(world.outside.mails.map(({ to }) => to)).toEqual([OWNER])
      // The true one still counts.
      await tell(world, paid(order))
      expect(await statusOf(order)).toBe('paid')
    })
  }

  it('gives no more back than was paid', async ({ expect }) => {
    await tellAll(world, paid(order), refunded(order, order.total + 1))
    expect(await rowOf(order.uid)).toMatchObject({ status: 'paid', refunded: 0 })
    expect(await eventStates()).toEqual(['done settled', 'failed settled'])
  })

  it('is not even kept when it is of no concern', async ({ expect }) => {
    const strangers = [
      eventOf('payment_intent.succeeded', { id: 'pi_1' }),
      eventOf('customer.created', {}),
      eventOf('toString', {}),
      paid(order, { client_reference_id: null, metadata: {} }),
      paid(order, { client_reference_id: 'cart-17', metadata: null }),
      refunded(order, 1, { payment_intent: null }),
    ]
    expect(await tellAll(world, ...strangers)).toEqual(Array(6).fill(200))
    expect(await eventRows()).toEqual([])
  })
})

describe('a signature', () => {
  const seconds = () => Math.floor(Date.now() / 1000)

  it('that is wrong in one of twenty ways is refused with 400', async ({ expect }) => {
    const raw = JSON.stringify(paid(order))
    const at = seconds()
    const good = digestOf(raw, LOCAL_SECRET, at)
    const flipped = (good.startsWith('0') ? '1' : '0') + good.slice(1)
    const forms: [body: string, header: string | undefined][] = [
      [raw, undefined],
      [raw, ''],
      [raw, ' '],
      [raw, `t=${at}`],
      [raw, `v1=${good}`],
      [raw, `t=${at},v0=${good}`],
      [raw, `t=${at},v1=`],
      [raw, `t=${at},v1=${flipped}`],
      [raw, `t=${at},v1=${good.slice(0, 63)}`],
      [raw, `t=${at},v1=${good}0`],
      [raw, `t=${at},v1=${flipped},v1=${flipped}`],
      [raw, `t=${at + 1},v1=${good}`],
      [raw, `t=,v1=${good}`],
      [raw, `t=now,v1=${good}`],
      [raw, `t=${at}.5,v1=${good}`],
      [raw, `t=${at};v1=${good}`],
      [raw, signatureOf(raw, { secret: 'whsec_0123456789abcdef0123456789abcdef' })],
      [raw, signatureOf(raw, { secret: '' })],
      [raw, signatureOf(raw, { at: at - 301 })],
      [raw, signatureOf(raw, { at: at + 301 })],
      [` ${raw}`, signatureOf(raw)],
      [JSON.stringify(JSON.parse(raw), null, 1), signatureOf(raw)],
      [raw.replace('"usd"', '"eur"'), signatureOf(raw)],
    ]
    for (const [body, header] of forms) {
      const headers = header === undefined ? {} : { 'stripe-signature': header }
      const response = await world.as('anonymous').post(WEBHOOK, { raw: body, headers })
      expect(response.status, header).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'malformed' })
    }
    expect(await eventRows()).toEqual([])
    expect(await statusOf(order)).toBe('pending')
  })

  it('holds for 300 seconds both ways', async ({ expect }) => {
    const ages = [299, -299, 301, -301]
    const statuses: number[] = []
    for (const age of ages) {
      statuses.push((await tell(world, paid(order), { at: seconds() - age })).status)
    }
    expect(statuses).toEqual([200, 200, 400, 400])
  })

  it('may be of either of two secrets, and of no third', async ({ expect }) => {
    const secrets = ['a', 'b', 'c'].map(
      (letter) => `whsec_${letter.repeat(9)}0123456789012345678901`,
    )
    world.useSettings({
      STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef',
      STRIPE_WEBHOOK_SECRET: secrets.slice(0, 2).join(','),
    })
    const statuses: number[] = []
    for (const secret of secrets) {
      statuses.push((await tell(world, paid(order), { secret })).status)
    }
    statuses.push((await tell(world, paid(order))).status)
    expect(statuses).toEqual([200, 200, 400, 400])
  })

  it('that is true does not make a body of any size or kind good', async ({ expect }) => {
    for (const [raw, status] of [
      ['{', 400],
      ['[]', 400],
      ['{}', 400],
      ['null', 400],
      ['x'.repeat(256 * 1024 + 1), 413],
    ] as const) {
      const headers = { 'stripe-signature': signatureOf(raw) }
      const response = await world.as('anonymous').post(WEBHOOK, { raw, headers })
      expect(response.status, raw.slice(0, 9)).toBe(status)
    }
  })

  it('is asked of nobody where nothing is sold', async ({ expect }) => {
    world = await newWorld({
      ENVIRONMENT: 'staging',
      PASSWORD_COST: 'strong',
      API_ORIGIN: 'https://api.linden.dev',
      SITE_ORIGIN: 'https://linden.dev',
    })
    expect((await tell(world, paid(order))).status).toBe(404)
  })
})

describe('whatever breaks', () => {
  /** A payment that is told, and what must come of it when it is told again. */
  function toldAgain(expect: ExpectStatic): Story {
    let status = 0
    let event: StripeEvent
    let broken: Sold
    let one: Variant
    return {
      settings: GENEROUS,
      before: async (fresh) => {
        one = await newVariant(5)
        broken = await newOrder(fresh, one)
        event = paid(broken)
      },
      run: async (fresh) => {
        status = (await tell(fresh, event)).status
      },
      after: async (fresh, point) => {
        expect([200, 500, 503], point).toContain(status)
        const early = (await rowOf(broken.uid))?.status
        if (status === 200) expect(early, point).toBe('paid')
        expect(await halfDone(), point).toEqual([])
        expect((await tell(fresh, event)).status, point).toBe(200)
        fresh.pass(180_000)
        await fresh.runCron('* * * * *')
        expect((await rowOf(broken.uid))?.status, point).toBe('paid')
        expect(await stockOf(one), point).toEqual([4, 0])
        await fresh.settle()
        expect(fresh.outside.mails, point).toHaveLength(2)
        expect(await halfDone(), point).toEqual([])
        const [kept, ...others] = await eventRows()
        expect([kept?.status, others], point).toEqual(['done', []])
      },
    }
  }

  it('a payment takes effect once, when it is told again', async ({ expect }) => {
    const calls = await breakEach(toldAgain(expect))
    expect(calls).toEqual(['D1.batch', 'D1.batch', 'Queue.sendBatch'])
  })

  it('a payment takes effect once, at whatever statement it broke', async ({ expect }) => {
    const statements = await breakEachStatement(toldAgain(expect))
    const writes = statements.filter((sql) => !sql.startsWith('select'))
    expect(writes.length).toBeGreaterThanOrEqual(6)
  })

  /** A payment that is told once, and what must come of it when its event was kept. */
  function toldOnce(expect: ExpectStatic): Story {
    let broken: Sold
    return {
      settings: GENEROUS,
      before: async (fresh) => {
        broken = await newOrder(fresh, await newVariant(5))
      },
      run: (fresh) => tell(fresh, paid(broken)),
      after: async (fresh, point) => {
        const kept = await eventRows()
        for (let turn = 0; turn < 5; turn++) {
          fresh.pass(180_000)
          await fresh.runCron('* * * * *')
        }
        const status = (await rowOf(broken.uid))?.status
        expect(status, point).toBe(kept.length > 0 ? 'paid' : 'pending')
        expect(await halfDone(), point).toEqual([])
      },
    }
  }

  it('a payment takes effect by itself, though it is not told again', async ({ expect }) => {
    await breakEach(toldOnce(expect))
    await breakEachStatement(toldOnce(expect))
  })

  it('one statement of the batch undoes all of it', async ({ expect }) => {
    await env.DB.prepare(
      `create trigger break_mails before insert on outbox begin select raise(abort, 'broken'); end`,
    ).run()
    const event = paid(order)
    try {
      expect((await tell(world, event)).status).toBe(500)
      expect(await statusOf(order)).toBe('pending')
      expect(await stockOf(cup)).toEqual([10, 1])
      expect(await eventRows()).toMatchObject([
        { status: 'failed', last_error: 'It broke on the way. The log says how.', attempts: 1 },
      ])
      expect((await tell(world, event)).status).toBe(500)
    } finally {
      await env.DB.prepare('drop trigger break_mails').run()
    }
    expect((await tell(world, event)).status).toBe(200)
    expect(await statusOf(order)).toBe('paid')
    expect((await eventRows())[0]).toMatchObject({ status: 'done', last_error: null })
  })

  for (const [table, when] of [
    ['orders', 'update'],
    ['stock_movements', 'insert'],
    ['order_history', 'insert'],
    ['outbox', 'insert'],
    ['variants', 'update'],
  ]) {
    it(`at ${table}, nothing is half done`, async ({ expect }) => {
      const event = paid(order)
      await env.DB.prepare(
        `create trigger break_it before ${when} on ${table} begin select raise(abort, 'broken'); end`,
      ).run()
      try {
        expect((await tell(world, event)).status).toBe(500)
      } finally {
        await env.DB.prepare('drop trigger break_it').run()
      }
      expect(await statusOf(order)).toBe('pending')
      expect(await stockOf(cup)).toEqual([10, 1])
      world.pass(120_000)
      await world.runCron('* * * * *')
      expect(await statusOf(order)).toBe('paid')
      expect(await stockOf(cup)).toEqual([9, 0])
      await world.settle()
      expect(world.outside.mails).toHaveLength(2)
    })
  }
})

describe('the inbox', () => {
  type Listed = { data: { id: string; type: string; status: string }[]; count: number }
  const list = async (query = '') =>
    (await world.as('admin').get(`${EVENTS}${query}`)).json<Listed>()

  it('is listed and filtered, and shows nobody', async ({ expect }) => {
    const event = paid(order)
    await tellAll(world, event, disputed(order), paid({ ...order, uid: crypto.randomUUID() }))
    const response = await world.as('admin').get(`${EVENTS}?count=true`)
    const text = await response.text()
    expect(text).not.toMatch(/bergmann@|mill lane/i)
    const { data, count } = JSON.parse(text) as Listed
    expect(count).toBe(3)
    expect(data[2]).toEqual({
      id: expect.any(String),
      event_id: event.id,
      type: 'checkout.session.completed',
      subject: order.sessionId,
      status: 'done',
      order_id: order.uid,
      attempts: 1,
      error: null,
      event_at: '2026-05-04T09:30:00.000Z',
      created_at: '2026-05-04T09:30:00.000Z',
      done_at: '2026-05-04T09:30:00.000Z',
      next_try_at: null,
    })
    expect((await list('?status=failed')).data).toHaveLength(1)
    expect((await list('?type=charge.dispute.created')).data).toHaveLength(1)
    expect((await list(`?order=${order.uid}`)).data).toHaveLength(2)
    expect((await list(`?order=${crypto.randomUUID()}`)).data).toEqual([])
    const first = await world.as('admin').get(`${EVENTS}?limit=2`)
    const { next_cursor } = await first.json<{ next_cursor: string }>()
    expect((await list(`?limit=2&cursor=${next_cursor}`)).data).toHaveLength(1)
  })

  it('keeps content sealed, for thirty days after it came', async ({ expect }) => {
    await tell(world, paid(order))
    await tell(world, paid({ ...order, uid: crypto.randomUUID() }))
    expect(JSON.stringify(await eventRows())).not.toMatch(/bergmann@|mill lane/i)
    world.pass(31 * DAY)
    await world.runCron('17 3 * * *')
    const [done, waiting] = await eventRows()
    expect(done?.payload).toBeNull()
    expect(waiting?.payload).not.toBeNull()
    const replay = await world.as('admin').post(`${EVENTS}/${done?.uid}/replay`)
    expect(replay.status).toBe(409)
  })

  it('is replayed by hand, with the same checks and no second effect', async ({ expect }) => {
    await tell(world, paid(order))
    const [{ id } = { id: '' }] = (await list()).data
    const response = await world.as('admin').post(`${EVENTS}/${id}/replay`)
    expect(await response.json()).toMatchObject({ id, status: 'done', attempts: 2 })
    expect(await mailedKinds()).toEqual(['order.new', 'order.received'])
    expect(await stockOf(cup)).toEqual([9, 0])
    const audit = await world.rows('audit_log')
    expect(audit.map((row) => `${row.action} ${row.entity_id}`)).toEqual([`payment.replay ${id}`])
  })

  it('lets a mended event through, and tells nobody twice of one that still does not fit', async ({
    expect,
  }) => {
    const total_details = { amount_discount: 0, amount_shipping: 500, amount_tax: 100 }
    await tell(world, paid(order, { amount_total: order.total + 100, total_details }))
    const [{ id } = { id: '' }] = (await list()).data
    const replay = () => world.as('admin').post(`${EVENTS}/${id}/replay`)
    expect(await (await replay()).json()).toMatchObject({
      status: 'failed',
      error: 'It adds a tax of 100, and tax is off.',
      next_try_at: null,
    })
    await env.DB.prepare("update orders set terms = json_set(terms, '$.tax', json('true'))").run()
    expect(await (await replay()).json()).toMatchObject({ status: 'done', error: null })
    expect(await statusOf(order)).toBe('paid')
    expect((await mailedKinds()).filter((kind) => kind === 'payment.trouble')).toHaveLength(1)
  })

  it('has no event of that name, or it is in other hands', async ({ expect }) => {
    const missing = await world.as('admin').post(`${EVENTS}/${crypto.randomUUID()}/replay`)
    expect(missing.status).toBe(404)
    await tell(world, paid(order))
    await env.DB.prepare('update payment_events set leased_until = ?')
      .bind(Date.now() + 60_000)
      .run()
    const [{ id } = { id: '' }] = (await list()).data
    expect((await world.as('admin').post(`${EVENTS}/${id}/replay`)).status).toBe(409)
    expect(await world.count('audit_log')).toBe(0)
  })
})

function permutations(length: number): number[][] {
  if (length === 0) return [[]]
  return permutations(length - 1).flatMap((shorter) =>
    Array.from({ length }, (_, place) => shorter.toSpliced(place, 0, length - 1)),
  )
}
