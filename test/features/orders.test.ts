import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { comparable, inParallel } from '../support/accounts.ts'
import { refusesBadInput } from '../support/bad-input.ts'
import { breakEach } from '../support/break-each.ts'
import {
  ALL_ORDERS,
  newOrder,
  newVariant,
  ORDERS,
  rowOf,
  type Sold,
  stockOf,
  type Variant,
} from '../support/orders.ts'
import type { Person } from '../support/people.ts'
import { rounds } from '../support/rounds.ts'
import {
  BUYER,
  disputed,
  expired,
  paid,
  refunded,
  tell,
  tellAll,
  unpaid,
} from '../support/stripe-events.ts'
import { newWorld, type World } from '../support/world.ts'

const GENEROUS = { RATE_LIMIT_SCALE: '1000' }
const TRACKING = { carrier: 'Post', number: 'RR123456785CH', url: 'https://track.post.test/RR1' }

type View = Record<string, unknown> & { id: string; number: string; status: string }
type Listed = { data: View[]; next_cursor: string | null; count?: number }

let world: World
let cup: Variant
let ann: Person
let order: Sold
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  cup = await newVariant(10)
  ann = await world.person({ email: 'ann.lee@example.org', username: 'ann', steppedUp: true })
  order = await newOrder(world, cup, { by: ann, email: ann.email })
})

const statusOf = async ({ uid }: Sold) => (await rowOf(uid))?.status
const manage = (one: Sold, body: object, headers: Record<string, string> = {}) =>
  world.as('admin').patch(`${ALL_ORDERS}/${one.uid}`, { body, headers })
const fulfil = (one: Sold, more: object = {}) => manage(one, { action: 'fulfil', ...more })
const cancel = (one: Sold, more: object = {}) => manage(one, { action: 'cancel', ...more })
const read = (one: Sold, token?: string) =>
  world
    .as('anonymous')
    .get(`${ORDERS}/${one.uid}`, token === undefined ? {} : { headers: { 'x-order-token': token } })
const usd = (amount: number) => ({ amount, currency: 'usd' })

describe('a buyer', () => {
  it('sees the whole of an order', async ({ expect }) => {
    await tell(world, paid(order))
    world.pass(60_000)
    await fulfil(order, { tracking: TRACKING })
    const response = await world.as(ann).get(`${ORDERS}/${order.uid}`)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({
      id: order.uid,
      number: order.number,
      status: 'fulfilled',
      email: BUYER.email,
      lines: [
        {
          variant_id: cup.id,
          sku: cup.sku,
          title: 'Cup · Blue',
          quantity: 1,
          unit_price: usd(1250),
          total: usd(1250),
        },
      ],
      subtotal: usd(1250),
      discount: usd(0),
      shipping: usd(500),
      tax: usd(0),
      total: usd(1750),
      refunded: usd(0),
      shipping_address: { name: BUYER.name, ...BUYER.address },
      tracking: TRACKING,
      created_at: '2026-05-04T09:30:00.000Z',
      paid_at: '2026-05-04T09:30:00.000Z',
      fulfilled_at: '2026-05-04T09:31:00.000Z',
      history: [
        { status: 'pending', at: '2026-05-04T09:30:00.000Z' },
        { status: 'paid', at: '2026-05-04T09:30:00.000Z' },
        { status: 'fulfilled', at: '2026-05-04T09:31:00.000Z' },
      ],
    })
    const tag = response.headers.get('etag') ?? ''
    const known = { headers: { 'if-none-match': tag } }
    expect((await world.as(ann).get(`${ORDERS}/${order.uid}`, known)).status).toBe(304)
  })

  it('has a list of what was bought while signed in, newest first', async ({ expect }) => {
    const guest = await newOrder(world, cup, { email: ann.email })
    const second = await newOrder(world, cup, { by: ann })
    const list = async (query = '') => (await world.as(ann).get(`${ORDERS}${query}`)).json<Listed>()
    expect((await list()).data.map(({ id }) => id)).toEqual([second.uid, order.uid])
    const { data, next_cursor } = await list('?limit=1')
    expect(data.map(({ id }) => id)).toEqual([second.uid])
    expect((await list(`?limit=1&cursor=${next_cursor}`)).data.map(({ id }) => id)).toEqual([
      order.uid,
    ])
    // The address alone makes nothing theirs.
    expect((await world.as(ann).get(`${ORDERS}/${guest.uid}`)).status).toBe(404)
  })

  it('who is neither owner nor has the token learns not even that there is one', async ({
    expect,
  }) => {
    const ben = await world.person()
    const other = await newOrder(world, cup)
    const missing = { ...order, uid: '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10' }
    const header = (token: string) => ({ headers: { 'x-order-token': token } })
    const callers: [string, (one: Sold) => Promise<Response>, statuses: number[]][] = [
      ['the owner', (one) => world.as(ann).get(`${ORDERS}/${one.uid}`), [200, 404]],
      ['the token', (one) => read(one, order.token), [200, 404]],
      [
        'somebody with the token',
        (one) => world.as(ben).get(`${ORDERS}/${one.uid}`, header(order.token)),
        [200, 404],
      ],
      ['nobody', (one) => read(one), [404, 404]],
      ['somebody', (one) => world.as(ben).get(`${ORDERS}/${one.uid}`), [404, 404]],
      ['the admin', (one) => world.as('admin').get(`${ORDERS}/${one.uid}`), [404, 404]],
      ['another order’s token', (one) => read(one, other.token), [404, 404]],
      ['an empty token', (one) => read(one, ''), [404, 404]],
      ['a long token', (one) => read(one, 'x'.repeat(5000)), [404, 404]],
      ['the token’s hash', (one) => read(one, String(hash)), [404, 404]],
    ]
    const hash = (await rowOf(order.uid))?.token_hash
    for (const [who, ask, statuses] of callers) {
      const [there, away] = [await ask(order), await ask(missing)]
      expect([there.status, away.status], who).toEqual(statuses)
      if (there.status === 404) {
        const [one, other] = [await comparable(there), await comparable(away)]
        expect(one.replaceAll(order.uid, missing.uid), who).toBe(other)
      }
    }
  })

  it('reads in one round trip', async ({ expect }) => {
    const response = await read(order, order.token)
    expect(response.headers.get('server-timing')).toContain('calls=1 ')
  })
})

describe('the studio', () => {
  it('finds orders by state, words and time', async ({ expect }) => {
    const list = async (query: string) =>
      (await world.as('admin').get(`${ALL_ORDERS}${query}`)).json<Listed>()
    const bowl = await newVariant(5, { title: 'Bowl' })
    world.pass(86_400_000)
    const second = await newOrder(world, bowl)
    await tell(world, paid(second))
    const ids = async (query: string) => (await list(query)).data.map(({ id }) => id)
    expect(await ids('')).toEqual([second.uid, order.uid])
    expect(await ids('?status=paid')).toEqual([second.uid])
    expect(await ids('?status=pending')).toEqual([order.uid])
    for (const q of [second.number.toLowerCase(), 'CLARA', 'bergmann@example', bowl.sku]) {
      expect(await ids(`?q=${encodeURIComponent(q)}`), q).toEqual([second.uid])
    }
    expect(await ids(`?q=${ann.email}`)).toEqual([order.uid])
    expect(await ids('?from=2026-05-05T00:00:00.000Z')).toEqual([second.uid])
    expect(await ids('?to=2026-05-05T00:00:00.000Z')).toEqual([order.uid])
    expect(await list('?count=true&limit=1')).toMatchObject({ count: 2 })
    const { next_cursor } = await list('?limit=1')
    expect(await ids(`?limit=1&cursor=${next_cursor}`)).toEqual([order.uid])
    expect((await world.as('admin').get(`${ALL_ORDERS}?status=lost`)).status).toBe(422)
  })

  it('sees an order with its payment, events and mails', async ({ expect }) => {
    await tell(world, paid(order))
    await world.settle()
    const response = await world.as('admin').get(`${ALL_ORDERS}/${order.uid}`)
    expect(await response.json()).toMatchObject({
      id: order.uid,
      user_id: ann.id,
      goods: 'sold',
      refund_due: usd(0),
      shipping_label: 'Standard',
      payment: {
        status: 'paid',
        session_id: order.sessionId,
        payment_intent: expect.stringMatching(/^pi_/),
        paid: usd(1750),
        dispute: null,
      },
      events: [{ type: 'checkout.session.completed', status: 'done' }],
      mails: [
        { kind: 'order.received', to: BUYER.email, status: 'sent' },
        { kind: 'order.new', to: 'owner@linden.test', status: 'sent' },
      ],
    })
    const tag = response.headers.get('etag') ?? ''
    const again = await world
      .as('admin')
      .get(`${ALL_ORDERS}/${order.uid}`, { headers: { 'if-none-match': tag } })
    expect(again.status).toBe(304)
    const missing = await world.as('admin').get(`${ALL_ORDERS}/${crypto.randomUUID()}`)
    expect(missing.status).toBe(404)
  })

  it('has all orders as a table in which no cell is a formula', async ({ expect }) => {
    const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']
    for (const name of formulas) {
      const one = await newOrder(world, cup)
      const details = { name, address: { ...BUYER.address, line1: name } }
      await tell(world, paid(one, { collected_information: { shipping_details: details } }))
    }
    await cancel(order, { note: '=HYPERLINK("https://evil.test")' })
    const response = await world.as('admin').get('/api/v1/admin/orders.csv')
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    const lines = (await response.text()).trimEnd().split('\r\n')
    expect(lines).toHaveLength(8)
    expect(lines[0]).toMatch(/^number,id,status,created_at,/)
    expect(lines[1]).toContain(`${order.number},${order.uid},cancelled,2026-05-04T09:30:00.000Z`)
    expect(lines[1]).toContain('"\'=HYPERLINK(""https://evil.test"")"')
    for (const [index, line] of lines.slice(2).entries()) {
      const formula = (formulas[index] ?? '').trim()
      expect(line).toContain(`"'${formula}, ${formula}`)
    }
    const some = await world.as('admin').get('/api/v1/admin/orders.csv?status=cancelled')
    expect((await some.text()).trimEnd().split('\r\n')).toHaveLength(2)
    const entries = (await world.rows('audit_log')).map((row) => `${row.action} ${row.after}`)
    expect(entries.slice(-1)).toEqual(['order.export {"status":"cancelled"}'])
  })

  it('has a table of any length, part by part', async ({ expect }) => {
    const rows = 450
    await env.DB.prepare(
      `insert into orders (uid, number, status, token_hash, token_sealed, currency, subtotal, total, return_to, stock,
         expires_at, reserved_until, search, created_at, updated_at)
       select 'u' || n.value, 'N' || n.value, 'expired', 'h' || n.value, '', 'usd', 1, 1, 'default', 'released', 1, 1, '', 1, 1
       from json_each(?) n`,
    )
      .bind(JSON.stringify(Array.from({ length: rows }, (_, index) => index)))
      .run()
    const text = await (await world.as('admin').get('/api/v1/admin/orders.csv')).text()
    const numbers = text.trimEnd().split('\r\n').slice(1)
    expect(numbers).toHaveLength(rows + 1)
    expect(new Set(numbers.map((line) => line.split(',')[0])).size).toBe(rows + 1)
  })
})

describe('sending an order', () => {
  it('is told to its buyer with the tracking, once', async ({ expect }) => {
    await tell(world, paid(order))
    await world.settle()
    const response = await fulfil(order, { tracking: TRACKING, note: 'Two boxes.' })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      status: 'fulfilled',
      tracking: TRACKING,
      note: 'Two boxes.',
    })
    await world.settle()
    const again = await fulfil(order, { tracking: TRACKING })
    expect(again.status).toBe(409)
    expect(await again.json()).toMatchObject({
      code: 'conflict',
      detail: 'It has been sent already.',
    })
    await world.settle()
    const mails = world.outside.to(BUYER.email)
    expect(mails.map(({ subject }) => subject)).toEqual([
      `Your order ${order.number}`,
      `Your order ${order.number} is on its way`,
    ])
    expect(mails[1]?.text).toContain('with Post')
    expect(mails[1]?.text).toContain('RR123456785CH\nhttps://track.post.test/RR1')
    const [entry] = (await world.rows('audit_log')).filter((row) => row.action === 'order.fulfil')
    expect(entry).toMatchObject({ entity_type: 'order', entity_id: order.uid })
  })

  it('needs no tracking', async ({ expect }) => {
    await tell(world, paid(order))
    expect(await (await fulfil(order)).json()).toMatchObject({
      status: 'fulfilled',
      tracking: null,
    })
    await world.settle()
    expect(world.outside.to(BUYER.email)[1]?.text).not.toMatch(/tracking|undefined/i)
  })

  it('twenty times at once is sending it once', async ({ expect }) => {
    await tell(world, paid(order))
    const answers = await inParallel(20, () => fulfil(order, { tracking: TRACKING }))
    expect(answers).toEqual({ 200: 1, 409: 19 })
    const kinds = (await world.rows('outbox')).map((row) => row.kind)
    expect(kinds.filter((kind) => kind === 'order.shipped')).toHaveLength(1)
  })

  it('goes on though a part of the money went back', async ({ expect }) => {
    await tellAll(world, paid(order), refunded(order, 400))
    expect((await fulfil(order)).status).toBe(200)
    expect(await rowOf(order.uid)).toMatchObject({ status: 'partially_refunded' })
    expect((await fulfil(order)).status).toBe(409)
  })

  it('is for what is paid alone', async ({ expect }) => {
    const refusals: [string, () => Promise<unknown>][] = [
      ['It is not paid yet.', async () => undefined],
      ['It is not paid yet.', () => tell(world, unpaid(order))],
      ['Its payment is disputed.', () => tellAll(world, paid(order), disputed(order))],
      ['Its payment is disputed.', () => tell(world, refunded(order, order.total))],
      ['Its money was given back.', () => tell(world, disputed(order, 'won'))],
    ]
    for (const [detail, before] of refusals) {
      await before()
      const response = await fulfil(order)
      expect(response.status, detail).toBe(409)
      expect(await response.json()).toMatchObject({ detail })
    }
    const late = await newOrder(world, cup)
    await tell(world, expired(late))
    expect(await (await fulfil(late)).json()).toMatchObject({ detail: 'It was not paid in time.' })
    expect((await world.rows('audit_log')).filter((row) => row.entity_type === 'order')).toEqual([])
  })

  it('of a state that has changed is refused', async ({ expect }) => {
    const seen = await world.as('admin').get(`${ALL_ORDERS}/${order.uid}`)
    const tag = seen.headers.get('etag') ?? ''
    await tell(world, paid(order))
    const stale = await manage(order, { action: 'fulfil' }, { 'if-match': tag })
    expect(stale.status).toBe(412)
    const now = await world.as('admin').get(`${ALL_ORDERS}/${order.uid}`)
    const fresh = { 'if-match': now.headers.get('etag') ?? '' }
    expect((await manage(order, { action: 'fulfil' }, fresh)).status).toBe(200)
  })
})

describe('cancelling an order', () => {
  it('gives its goods back and tells its buyer', async ({ expect }) => {
    const response = await cancel(order, { note: 'By telephone.' })
    expect(await response.json()).toMatchObject({ status: 'cancelled', goods: 'released' })
    expect(await stockOf(cup)).toEqual([10, 0])
    await world.settle()
    expect(world.outside.mails.map(({ to, subject }) => [to, subject])).toEqual([
      [ann.email, `Your order ${order.number} was cancelled`],
    ])
    expect((await cancel(order)).status).toBe(409)
  })

  it('mails nobody where nobody is known', async ({ expect }) => {
    const guest = await newOrder(world, cup)
    expect((await cancel(guest)).status).toBe(200)
    expect(await world.count('outbox')).toBe(0)
  })

  it('is for what nobody has paid', async ({ expect }) => {
    await tell(world, unpaid(order))
    expect(await (await cancel(order)).json()).toMatchObject({
      detail: 'Its payment is on its way. Wait until it has come or failed.',
    })
    await tell(world, paid(order))
    expect(await (await cancel(order)).json()).toMatchObject({
      detail: 'It is paid. Give the money back instead.',
    })
    expect(await statusOf(order)).toBe('paid')
  })

  it('loses against a payment', async ({ expect }) => {
    const races = rounds(100)
    for (let race = 0; race < races; race++) {
      const one = await newVariant(3)
      const raced = await newOrder(world, one)
      const [answer] = await Promise.all([cancel(raced), tell(world, paid(raced))])
      expect([200, 409]).toContain(answer.status)
      expect(await statusOf(raced)).toBe('paid')
      expect(await stockOf(one)).toEqual([2, 0])
    }
  })

  it('waits while the provider does not say how it stands', async ({ expect }) => {
    const unknown = await newOrder(world, cup, { sessionId: null })
    await env.DB.prepare('update orders set resolve_at = 1 where uid = ?').bind(unknown.uid).run()
    expect((await cancel(unknown)).status).toBe(503)
    expect(await statusOf(unknown)).toBe('pending')
  })
})

describe('whatever breaks', () => {
  it('an order is sent and told of, or neither', async ({ expect }) => {
    let status = 0
    let broken: Sold
    await breakEach({
      settings: GENEROUS,
      before: async (fresh) => {
        broken = await newOrder(fresh, await newVariant(3))
        await tell(fresh, paid(broken))
        await fresh.settle()
        await fresh.admin()
      },
      run: async (fresh) => {
        const path = `${ALL_ORDERS}/${broken.uid}`
        status = (await fresh.as('admin').patch(path, { body: { action: 'fulfil' } })).status
      },
      after: async (fresh, point) => {
        expect([200, 500, 503], point).toContain(status)
        const isSent = (await rowOf(broken.uid))?.status === 'fulfilled'
        if (status === 200) expect(isSent, point).toBe(true)
        await fresh.settle()
        expect(fresh.outside.to(BUYER.email), point).toHaveLength(isSent ? 2 : 1)
      },
    })
  })

  it('an order is cancelled with its goods, or neither', async ({ expect }) => {
    let broken: Sold
    let one: Variant
    await breakEach({
      settings: GENEROUS,
      before: async (fresh) => {
        one = await newVariant(3)
        broken = await newOrder(fresh, one)
        await fresh.admin()
      },
      run: (fresh) =>
        fresh.as('admin').patch(`${ALL_ORDERS}/${broken.uid}`, { body: { action: 'cancel' } }),
      after: async (_, point) => {
        const isCancelled = (await rowOf(broken.uid))?.status === 'cancelled'
        expect(await stockOf(one), point).toEqual([3, isCancelled ? 0 : 1])
      },
    })
  })
})

describe('bad input', () => {
  it('changes no order', async ({ expect }) => {
    await tell(world, paid(order))
    const tried = await refusesBadInput(
      expect,
      world,
      {
        method: 'PATCH',
        path: `${ALL_ORDERS}/${order.uid}`,
        caller: 'admin',
        valid: { action: 'fulfil' },
        texts: ['action'],
      },
      async () => [await rowOf(order.uid), await world.rows('outbox')],
    )
    expect(tried).toBeGreaterThan(100)
  })

  it('in what is said of the tracking is refused', async ({ expect }) => {
    await tell(world, paid(order))
    const wrong = [
      { carrier: 'Post' },
      { number: '1' },
      { carrier: '', number: '1' },
      { carrier: 'Post', number: 'a\nb' },
      { carrier: 'Post', number: '1', url: 'javascript:alert(1)' },
      { carrier: 'Post', number: '1', url: 'https://user@post.test/' },
      { carrier: 'Post', number: '1', price: 1 },
      { carrier: 'x'.repeat(61), number: '1' },
    ]
    for (const tracking of wrong) {
      expect((await fulfil(order, { tracking })).status, JSON.stringify(tracking)).toBe(422)
    }
    expect((await cancel(order, { tracking: TRACKING })).status).toBe(422)
    expect(await statusOf(order)).toBe('paid')
  })
})

describe('whoever leaves', () => {
  const leave = () => world.as(ann).delete('/api/v1/users/me')
  const traces = async ({ uid }: Sold) => {
    const row = await rowOf(uid)
    const kept = [row, (await world.rows('outbox')).filter((mail) => mail.about === `order:${uid}`)]
    return /ann.lee@example|bergmann|mill lane/i.test(JSON.stringify(kept))
  }

  it('is in no order that is done, and the order stays', async ({ expect }) => {
    await tell(world, paid(order))
    await fulfil(order, { tracking: TRACKING })
    const dropped = await newOrder(world, cup, { by: ann, email: ann.email })
    await cancel(dropped)
    await world.settle()
    expect([await traces(order), await traces(dropped)]).toEqual([true, true])
    expect((await leave()).status).toBe(204)
    expect([await traces(order), await traces(dropped)]).toEqual([false, false])
    expect(await rowOf(order.uid)).toMatchObject({
      status: 'fulfilled',
      user_id: null,
      total: 1750,
      search: `${order.number.toLowerCase()}\n${cup.sku.toLowerCase()}`,
    })
    const [event] = await world.rows('payment_events')
    expect(event?.payload).toBeNull()
  })

  it('still gets what is paid, and is forgotten then', async ({ expect }) => {
    await tell(world, paid(order))
    await leave()
    expect(await rowOf(order.uid)).toMatchObject({ email: BUYER.email, user_id: null })
    await world.settle()
    expect((await fulfil(order, { tracking: TRACKING })).status).toBe(200)
    await world.settle()
    expect(world.outside.to(BUYER.email)).toHaveLength(2)
    expect(await rowOf(order.uid)).toMatchObject({ email: null, shipping_address: null })
  })

  it('is forgotten when the order is not paid in time', async ({ expect }) => {
    await leave()
    await tell(world, expired(order))
    expect(await traces(order)).toBe(false)
  })

  it('takes the proven address out of what a guest bought with it', async ({ expect }) => {
    const guest = await newOrder(world, cup, { email: 'Ann.Lee@Example.org' })
    const stranger = await newOrder(world, cup, { email: 'ben@example.org' })
    await cancel(guest)
    await cancel(stranger)
    await world.settle()
    await leave()
    expect(await rowOf(guest.uid)).toMatchObject({ email: null })
    expect(await rowOf(stranger.uid)).toMatchObject({ email: 'ben@example.org' })
  })

  it('takes a list of all orders along', async ({ expect }) => {
    await tell(world, paid(order))
    await newOrder(world, cup, { email: ann.email })
    const response = await world.as(ann).get('/api/v1/users/me/export')
    const { orders } = await response.json<{ orders: View[] }>()
    expect(orders).toMatchObject([{ id: order.uid, status: 'paid', total: usd(1750) }])
  })
})
