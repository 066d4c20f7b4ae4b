import { env } from 'cloudflare:workers'
import { beforeAll, describe, it } from 'vitest'
import type { ProductsView, SalesView, SummaryView } from '../../src/features/analytics/schemas.ts'
import { ORDER_STATUSES } from '../../src/features/orders/kinds.ts'
import { everyRow } from '../support/accounts.ts'
import { walk } from '../support/content.ts'
import { report } from '../support/sales.ts'
import { INVENTORY, outOfStep, PRODUCTS, type Product } from '../support/shop.ts'
import { miscounted, type Summary, shownOn } from '../support/talk.ts'
import { newWorld, type World } from '../support/world.ts'

const CRON = '* * * * *'
const DAY = 86_400_000

type Mail = { id: string; to: string }

// Drawing its pictures takes seconds, so it is loaded once; what changes something comes last.
let world: World
beforeAll(async () => {
  world = await newWorld({ MAIL_PROVIDER: 'mailbox', RATE_LIMIT_SCALE: '100' })
  await load()
})

const visitor = () => world.as('anonymous')
const mailbox = async () => (await visitor().get('/dev/mail.json')).json<Mail[]>()

async function load(): Promise<void> {
  const { status } = await visitor().post('/dev/demo')
  if (status !== 200) throw new Error(`Loading was answered ${status}`)
}

describe('the demo studio', () => {
  it('has comments in each state and reactions, counted as they are', async ({ expect }) => {
    const states = (await world.rows('comments')).map(({ status }) => String(status))
    expect([...new Set(states)].toSorted()).toEqual(['approved', 'pending', 'spam'])
    expect(await miscounted()).toEqual([])
    const read = await visitor().get('/api/v1/posts/what-the-kiln-did-in-the-night')
    const { id, comment_count, reactions } = await read.json<{
      id: number
      comment_count: number
      reactions: Summary
    }>()
    expect([comment_count, reactions.total]).toEqual([3, 16])
    const [first] = await shownOn(world, id)
    expect(first?.replies.map(({ name }) => name)).toEqual(['Mara Linden', 'Jonas Weber'])
  })

  it('has a profile, projects, posts, tags', async ({ expect }) => {
    const read = async (path: string) =>
      (await visitor().get(`/api/v1${path}`)).json<{ data: Record<string, unknown>[] }>()
    expect((await read('/profiles')).data).toMatchObject([{ username: 'mara' }])
    expect((await read('/projects')).data).toHaveLength(5)
    const posts = (await read('/posts')).data
    expect(posts).toHaveLength(6)
    expect(new Set(posts.map(({ author }) => JSON.stringify(author))).size).toBe(1)
    expect((await read('/tags')).data.length).toBeGreaterThan(6)
    const drafts = await world.as('admin').get('/api/v1/posts/drafts')
    const { data } = await drafts.json<{ data: { status: string }[] }>()
    expect(data.map(({ status }) => status).toSorted()).toEqual(['draft', 'scheduled'])
  })

  it('has pictures, drawn here', async ({ expect }) => {
    const { data } = await (await visitor().get('/api/v1/projects')).json<{
      data: { images: { url: string; alt_text: string; byte_size: number }[] }[]
    }>()
    for (const { images } of data) {
      expect(images).toHaveLength(2)
      for (const { url, alt_text, byte_size } of images) {
        const response = await visitor().get(new URL(url).pathname)
        expect([response.status, alt_text.length > 10]).toEqual([200, true])
        expect((await response.arrayBuffer()).byteLength).toBe(byte_size)
      }
    }
  })

  it('has messages, two of them answered', async ({ expect }) => {
    expect(await world.count('contact_messages')).toBeGreaterThanOrEqual(5)
    expect(await world.count('contact_replies')).toBeGreaterThanOrEqual(2)
  })

  it('has subscribers in every state', async ({ expect }) => {
    const rows = await world.rows('subscribers')
    expect(new Set(rows.map((row) => row.status))).toEqual(
      new Set(['pending', 'confirmed', 'unsubscribed']),
    )
    expect(await world.count('suppressions')).toBe(1)
  })
})

describe('the demo shop', () => {
  it('has pictures, stock, and one thing of each state', async ({ expect }) => {
    expect(await world.count('categories')).toBe(5)
    expect(await world.count('products')).toBe(17)
    expect(await outOfStep()).toEqual([])
    const products = await walk<Product & { images: { url: string }[] }>(world, PRODUCTS, 'limit=9')
    expect(products).toHaveLength(15)
    for (const { images, variants, categories, slug } of products) {
      expect([images.length, variants.length > 0, categories.length > 0], slug).toEqual([
        1,
        true,
        true,
      ])
    }
    const file = await visitor().get(new URL(products[0]?.images[0]?.url ?? '').pathname)
    expect(file.status).toBe(200)
    expect(products.filter(({ available }) => available === 0)).toHaveLength(1)
    const ask = async (path: string) =>
      (await world.as('admin').get(path)).json<{ data: Record<string, unknown>[] }>()
    const hidden = (await ask(`${PRODUCTS}/drafts`)).data.map(({ status }) => status)
    expect(hidden.toSorted()).toEqual(['archived', 'draft'])
    const low = (await ask(`${INVENTORY}?low=true`)).data.map(({ available }) => available)
    expect(low.toSorted()).toEqual([0, 3])
  })

  it('has orders in every state, whose goods and payments add up', async ({ expect }) => {
    const rows = await world.rows('orders')
    expect(new Set(rows.map((row) => row.status))).toEqual(new Set(ORDER_STATUSES))
    expect(await outOfStep()).toEqual([])
    const wrong = await env.DB.prepare(
      `select o.number from orders o where subtotal is not (
          select sum(total) from order_lines where order_id = o.id)
         or status is not (
          select status from order_history where order_id = o.id order by id desc limit 1)
         or exists (select 1 from order_lines l where l.order_id = o.id
          and (-(o.stock = 'sold') * quantity, (o.stock = 'reserved') * quantity) is not (
            select sum(on_hand_change), sum(reserved_change) from stock_movements
            where order_id = o.id and variant_id = l.variant_id))`,
    ).all()
    expect(wrong.results).toEqual([])
    const [waiting] = rows.filter((row) => row.status === 'pending')
    const page = await visitor().get(`/dev/pay/${waiting?.uid}`)
    expect(await page.text()).toContain('name="action" value="pay"')
    const history = await world.rows('order_history')
    expect(history.filter((row) => row.order_id === 1).map((row) => row.status)).toEqual([
      'pending',
      'paid',
      'fulfilled',
    ])
    expect((await world.rows('payment_events')).every((row) => row.status === 'done')).toBe(true)
  })

  it('has sold something on each of sixty days, and nothing before its time', async ({
    expect,
  }) => {
    const rows = await world.rows('orders')
    const days = Map.groupBy(rows, (row) => Math.round((Date.now() - Number(row.created_at)) / DAY))
    const counts = Array.from({ length: 60 }, (_, index) => days.get(index + 1)?.length ?? 0)
    expect([Math.min(...counts) >= 1, Math.max(...counts) <= 6], String(counts)).toEqual([
      true,
      true,
    ])
    for (const { number, created_at, paid_at, fulfilled_at, updated_at } of rows) {
      const times = [created_at, paid_at, fulfilled_at, updated_at].filter((at) => at !== null)
      expect(times, String(number)).toEqual(times.toSorted((a, b) => Number(a) - Number(b)))
      expect(Number(updated_at), String(number)).toBeLessThanOrEqual(Date.now())
    }
    const often = ['fulfilled', 'expired', 'cancelled', 'refunded', 'partially_refunded']
    for (const status of often) {
      const ages = rows
        .filter((row) => row.status === status)
        .map((row) => (Date.now() - Number(row.created_at)) / DAY)
      expect(Math.max(...ages) - Math.min(...ages), status).toBeGreaterThan(20)
    }
  })

  it('has figures that are the sums of its orders', async ({ expect }) => {
    const asked = { from: '2026-02-01', to: '2026-05-05' }
    const rows = await world.rows('orders')
    const lines = await world.rows('order_lines')
    const sum = (of: Record<string, unknown>[], column: string) =>
      of.reduce((total, row) => total + Number(row[column]), 0)
    const sold = rows.filter((row) => row.paid_at !== null)
    const paid = new Set(sold.map((row) => row.id))
    const soldLines = lines.filter((line) => paid.has(line.order_id))
    const money = (amount: number) => ({ amount, currency: 'usd' })
    const { view } = await report<SummaryView>(world, 'summary', asked)
    expect(view).toMatchObject({
      checkouts: rows.length,
      orders: sold.length,
      units: sum(soldLines, 'quantity'),
      sales: money(sum(sold, 'amount_paid')),
      refunds: money(sum(rows, 'refunded')),
      net: money(sum(sold, 'amount_paid') - sum(rows, 'refunded')),
    })
    expect(view.orders).toBeGreaterThan(60)
    const { data } = (await report<SalesView>(world, 'sales', asked)).view
    const amounts = data.map((bucket) => ({ orders: bucket.orders, sales: bucket.sales.amount }))
    expect([sum(amounts, 'orders'), sum(amounts, 'sales')]).toEqual([
      view.orders,
      view.sales.amount,
    ])
    const { products } = (await report<ProductsView>(world, 'products', asked)).view
    const revenues = products.map(({ id, units, revenue }) => [id, units, revenue.amount])
    const expected = [...Map.groupBy(soldLines, (line) => Number(line.product_id))].map(
      ([id, of]) => [id, sum(of, 'quantity'), sum(of, 'total') - sum(of, 'discount')],
    )
    const byId = ([a]: number[], [b]: number[]) => Number(a) - Number(b)
    expect(revenues.toSorted(byId)).toEqual(expected.toSorted(byId))
  })
})

describe('loading', () => {
  it('mails nobody, also by the timer', async ({ expect }) => {
    await world.runCron(CRON)
    await world.deliver()
    expect(await mailbox()).toEqual([])
    expect(await world.rows('outbox')).toEqual([])
  })

  it('once more changes nothing, though the note of it was lost', async ({ expect }) => {
    const rows = await everyRow()
    world.pass(60_000)
    await load()
    expect(await everyRow()).toEqual(rows)
    const notes = (await env.CACHE.list({ prefix: 'dev/demo/' })).keys.map(({ name }) => name)
    expect(notes.length).toBeGreaterThanOrEqual(12)
    for (const note of notes) await env.CACHE.delete(note)
    await load()
    expect(await everyRow()).toEqual(rows)
  })

  it('leaves away what was deleted', async ({ expect }) => {
    const [message, ...others] = await world.rows('contact_messages')
    await world.as('admin').delete(`/api/v1/contact/messages/${message?.uid}`)
    await load()
    expect(await world.rows('contact_messages')).toEqual(others)
  })

  it('leaves it to you what subscribers hear of', async ({ expect }) => {
    const body = { title: 'Mine', content: 'Words.', status: 'published' }
    await world.as('admin').post('/api/v1/posts', { body })
    await world.runCron(CRON)
    await world.deliver()
    const mails = await mailbox()
    expect(mails.map((mail) => mail.to).toSorted()).toEqual([
      'aiko@tanaka-tea.test',
      'clara@bergmann.test',
    ])
    const headers = await visitor().get(`/dev/mail/${mails[0]?.id}/headers`)
    expect(await headers.json()).toMatchObject({
      Subject: 'New post: Mine',
      'List-Unsubscribe': expect.stringMatching(/^<http:.*\/unsubscribe\?token=\d+\.[\w-]{43}>$/),
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    })
  })
})
