import { env } from 'cloudflare:workers'
import { beforeEach, describe, it, vi } from 'vitest'
import { createApp } from '../../src/app.ts'
import { everyRow, GENEROUS } from '../support/accounts.ts'
import { POSTS, PROFILES, PROJECTS, TAGS } from '../support/content.ts'
import type { Person } from '../support/people.ts'
import { CATEGORIES, newCategory, newProduct, PRODUCTS } from '../support/shop.ts'
import { newWorld, World } from '../support/world.ts'

const FEEDS = ['/feed.xml', '/atom.xml', '/feed.json', '/sitemap.xml']

/** Where the editor works, and where a visitor reads: two isolates over one D1 and one KV. */
let here: World
let there: World
let ann: Person
let addresses: string[]
let post: { id: number; slug: string }
let project: { id: number; slug: string }
let product: { id: number; slug: string }
let category: { id: number; slug: string }

beforeEach(async () => {
  here = await newWorld(GENEROUS)
  there = new World(GENEROUS)
  ann = await here.person({ username: 'ann' })
  const text = { title: 'Old', content: 'Old words', status: 'published' }
  post = await create(POSTS, { ...text, tags: ['Old'] })
  project = await create(PROJECTS, { ...text, technologies: ['Old'] })
  category = await newCategory(here, { name: 'Old' })
  product = await newProduct(here, { name: 'Old', category_ids: [category.id] })
  await here.as(ann).put(`${PROFILES}/ann`, { body: { name: 'Old' } })
  addresses = [
    ...[POSTS, TAGS, PROJECTS, `${PROJECTS}?sort=position`, PROFILES, `${PROFILES}/ann`],
    ...[post.id, post.slug].map((name) => `${POSTS}/${name}`),
    ...[project.id, project.slug].map((name) => `${PROJECTS}/${name}`),
    ...[PRODUCTS, `${PRODUCTS}?sort=-price`, CATEGORIES],
    ...[product.id, product.slug].map((name) => `${PRODUCTS}/${name}`),
    ...[category.id, category.slug].map((name) => `${CATEGORIES}/${name}`),
  ]
  // What is read in the very instant of a change is not kept.
  here.pass(1)
})

async function create(path: string, body: object) {
  const response = await here.as('admin').post(path, { body })
  return await response.json<{ id: number; slug: string }>()
}

const read = (world: World, address: string, headers: Record<string, string> = {}) =>
  world.as('anonymous').get(address, { headers })

/** Follows an old address, as a browser does. */
async function follow(world: World, address: string, headers: Record<string, string> = {}) {
  const response = await read(world, address, headers)
  const present = response.headers.get('location')
  return present ? await read(world, present, headers) : response
}

/** Reading counts views, which are shown. */
const withoutViews = (text: string): string => text.replaceAll(/"views":\d+/g, '"views":0')

const callsOf = ({ headers }: Response): number =>
  Number(/calls=(\d+)/.exec(headers.get('server-timing') ?? '')?.[1])

/** Reads all so often that memory and KV hold it, in both isolates. */
async function prime() {
  for (const world of [here, here, there]) {
    for (const address of addresses) await read(world, address)
    here.pass(5000)
  }
  for (const world of [here, there]) for (const address of addresses) await read(world, address)
}

/** Changes all that is shown, as those who may; gives the bookmark of the last change. */
async function change(body: { posts: object; projects: object; products: object; name: string }) {
  const answers = [
    await here.as('admin').patch(`${POSTS}/${post.id}`, { body: body.posts }),
    await here.as('admin').patch(`${PROJECTS}/${project.id}`, { body: body.projects }),
    await here.as('admin').patch(`${PRODUCTS}/${product.id}`, { body: body.products }),
    await here.as('admin').patch(`${CATEGORIES}/${category.id}`, { body: { name: body.name } }),
    await here.as(ann).put(`${PROFILES}/ann`, { body: { name: body.name } }),
  ]
  return answers.map(({ headers }) => headers.get('x-d1-bookmark') ?? '').at(-1) ?? ''
}

const RENAMED = {
  posts: { title: 'New', tags: ['New'] },
  projects: { title: 'New', technologies: ['New'] },
  products: { name: 'New' },
  name: 'New',
}
const DRAFT = { status: 'draft' }
const WITHDRAWN = { posts: DRAFT, projects: DRAFT, products: DRAFT, name: 'New' }

/** How long after the change the other isolate still showed what was before, in milliseconds. */
async function oldFor(isOld: (response: Response, text: string) => boolean): Promise<number> {
  const start = Date.now()
  let last = -1
  for (let second = 0; second <= 150; second += 5) {
    for (const address of addresses) {
      const response = await read(there, address)
      if (isOld(response, await response.text())) last = Date.now() - start
    }
    there.pass(5000)
  }
  return last
}

const saysOld = (_: Response, text: string) => text.includes('Old"')

describe('a change of what is shown', () => {
  it('is seen at once by who made it, at every address', async ({ expect }) => {
    await prime()
    expect((await (await read(here, POSTS)).text()).includes('Old')).toBe(true)
    await change(RENAMED)
    for (const address of addresses) {
      const response = await follow(here, address)
      const text = await response.text()
      expect(response.status, address).toBe(200)
      expect([text.includes('New"'), saysOld(response, text)], address).toEqual([true, false])
    }
  })

  it('is seen at once elsewhere with the bookmark of the change', async ({ expect }) => {
    await prime()
    const bookmark = await change(RENAMED)
    const before: string[] = []
    for (const address of addresses) {
      before.push(await (await read(there, address)).text())
      const response = await follow(there, address, { 'x-d1-bookmark': bookmark })
      expect(saysOld(response, await response.text()), address).toBe(false)
    }
    expect(before.filter((text) => text.includes('Old"'))).toHaveLength(addresses.length)
  })

  it('is seen elsewhere within 130 seconds', async ({ expect }) => {
    await prime()
    await change(RENAMED)
    const ms = await oldFor(saysOld)
    expect(ms).toBeGreaterThanOrEqual(0)
    expect(ms).toBeLessThanOrEqual(130_000)
  })

  it('is seen within 130 seconds where KV brings back what was before', async ({ expect }) => {
    await prime()
    const kept = new Map<string, unknown>()
    for (const { name } of (await env.CACHE.list()).keys) {
      kept.set(name, await env.CACHE.getWithMetadata(name, 'arrayBuffer'))
    }
    expect(kept.size).toBe(addresses.length)
    await change(RENAMED)
    const nothing = { value: null, metadata: null }
    there.env = {
      ...there.env,
      CACHE: {
        getWithMetadata: async (key: string) => kept.get(key) ?? nothing,
        put: async () => {},
        delete: async () => {},
      } as unknown as KVNamespace,
    }
    const ms = await oldFor(saysOld)
    expect(ms).toBeGreaterThan(30_000)
    expect(ms).toBeLessThanOrEqual(130_000)
  })

  it('that withdraws it is seen at once here, and elsewhere within 130 seconds', async ({
    expect,
  }) => {
    await prime()
    const bookmark = await change(WITHDRAWN)
    const own = addresses.filter((address) => /\/(posts|projects|products)\//.test(address))
    expect(own).toHaveLength(6)
    for (const address of own) {
      expect((await read(here, address)).status, address).toBe(404)
      const headers = { 'x-d1-bookmark': bookmark }
      expect((await read(there, address, headers)).status, address).toBe(404)
    }
    for (const address of addresses.filter((one) => !own.includes(one))) {
      expect(await (await read(here, address)).text(), address).not.toContain('Old"')
    }
    expect(await oldFor(saysOld)).toBeLessThanOrEqual(130_000)
    for (const address of own) expect((await read(there, address)).status, address).toBe(404)
  })

  it('that deletes it is seen at once', async ({ expect }) => {
    await prime()
    await here.as('admin').delete(`${POSTS}/${post.id}`)
    await here.as('admin').delete(`${PROJECTS}/${project.id}`)
    await here.as('admin').delete(`${PRODUCTS}/${product.id}`)
    await here.as('admin').delete(`${CATEGORIES}/${category.id}`)
    await here.as(ann).delete(`${PROFILES}/ann`)
    for (const address of addresses) {
      expect(await (await read(here, address)).text(), address).not.toContain('Old"')
    }
  })
})

describe('a cached answer', () => {
  it('comes without D1 from memory, and from KV in another isolate', async ({ expect }) => {
    await prime()
    const fresh = new World(GENEROUS)
    for (const address of addresses) {
      const response = await read(here, address)
      const other = await read(fresh, address)
      expect([callsOf(response), callsOf(other)], address).toEqual([0, 0])
      expect(await other.text(), address).toBe(await response.text())
      expect(other.headers.get('etag'), address).toBe(response.headers.get('etag'))
    }
  })

  it('says what may be done with it', async ({ expect }) => {
    for (const address of addresses) {
      const { headers } = await read(here, address)
      expect(headers.get('cache-control'), address).toBe('no-cache')
      expect(headers.get('content-type'), address).toBe('application/json')
      expect(headers.get('etag'), address).toMatch(/^"(\d+\.)?[\w-]{22}"$/)
      expect(headers.get('set-cookie'), address).toBeNull()
    }
    for (const address of [`${POSTS}?limit=2`, `${POSTS}?tag=Old`, `${PROJECTS}?featured=true`]) {
      expect((await read(here, address)).headers.get('cache-control'), address).toBe('no-store')
    }
  })

  it('is not sent again to who has it, and that costs no D1', async ({ expect }) => {
    await prime()
    for (const address of addresses) {
      const etag = (await read(here, address)).headers.get('etag') ?? ''
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        for (const method of ['GET', 'HEAD']) {
          const headers = { 'if-none-match': known }
          const response = await here.request(method, address, 'anonymous', { headers })
          expect([response.status, callsOf(response)], `${address} ${known}`).toEqual([304, 0])
          expect(response.headers.get('etag')).toBe(etag)
          expect(response.headers.get('cache-control')).toBe('no-cache')
          expect(await response.text()).toBe('')
        }
      }
      const other = { 'if-none-match': '"other"' }
      expect((await read(here, address, other)).status).toBe(200)
    }
    const etags = new Map<string, string>()
    for (const address of addresses) {
      etags.set(address, (await read(here, address)).headers.get('etag') ?? '')
    }
    await change(RENAMED)
    for (const [address, etag] of etags) {
      expect((await follow(here, address, { 'if-none-match': etag })).status, address).toBe(200)
    }
  })

  it('has the same headers for HEAD, and no body', async ({ expect }) => {
    for (const address of addresses) {
      const get = await read(here, address)
      const head = await here.as('anonymous').head(address)
      expect(head.status, address).toBe(200)
      for (const name of ['etag', 'cache-control', 'content-type']) {
        expect(head.headers.get(name), address).toBe(get.headers.get(name))
      }
      expect(await head.text()).toBe('')
    }
  })

  it('has a tag that If-Match takes until the next change', async ({ expect }) => {
    for (const [path, { id }] of [
      [POSTS, post],
      [PROJECTS, project],
    ] as const) {
      const etag = (await read(here, `${path}/${id}`)).headers.get('etag') ?? ''
      const patch = async (title: string, ifMatch: string) => {
        const headers = { 'if-match': ifMatch }
        return (await here.as('admin').patch(`${path}/${id}`, { body: { title }, headers })).status
      }
      expect(await patch('Second', etag)).toBe(200)
      expect(await patch('Third', etag)).toBe(412)
      const next = (await read(here, `${path}/${id}`)).headers.get('etag') ?? ''
      expect(await patch('Third', `W/${next}`)).toBe(200)
    }
  })

  it('is one reading of D1, however many ask at once', async ({ expect }) => {
    for (const address of [...addresses, ...FEEDS]) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => read(there, address)))
      const texts = await Promise.all(answers.map((answer) => answer.text()))
      expect(
        answers.map(callsOf).reduce((sum, calls) => sum + calls),
        address,
      ).toBe(1)
      expect(new Set(texts).size, address).toBe(1)
    }
  })

  it('is there for an hour while D1 is away, and nothing else', async ({ expect }) => {
    await prime()
    // No pause before D1 is asked again.
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const away = () => Promise.reject(new Error('D1_ERROR: Network connection lost.'))
    const statement = { bind: () => ({ all: away }) }
    const withSession = () => ({ prepare: () => statement, batch: away, getBookmark: () => null })
    for (const world of [here, there]) {
      world.env = { ...world.env, DB: { withSession } as unknown as D1Database }
      for (const address of addresses) {
        expect((await read(world, address)).status, address).toBe(200)
      }
    }
    here.pass(3_500_000)
    for (const address of addresses) {
      expect((await read(here, address)).status, address).toBe(200)
    }
    expect([...here.logs, ...there.logs].join('\n')).toContain('cache.old')
    expect((await read(here, `${POSTS}?limit=7`)).status).toBe(503)
    here.pass(3_600_000)
    for (const address of addresses) {
      const response = await read(here, address)
      expect(response.headers.get('retry-after')).toBe('2')
      expect(response.status, address).toBe(503)
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
  })
})

describe('whoever asks', () => {
  const CANARY = 'cAnArY'

  it('leaves nothing of theirs in the cache (user, other user, nobody; on every GET)', async ({
    expect,
  }) => {
    const bob = await here.person({ username: 'bob', email: `${CANARY}-bob@example.org` })
    const eve = await here.person({ username: 'eve', email: `${CANARY}-eve@example.org` })
    await here.as(bob).post('/api/v1/items', { body: { title: `${CANARY} item` } })
    const hidden = { title: `${CANARY} draft`, content: CANARY, tags: [CANARY] }
    const later = new Date(Date.now() + 3_600_000).toISOString()
    await create(POSTS, hidden)
    await create(POSTS, { ...hidden, status: 'scheduled', publish_at: later })
    await create(PROJECTS, { title: `${CANARY} draft`, content: CANARY, technologies: [CANARY] })
    await newProduct(here, { name: `${CANARY} draft`, status: 'draft' })
    await here.as('anonymous').post('/api/v1/contact', {
      body: { name: CANARY, email: `${CANARY}@example.org`, message: CANARY },
    })
    here.pass(1)

    const names = Object.values(await everyRow()).flatMap((rows) =>
      rows
        .slice(-3)
        .flatMap(({ id, uid, slug, username }) => [id, uid, slug, username].filter(Boolean)),
    )
    const gets = createApp().operations.filter(({ method }) => method === 'GET')
    const paths = gets.flatMap(({ path }) =>
      path.includes(':')
        ? Array.from(new Set(names), (name) => path.replaceAll(/:\w+(\{[^}]*\})?/g, String(name)))
        : [path],
    )
    let shown = 0
    for (let round = 0; round < 2; round++) {
      for (const path of paths) {
        for (const caller of ['admin', bob, eve, 'anonymous'] as const) {
          const response = await here.as(caller).get(path)
          if (caller === 'admin') continue
          const text = await response.text()
          const foreign = caller === bob ? 'eve@' : caller === eve ? 'bob@' : CANARY
          expect(text.includes(foreign), `${path} for ${JSON.stringify(caller)}`).toBe(false)
          if (caller === 'anonymous' && response.status === 200) shown++
          const kept = response.headers.get('cache-control')
          if (caller === 'anonymous' || kept === 'no-store') continue
          const same = await here.as('anonymous').get(path)
          expect(withoutViews(await same.text()), path).toBe(withoutViews(text))
        }
      }
      here.pass(5000)
    }
    expect(shown).toBeGreaterThan(20)
    const { keys } = await env.CACHE.list()
    expect(keys.length).toBeGreaterThanOrEqual(8)
    for (const { name } of keys) {
      const kept = await env.CACHE.getWithMetadata(name)
      expect(JSON.stringify(kept).includes(CANARY), name).toBe(false)
    }
  })

  it('changes nothing of what others get, by 20 headers and by parameters', async ({ expect }) => {
    const HEADERS: Record<string, string> = {
      accept: 'text/html',
      'accept-encoding': 'br',
      'accept-language': 'de',
      'cache-control': 'no-cache',
      'cf-ipcountry': 'XX',
      cookie: '__Host-refresh=x; lang=de',
      forwarded: 'host=evil.example',
      from: 'a@evil.example',
      origin: 'https://evil.example',
      pragma: 'no-cache',
      range: 'bytes=0-1',
      referer: 'https://evil.example/',
      'user-agent': 'Evil',
      'x-d1-bookmark': 'evil',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      'x-http-method-override': 'DELETE',
      'x-original-url': '/evil',
      'x-request-id': 'evil-evil-evil',
      'x-rewrite-url': '/evil',
    }
    expect(Object.keys(HEADERS)).toHaveLength(20)
    const QUERIES = ['?limit=20', '?evil=1', '?limit=1', '?x-d1-bookmark=1', '?__proto__=1', '?']
    for (const address of [...addresses, ...FEEDS]) {
      const isolate = new World(GENEROUS)
      const clean = await read(new World(GENEROUS), address)
      const body = withoutViews(await clean.text())
      // The first to ask is who fills the cache.
      for (const [name, value] of Object.entries(HEADERS)) {
        isolate.pass(6000)
        const answer = await read(isolate, address, { [name]: value })
        expect(withoutViews(await answer.text()), `${address} ${name}`).toBe(body)
        const next = await (await read(isolate, address)).text()
        expect(withoutViews(next), `${address} ${name}`).toBe(body)
      }
      for (const query of QUERIES) {
        isolate.pass(6000)
        await read(isolate, address + (address.includes('?') ? query.replace('?', '&') : query))
        const next = await (await read(isolate, address)).text()
        expect(withoutViews(next), `${address} ${query}`).toBe(body)
      }
    }
  })

  it('with a wrong name fills no cache', async ({ expect }) => {
    here.faults.heal()
    for (let round = 0; round < 3; round++) {
      for (const path of [POSTS, PROJECTS, PROFILES, PRODUCTS, CATEGORIES]) {
        for (let i = 0; i < 20; i++) {
          const response = await read(here, `${path}/made-up-${i}`)
          expect(response.status).toBe(404)
          expect(callsOf(response), path).toBeLessThanOrEqual(2)
        }
      }
      here.pass(6000)
    }
    expect(here.faults.calls.filter((call) => call === 'KV.put')).toEqual([])
    expect((await env.CACHE.list()).keys).toEqual([])
  })
})
