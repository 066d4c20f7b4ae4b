import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { ORDER_STATUSES } from '../../src/features/orders/kinds.ts'
import { walk } from '../support/content.ts'
import { INVENTORY, outOfStep, PRODUCTS, type Product } from '../support/shop.ts'
import { miscounted, type Summary, shownOn } from '../support/talk.ts'
import { newWorld, type World } from '../support/world.ts'

type Mail = { id: string; to: string; subject: string; text: string; created_at: string }

let world: World
beforeEach(async () => {
  world = await newWorld({ MAIL_PROVIDER: 'mailbox', RATE_LIMIT_SCALE: '100' })
  for (const { name } of (await env.CACHE.list()).keys) await env.CACHE.delete(name)
})

const visitor = () => world.as('anonymous')
const write = (email: string) =>
  visitor().post('/api/v1/contact', { body: { name: 'Ann', email, message: 'Hello' } })
const mailbox = async (query = '') => (await visitor().get(`/dev/mail.json${query}`)).json<Mail[]>()

describe('the local mailbox', () => {
  it('keeps mails instead of sending them, newest first, and finds them by address', async ({
    expect,
  }) => {
    await write('ann@example.org')
    await world.deliver()
    world.pass(1000)
    await write('Ben@Example.org')
    await world.deliver()
    const mails = await mailbox()
    expect(mails).toHaveLength(4)
    expect(Object.keys(mails[0] ?? {})).toEqual([
      'id',
      'to',
      'from',
      'subject',
      'html',
      'text',
      'created_at',
    ])
    const times = mails.map((mail) => mail.created_at)
    expect(times).toEqual(times.toSorted().reverse())
    expect(await mailbox('?to=ann@example.org')).toHaveLength(1)
    expect(await mailbox('?to=BEN%40example.org')).toHaveLength(1)
    expect(await mailbox('?to=nobody@example.org')).toEqual([])
    expect(world.outside.calls).toEqual([])
  })

  it('keeps a mail once, however often it is sent', async ({ expect }) => {
    await write('ann@example.org')
    const messages = world.queued.splice(0)
    await world.handle('atelier-jobs', messages)
    await world.env.DB.prepare(
      "update outbox set status = 'queued', due_at = 0 where payload is not null",
    ).run()
    await world.handle('atelier-jobs', messages)
    expect(await mailbox()).toHaveLength(2)
  })

  it('shows a mail and its headers, shut off from the page around it', async ({ expect }) => {
    await write('ann@example.org')
    await world.deliver()
    const [mail] = await mailbox('?to=owner@linden.test')
    const letter = await visitor().get(`/dev/mail/${mail?.id}/html`)
    expect(letter.headers.get('content-security-policy')).toContain('sandbox;')
    expect(letter.headers.get('content-type')).toContain('text/html')
    const headers = await visitor().get(`/dev/mail/${mail?.id}/headers`)
    expect(await headers.json()).toMatchObject({
      To: 'owner@linden.test',
      'Reply-To': 'ann@example.org',
      Subject: 'New message from Ann',
    })
    expect((await visitor().get('/dev/mail/none/html')).status).toBe(404)
  })

  it('is a page with its own script and style', async ({ expect }) => {
    const page = await visitor().get('/dev/mail')
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(await page.text()).toContain('Studio Linden')
    expect((await visitor().get('/dev/mail.js')).headers.get('content-type')).toContain(
      'javascript',
    )
    expect((await visitor().get('/dev/mail.css')).headers.get('content-type')).toContain('css')
  })
})

describe('demo data', () => {
  const load = () => visitor().post('/dev/demo')

  it('is there once, however often it is loaded, and stays away when it was deleted', async ({
    expect,
  }) => {
    expect((await load()).status).toBe(200)
    const rows = await world.rows('contact_messages')
    expect(rows.length).toBeGreaterThanOrEqual(5)
    expect(await world.count('contact_replies')).toBeGreaterThanOrEqual(2)
    await load()
    expect(await world.rows('contact_messages')).toEqual(rows)
    await world.as('admin').delete(`/api/v1/contact/messages/${rows[0]?.uid}`)
    await load()
    expect(await world.count('contact_messages')).toBe(rows.length - 1)
  })

  it('is there once even when the note of it was lost', async ({ expect }) => {
    const counts = () =>
      Promise.all(
        ['contact_messages', 'users', 'profiles', 'projects', 'posts', 'slugs', 'images']
          .concat('comments', 'reactions', 'subscribers', 'categories', 'products', 'variants')
          .map((table) => world.count(table)),
      )
    await load()
    const before = await counts()
    const parts = ['contact', 'people', 'projects', 'posts', 'pictures', 'comments', 'reactions']
    for (const part of [...parts, 'catalog', 'subscribers']) {
      await env.CACHE.delete(`dev/demo/${part}`)
    }
    await load()
    expect(await counts()).toEqual(before)
  })

  it('has comments in each state and reactions, counted as they are', async ({ expect }) => {
    await load()
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

  it('shows a studio: a profile, projects, posts, tags', async ({ expect }) => {
    await load()
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
    await load()
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
})

describe('the demo shop', () => {
  it('has pictures, stock, and one thing of each state', async ({ expect }) => {
    await visitor().post('/dev/demo')
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
    await world.runCron('* * * * *')
    await world.deliver()
    expect(await mailbox()).toEqual([])
  })
})

describe('demo subscribers', () => {
  it('are in every state, and hear of what you publish alone', async ({ expect }) => {
    await visitor().post('/dev/demo')
    const rows = await world.rows('subscribers')
    expect(new Set(rows.map((row) => row.status))).toEqual(
      new Set(['pending', 'confirmed', 'unsubscribed']),
    )
    expect(await world.count('suppressions')).toBe(1)
    await world.runCron('* * * * *')
    await world.deliver()
    expect(await mailbox()).toEqual([])
    const body = { title: 'Mine', content: 'Words.', status: 'published' }
    await world.as('admin').post('/api/v1/posts', { body })
    await world.runCron('* * * * *')
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

describe('demo orders', () => {
  it('are there in every state, add up, and mail nobody', async ({ expect }) => {
    await visitor().post('/dev/demo')
    await world.env.CACHE.delete('dev/demo/orders')
    await visitor().post('/dev/demo')
    const rows = await world.rows('orders')
    expect(new Set(rows.map((row) => row.status))).toEqual(new Set(ORDER_STATUSES))
    expect(await outOfStep()).toEqual([])
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
    await world.runCron('* * * * *')
    const mails = (await world.rows('outbox')).filter((row) => row.kind !== 'stock.low')
    expect(mails).toEqual([])
  })
})

describe('outside local and test', () => {
  it('no helper answers', async ({ expect }) => {
    world = await newWorld({
      ENVIRONMENT: 'staging',
      PASSWORD_COST: 'strong',
      API_ORIGIN: 'https://api.linden.dev',
      SITE_ORIGIN: 'https://linden.dev',
    })
    for (const path of ['/dev/mail', '/dev/mail.json', '/dev/mail.js', '/dev/mail/x/html']) {
      expect((await visitor().get(path)).status, path).toBe(404)
    }
    expect((await visitor().post('/dev/demo')).status).toBe(404)
    expect(await world.count('contact_messages')).toBe(0)
  })
})
