import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import * as z from 'zod/mini'
import {
  ContentView,
  InventoryView,
  ProductsView,
  SalesView,
  SummaryView,
} from '../../src/features/analytics/schemas.ts'
import { GENEROUS } from '../support/accounts.ts'
import { POSTS, PROJECTS, write } from '../support/content.ts'
import { ANALYTICS, fillShop, type Line, refund, report, sell } from '../support/sales.ts'
import { newWorld, type World } from '../support/world.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

let world: World
beforeEach(async () => {
  world = await newWorld({ ...GENEROUS, VIEWS_WINDOW_MS: '0' })
})

const DAY_ONE = { from: '2026-05-04', to: '2026-05-05' }

const usd = (amount: number) => ({ amount, currency: 'usd' })
const line = (variant: number, quantity: number, price: number, discount = 0): Line => ({
  variant,
  quantity,
  price,
  discount,
})
const run = (statement: string, ...values: unknown[]) =>
  env.DB.prepare(statement)
    .bind(...values)
    .run()

const NAMES = ['summary', 'sales', 'products', 'inventory', 'content'] as const
const REPORTS = {
  summary: SummaryView,
  sales: SalesView,
  products: ProductsView,
  inventory: InventoryView,
  content: ContentView,
}

describe('a report', () => {
  it('shows what has happened at once, each thing at its own time', async ({ expect }) => {
    await fillShop(2, 2)
    const today = { from: '2026-05-04', to: '2026-05-05' }
    const summary = async (asked: Record<string, string> = today) =>
      (await report<SummaryView>(world, 'summary', asked)).view
    const now = Date.now()
    const nothing = {
      checkouts: 0,
      conversion: null,
      orders: 0,
      units: 0,
      sales: usd(0),
      average_order: null,
      refunds: usd(0),
      net: usd(0),
    }
    expect(await summary()).toMatchObject(nothing)

    await sell([{ createdAt: now - DAY, paidAt: null, lines: [line(1, 2, 500)] }])
    await sell([{ createdAt: now, paidAt: null, lines: [line(1, 1, 500), line(3, 1, 1001)] }], 2)
    expect(await summary()).toMatchObject({ ...nothing, checkouts: 1, conversion: 0 })

    const pay = 'update orders set paid_at = ?, amount_paid = ?, updated_at = ? where id = ?'
    await run(pay, now, 1000, now, 1)
    await run(pay, now, 1501, now, 2)
    const paid = { orders: 2, units: 4, sales: usd(2501), average_order: usd(1251) }
    expect(await summary()).toMatchObject({ ...paid, checkouts: 1, conversion: 1, net: usd(2501) })
    const yesterday = { from: '2026-05-03', to: '2026-05-04' }
    expect(await summary(yesterday)).toMatchObject({ ...nothing, checkouts: 1, conversion: 1 })

    // Given back two days later, of the order of today.
    await refund(2, 2, now + 2 * DAY)
    await refund(2, 1000, now + 2 * DAY)
    expect(await summary()).toMatchObject({ ...paid, refunds: usd(0) })
    expect(await summary({ from: '2026-05-06', to: '2026-05-07' })).toMatchObject({
      ...nothing,
      refunds: usd(1002),
      net: usd(-1002),
    })
  })

  it('counts the same, whatever the order of statements', async ({ expect }) => {
    await fillShop(1, 1)
    const now = Date.now()
    await run(
      `insert into orders (uid, number, status, token_hash, token_sealed, currency, subtotal, total, return_to, stock, expires_at, reserved_until, search, created_at, updated_at, paid_at, amount_paid, refunded)
       values ('a', 'a', 'paid', 'a', '', 'usd', 900, 900, 'default', 'sold', 0, 0, '', ?, ?, ?, 900, 100)`,
      now,
      now,
      now,
    )
    await run(
      `insert into order_lines (order_id, position, variant_id, product_id, sku, title, quantity, unit_price, total, discount)
       select id, 0, 1, 1, 'A', 'A', 3, 350, 1050, 150 from orders`,
    )
    const figures = { orders: 1, units: 3, sales: usd(900), refunds: usd(100), conversion: 1 }
    expect((await report(world, 'summary')).view).toMatchObject(figures)
    const sold = { units: 3, revenue: usd(900) }
    expect((await report(world, 'products')).view).toMatchObject({
      products: [{ id: 1, slug: 'product-1', name: 'Product 1', ...sold }],
      variants: [
        { id: 1, product_id: 1, sku: 'SKU-1', name: 'Product 1', title: 'Variant 1', ...sold },
      ],
    })
    // The payment turns out to be of another amount, then to be none.
    await run('update orders set amount_paid = 950')
    expect((await report(world, 'summary')).view).toMatchObject({ ...figures, sales: usd(950) })
    await run('update orders set paid_at = null')
    expect((await report(world, 'summary')).view).toMatchObject({
      orders: 0,
      units: 0,
      sales: usd(0),
      conversion: 0,
    })
    expect((await report(world, 'products')).view).toMatchObject({ products: [], variants: [] })
  })

  it('is what the document says, in one round trip, and takes every query', async ({ expect }) => {
    await fillShop(2, 2)
    const now = Date.now()
    await sell([{ createdAt: now, paidAt: now, lines: [line(1, 2, 500), line(4, 1, 100)] }])
    await write(world, { title: 'Read' })
    const zoned = {
      from: '2026-04-01',
      to: '2026-05-05T10:07:00.000Z',
      time_zone: 'Asia/Kathmandu',
    }
    const QUERIES: Record<string, Record<string, string>[]> = {
      summary: [{}, zoned],
      sales: [{}, ...['day', 'week', 'month'].map((interval) => ({ ...zoned, interval }))],
      products: [{}, { ...zoned, sort: 'units', limit: '1' }, { ...zoned, sort: 'revenue' }],
      inventory: [{}, { limit: '500' }],
      content: [{}, ...['views', 'reactions', 'comments'].map((sort) => ({ ...zoned, sort }))],
    }
    for (const name of NAMES) {
      for (const asked of QUERIES[name] ?? []) {
        const { view, calls } = await report(world, name, asked)
        // One of them finds the session.
        expect([calls, z.strictObject(REPORTS[name]().shape).safeParse(view).error], name).toEqual([
          2,
          undefined,
        ])
      }
    }
    const { view } = await report<SummaryView>(world, 'summary', zoned)
    expect([view.from, view.to]).toEqual(['2026-03-31T18:15:00.000Z', '2026-05-05T10:15:00.000Z'])
  })

  it('is of the last thirty days when nobody says, to the end of today', async ({ expect }) => {
    const { view } = await report<SalesView>(world, 'sales', { time_zone: 'Pacific/Kiritimati' })
    expect([view.from, view.to, view.interval]).toEqual([
      '2026-04-04T10:00:00.000Z',
      '2026-05-04T10:00:00.000Z',
      'day',
    ])
    expect(view.data).toHaveLength(30)
    expect(view.data.map(({ day }) => day)).toEqual(
      Array.from({ length: 30 }, (_, index) =>
        new Date(Date.UTC(2026, 3, 5 + index)).toISOString().slice(0, 10),
      ),
    )
  })

  it('has a bucket for each day where clocks change, of 23 and of 25 hours', async ({ expect }) => {
    await fillShop(1, 1)
    const [spring, autumn] = [
      Date.parse('2026-03-29T00:30:00Z'),
      Date.parse('2025-10-26T00:30:00Z'),
    ]
    const sale = (at: number) => ({ createdAt: at, paidAt: at, lines: [line(1, 1, 100)] })
    await sell([spring - 2 * HOUR, spring, spring + 21.4 * HOUR, spring + 21.5 * HOUR].map(sale))
    await sell([autumn - 3 * HOUR, autumn, autumn + 22.4 * HOUR, autumn + 22.5 * HOUR].map(sale), 5)
    const berlin = async (from: string, to: string) => {
      const asked = { from, to, time_zone: 'Europe/Berlin' }
      const { data } = (await report<SalesView>(world, 'sales', asked)).view
      return data.map(({ day, start, end, orders }) => [
        day,
        (Date.parse(end) - Date.parse(start)) / HOUR,
        orders,
      ])
    }
    expect(await berlin('2026-03-28', '2026-03-31')).toEqual([
      ['2026-03-28', 24, 1],
      ['2026-03-29', 23, 2],
      ['2026-03-30', 24, 1],
    ])
    expect(await berlin('2025-10-25', '2025-10-28')).toEqual([
      ['2025-10-25', 24, 1],
      ['2025-10-26', 25, 2],
      ['2025-10-27', 24, 1],
    ])
  })

  it('adds up no two currencies', async ({ expect }) => {
    await fillShop(1, 1)
    const now = Date.now()
    const sale = { createdAt: now, paidAt: now, lines: [line(1, 1, 500)] }
    await sell([sale, { ...sale, currency: 'eur' }, { ...sale, currency: 'eur' }])
    expect((await report(world, 'summary')).view).toMatchObject({ orders: 1, sales: usd(500) })
    world.useSettings({ CURRENCY: 'eur', SECRET_KEY: String(world.env.SECRET_KEY) })
    expect((await report(world, 'summary')).view).toMatchObject({
      orders: 2,
      sales: { amount: 1000, currency: 'eur' },
    })
  })
})

describe('a database that does not answer', () => {
  it('fails the report whole, and the next one is there', async ({ expect }) => {
    await world.admin()
    for (const name of NAMES) {
      for (const ending of ['', '.csv']) {
        // The first call finds the session.
        world.faults.failAt(2, 'before')
        const broken = await world.as('admin').get(`${ANALYTICS}/${name}${ending}`)
        expect([broken.status, broken.headers.get('content-type')]).toEqual([
          500,
          expect.stringContaining('application/problem+json'),
        ])
        world.faults.heal()
        expect((await world.as('admin').get(`${ANALYTICS}/${name}${ending}`)).status).toBe(200)
      }
    }
  })
})

describe('a report is refused', () => {
  const day = (text: string) => ({ from: text, to: '2026-05-05' })
  const BAD: [what: string, query: Record<string, string>, path: string][] = [
    ['of no zone', { time_zone: 'Europe/Atlantis' }, 'time_zone'],
    ['of an offset', { time_zone: '+05:45' }, 'time_zone'],
    ['of an empty zone', { time_zone: '' }, 'time_zone'],
    ['of a zone with more behind it', { time_zone: "Europe/Berlin' or 1" }, 'time_zone'],
    ['of a long zone', { time_zone: 'A'.repeat(51) }, 'time_zone'],
    ['that ends when it begins', { from: '2026-05-05', to: '2026-05-05' }, 'from'],
    ['that ends before', { from: '2026-05-05', to: '2026-05-04T10:00:00.000Z' }, 'from'],
    ['from tomorrow on', { from: '2026-05-05' }, 'from'],
    ['of three years', { from: '2023-05-05', to: '2026-05-05' }, 'to'],
    ['of a day and more', { from: '2024-05-02', to: '2026-05-05' }, 'to'],
    ['of no such day', day('2026-02-30'), 'from'],
    ['of no such month', day('2026-13-01'), 'from'],
    ['of a word', day('yesterday'), 'from'],
    ['of a number', day('1777852800000'), 'from'],
    ['of a local time', day('2026-05-04T10:00:00'), 'from'],
    ['of an offset of its own', day('2026-05-04T10:00:00+02:00'), 'from'],
    ['of nothing', day(''), 'from'],
    ['of long ago', { from: '1999-12-01', to: '1999-12-31' }, 'to'],
    ['of a day far off', { from: '2100-01-02', to: '2100-02-01' }, 'to'],
    ['with a parameter that nobody knows', { start: '2026-05-04' }, 'start'],
  ]
  it.for(BAD)('%s', async ([, query, path], { expect }) => {
    for (const name of [
      'summary',
      'sales',
      'products',
      'content',
      'summary.csv',
      'sales.csv',
      'products.csv',
      'content.csv',
    ]) {
      const response = await world
        .as('admin')
        .get(`${ANALYTICS}/${name}?${new URLSearchParams(query)}`)
      const body = await response.json<{ code: string; errors: { path: string }[] }>()
      expect([name, response.status, body.code, body.errors.map((one) => one.path)]).toEqual([
        name,
        422,
        'validation',
        [path],
      ])
    }
  })

  it.for([
    ['sales', 'interval=hour', 'interval'],
    ['sales', 'interval=', 'interval'],
    ['sales', 'interval=day&interval=week', 'interval'],
    ['sales', 'from=2025-04-29&to=2026-05-05', 'interval'],
    ['products', 'sort=name', 'sort'],
    ['products', 'limit=101', 'limit'],
    ['products', 'limit=0', 'limit'],
    ['content', 'sort=units', 'sort'],
    ['inventory', 'limit=501', 'limit'],
    ['inventory', 'from=2026-05-04', 'from'],
    ['summary', 'interval=day', 'interval'],
  ])('%s?%s', async ([name, query, path], { expect }) => {
    for (const ending of ['', '.csv']) {
      const response = await world.as('admin').get(`${ANALYTICS}/${name}${ending}?${query}`)
      const body = await response.json<{ errors: { path: string }[] }>()
      expect([response.status, body.errors.map((one) => one.path)]).toEqual([422, [path]])
    }
  })

  it('not at the edge of what it takes', async ({ expect }) => {
    const longest = { from: '2024-05-03', to: '2026-05-05' }
    for (const name of ['summary', 'products', 'content'] as const)
      await report(world, name, longest)
    const { view } = await report<SalesView>(world, 'sales', { ...longest, interval: 'month' })
    expect(view.data).toHaveLength(25)
    const days = await report<SalesView>(world, 'sales', { from: '2025-04-30', to: '2026-05-05' })
    expect(days.view.data).toHaveLength(370)
  })
})

describe('stock', () => {
  it('lasts as long as it sells as it did', async ({ expect }) => {
    await fillShop(5, 1, Date.now() - 100 * DAY)
    const now = Date.now()
    const daysAgo = (days: number, variant: number, quantity: number) => ({
      createdAt: now - days * DAY,
      paidAt: now - days * DAY,
      lines: [line(variant, quantity, 100)],
    })
    // Variant 2 is two days old. What is older than the window does not count.
    await run('update variants set created_at = ? where id = 2', now - 2 * DAY)
    await sell([
      daysAgo(1, 1, 50),
      daysAgo(20, 1, 10),
      daysAgo(40, 1, 99),
      daysAgo(1, 2, 10),
      daysAgo(33, 3, 5),
    ])
    await run('update variants set on_hand = 60, reserved = 5 where id = 1')
    await run('update variants set on_hand = 20 where id = 2')
    await run("update variants set status = 'archived' where id = 4")
    await run("update products set status = 'draft' where id = 5")
    const { view } = await report<InventoryView>(world, 'inventory')
    const days = (now - Date.parse(view.since)) / DAY
    expect(days).toBeGreaterThanOrEqual(28)
    expect(days).toBeLessThan(32)
    const shown = (id: number) => ({
      variant_id: id,
      product_id: id,
      sku: `SKU-${id}`,
      name: `Product ${id}`,
      title: `Variant ${id}`,
    })
    expect(view.data).toEqual([
      { ...shown(2), on_hand: 20, available: 20, units: 10, days_left: 4 },
      {
        ...shown(1),
        on_hand: 60,
        available: 55,
        units: 60,
        days_left: Math.floor((55 * days) / 60),
      },
      { ...shown(3), on_hand: 1000, available: 1000, units: 0, days_left: null },
    ])
    const { view: first } = await report<InventoryView>(world, 'inventory', { limit: 1 })
    expect(first.data.map((row) => row.variant_id)).toEqual([2])
    await run('update variants set on_hand = 5 where id = 1')
    const { view: sold } = await report<InventoryView>(world, 'inventory', { limit: 1 })
    expect(sold.data).toMatchObject([{ variant_id: 1, available: 0, days_left: 0 }])
  })
})

describe('content', () => {
  it('is read, liked and said of in a time, and ranked by all time', async ({ expect }) => {
    const one = await write(world, { title: 'One' })
    const two = await write(world, { title: 'Two' })
    const hidden = await write(world, { title: 'Hidden' })
    const made = await write<{ id: number }>(world, { title: 'Made' }, PROJECTS)
    const other = await write<{ id: number }>(world, { title: 'Other' }, PROJECTS)
    const view = (id: number) => world.as('anonymous').get(`${POSTS}/${id}`)
    const like = async (path: string) => {
      const person = await world.person()
      expect(
        (await world.as(person).put(`${path}/reaction`, { body: { type: 'love' } })).status,
      ).toBe(200)
      return person
    }
    const say = async (path: string) => {
      const body = { name: 'Ann', email: 'ann@example.org', content: `Fine ${Math.random()}` }
      await world.as('anonymous').post(`${path}/comments`, { body })
      return (await world.rows('comments')).at(-1)?.id
    }
    const judge = (id: unknown, status: string) =>
      world.as('admin').patch(`/api/v1/comments/${id}`, { body: { status } })
    let admin = await world.admin()
    const today = async () => {
      const { view } = await report<ContentView>(world, 'content', DAY_ONE, admin)
      return [view.views, view.reactions, view.comments]
    }
    world.pass(1000)
    for (const { id } of [one, two, two, two, hidden]) await view(id)
    const person = await like(`${POSTS}/${one.id}`)
    await like(`${PROJECTS}/${made.id}`)
    await like(`${POSTS}/${hidden.id}`)
    const comment = await say(`${PROJECTS}/${other.id}`)
    const spam = await say(`${POSTS}/${one.id}`)
    expect(await today()).toEqual([5, 3, 0])
    await judge(comment, 'approved')
    await judge(spam, 'approved')
    expect(await today()).toEqual([5, 3, 2])
    await judge(spam, 'spam')
    expect(await today()).toEqual([5, 3, 1])
    await world.as('admin').patch(`${POSTS}/${hidden.id}`, { body: { status: 'draft' } })

    // Taken back and said another day: it belongs to when it was made.
    world.pass(DAY)
    await view(one.id)
    admin = await world.renew(admin)
    const late = await world.renew(person)
    await world.as(late).put(`${POSTS}/${one.id}/reaction`, { body: { type: 'like' } })
    expect(await today()).toEqual([5, 3, 1])
    await world.as(late).delete(`${POSTS}/${one.id}/reaction`)
    expect(await today()).toEqual([5, 2, 1])
    const { view: next } = await report<ContentView>(
      world,
      'content',
      { from: '2026-05-05' },
      admin,
    )
    expect(next).toMatchObject({ views: 1, reactions: 0, comments: 0 })

    const figures = { views: expect.any(Number), reactions: 0, comments: 0 }
    expect(next.posts).toEqual([
      { ...figures, id: two.id, slug: 'two', title: 'Two', views: 3 },
      { ...figures, id: one.id, slug: 'one', title: 'One', views: 2 },
    ])
    const project = { reactions: 0, comments: 0 }
    expect(next.projects).toEqual([
      { ...project, id: made.id, slug: 'made', title: 'Made', reactions: 1 },
      { ...project, id: other.id, slug: 'other', title: 'Other', comments: 1 },
    ])
    const { view: said } = await report<ContentView>(
      world,
      'content',
      { sort: 'comments', limit: 1 },
      admin,
    )
    expect([said.projects.map(({ id }) => id), said.posts.length]).toEqual([[other.id], 1])

    // What is deleted takes along what was said of it; that it was read stays.
    for (const id of [one.id, two.id, hidden.id]) await world.as(admin).delete(`${POSTS}/${id}`)
    for (const { id } of [made, other]) await world.as(admin).delete(`${PROJECTS}/${id}`)
    expect(await today()).toEqual([5, 0, 0])
  })

  it('costs no more with thousands of posts and projects', async ({ expect }) => {
    for (const [table, more, values] of [
      ['posts', 'excerpt, reading_minutes', "'', 1"],
      ['projects', 'summary', "''"],
    ]) {
      await run(
        `insert into ${table} (slug, title, content, content_html, render_version, status, search, published_at, created_at, updated_at, ${more})
         with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
         select 'thing-' || i, 'Thing', '', '', 1, 'published', '', i, 1, 1, ${values} from n`,
      )
    }
    const { read, view } = await report<ContentView>(world, 'content', { limit: 100 })
    expect(view.posts[0]?.slug).toBe('thing-3000')
    expect(read).toBeLessThan(5000)
  })
})

describe('a table', () => {
  const csv = async (name: string, query = '') => {
    const response = await world.as('admin').get(`${ANALYTICS}/${name}.csv${query}`)
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
    return { response, lines: (await response.text()).split('\r\n').slice(0, -1) }
  }

  it('has the figures of its report', async ({ expect }) => {
    await fillShop(1, 2, Date.now() - DAY)
    const now = Date.now()
    await sell([
      { createdAt: now, paidAt: now, lines: [line(1, 2, 1255, 10)] },
      { createdAt: now, paidAt: null, lines: [line(2, 1, 100)] },
    ])
    await refund(1, 2500, now)
    const { response, lines } = await csv('summary', '?from=2026-05-04&to=2026-05-05')
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="summary.csv"')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(lines).toEqual([
      'from,to,time_zone,checkouts,conversion,orders,units,sales,average_order,refunds,net,currency',
      '2026-05-04T00:00:00.000Z,2026-05-05T00:00:00.000Z,UTC,2,0.5,1,2,25,25,25,0,usd',
    ])
    // A refund that failed, the day before.
    await run('update orders set refunded = 0, updated_at = ? where id = 1', now - DAY)
    expect((await csv('sales', '?from=2026-05-03&to=2026-05-05')).lines).toEqual([
      'day,start,end,checkouts,conversion,orders,units,sales,average_order,refunds,net,currency',
      '2026-05-03,2026-05-03T00:00:00.000Z,2026-05-04T00:00:00.000Z,0,,0,0,0,,-25,25,usd',
      '2026-05-04,2026-05-04T00:00:00.000Z,2026-05-05T00:00:00.000Z,2,0.5,1,2,25,25,25,0,usd',
    ])
    expect((await csv('products')).lines).toEqual([
      'type,id,sku,name,title,units,revenue,currency',
      'product,1,,Product 1,,2,25,usd',
      'variant,1,SKU-1,Product 1,Variant 1,2,25,usd',
    ])
    expect((await csv('inventory')).lines).toEqual([
      'variant_id,product_id,sku,name,title,on_hand,available,units,days_left',
      '1,1,SKU-1,Product 1,Variant 1,1000,1000,2,500',
      '2,1,SKU-2,Product 1,Variant 2,1000,1000,0,',
    ])
    await write(world, { title: 'One' })
    await write(world, { title: 'Two' }, PROJECTS)
    expect((await csv('content', '?from=2026-05-04&to=2026-05-05')).lines).toEqual([
      'type,id,title,views,reactions,comments',
      'period,,2026-05-04T00:00:00.000Z/2026-05-05T00:00:00.000Z,0,0,0',
      'post,1,One,0,0,0',
      'project,1,Two,,0,0',
    ])
  })

  it('shows whole yen as whole', async ({ expect }) => {
    await fillShop(1, 1)
    const now = Date.now()
    await sell([{ createdAt: now, paidAt: now, currency: 'jpy', lines: [line(1, 1, 1250)] }])
    world.useSettings({ CURRENCY: 'jpy', SECRET_KEY: String(world.env.SECRET_KEY) })
    expect((await csv('products')).lines[1]).toBe('product,1,,Product 1,,1,1250,jpy')
  })

  it.for(['=1+1', '+1', '-1', '@SUM(1)', '\t=1', '\r=1', '  =1', '＝1', '"=1', "'=1"])(
    'holds no formula: %j',
    async (evil, { expect }) => {
      await fillShop(1, 1)
      const now = Date.now()
      await run('update products set name = ?', evil)
      await run('update variants set title = ?, sku = ?', evil, evil)
      await sell([{ createdAt: now, paidAt: now, lines: [line(1, 1, 100)] }])
      for (const [table, more, values] of [
        ['posts', 'excerpt, reading_minutes', "'', 1"],
        ['projects', 'summary', "''"],
      ]) {
        await run(
          `insert into ${table} (slug, title, content, content_html, render_version, status, search, published_at, created_at, updated_at, ${more})
           values ('a', ?, '', '', 1, 'published', '', 1, 1, 1, ${values})`,
          evil,
        )
      }
      for (const [name, shown] of [
        ['products', 4],
        ['inventory', 3],
        ['content', 2],
      ] as const) {
        const response = await world.as('admin').get(`${ANALYTICS}/${name}.csv`)
        const cells = cellsOf(await response.text())
        expect(cells.filter((cell) => /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(cell))).toEqual([])
        expect(cells.filter((cell) => cell.endsWith(evil)).length, name).toBe(shown)
      }
    },
  )
})

/** The cells of a CSV file as a spreadsheet reads them (RFC 4180). */
const cellsOf = (csv: string): string[] =>
  Array.from(csv.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(?:,|\r\n)/g), ([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
  )
