import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { GENEROUS } from '../support/accounts.ts'
import { activeNodes } from '../support/active-nodes.ts'
import { POSTS, type Post, PROJECTS, write } from '../support/content.ts'
import { newWorld, World } from '../support/world.ts'
import { childrenOf, parseXml, textOf, type XmlNode } from '../support/xml.ts'

const FEEDS = ['/feed.xml', '/atom.xml', '/feed.json', '/sitemap.xml']
const SITE = 'http://localhost:5173'
const API = 'http://localhost:8787'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const read = (path: string, headers: Record<string, string> = {}, by = world) =>
  by.as('anonymous').get(path, { headers })
const textFrom = async (path: string, by = world) => (await read(path, {}, by)).text()
const callsOf = ({ headers }: Response): number =>
  Number(/calls=(\d+)/.exec(headers.get('server-timing') ?? '')?.[1])

const channelOf = (rss: string): XmlNode => {
  const [channel] = childrenOf(parseXml(rss), 'channel')
  if (!channel) throw new Error('There is no channel')
  return channel
}

async function publishMany(count: number) {
  await env.DB.prepare(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
     insert into posts (slug, title, excerpt, content, content_html, render_version, reading_minutes,
       status, published_at, search, created_at, updated_at)
     select 'n-' || i, 'N ' || i, '', 'x', 'x', 1, 1, 'published', i, '', 1, 1 from n`,
  )
    .bind(count)
    .run()
}

/** A studio with a project, a post with awkward words and one with a long text. */
async function fill() {
  const project = await write(
    world,
    { title: 'Kiln', content: 'Fire', summary: 'Hot & <b>' },
    PROJECTS,
  )
  world.pass(60_000)
  const post = await write(world, {
    title: `Bowls & <cups> "of" 'clay' ]]>`,
    content: 'See [them](https://example.org/?a=1&b=2) <script>alert(1)</script>',
  })
  world.pass(60_000)
  const long = await write(world, { title: 'Long', content: 'word '.repeat(5000) })
  return { project, post, long }
}

describe('a feed', () => {
  it('is RSS 2.0 that names pages of the site', async ({ expect }) => {
    const { project, post } = await fill()
    const response = await read('/feed.xml')
    expect(response.headers.get('content-type')).toBe('application/rss+xml; charset=utf-8')
    const rss = await response.text()
    expect(parseXml(rss)).toMatchObject({ name: 'rss', attributes: { version: '2.0' } })
    const channel = channelOf(rss)
    expect(textOf(channel, 'title')).toBe('Studio Linden')
    expect(textOf(channel, 'link')).toBe(`${SITE}/`)
    expect(textOf(channel, 'description')).not.toBe('')
    expect(childrenOf(channel, 'atom:link')[0]?.attributes).toMatchObject({
      rel: 'self',
      href: `${API}/feed.xml`,
    })
    const items = childrenOf(channel, 'item')
    expect(items.map((item) => textOf(item, 'link'))).toEqual([
      `${SITE}/blog/long`,
      `${SITE}/blog/${post.slug}`,
      `${SITE}/projects/${project.slug}`,
    ])
    const [long, bowls, kiln] = items as [XmlNode, XmlNode, XmlNode]
    expect(textOf(bowls, 'title')).toBe(`Bowls & <cups> "of" 'clay' ]]>`)
    expect(textOf(bowls, 'content:encoded')).toBe(post.content_html)
    expect(textOf(bowls, 'guid')).toBe(`tag:localhost,2026:post:${post.id}`)
    expect(childrenOf(bowls, 'guid')[0]?.attributes).toEqual({ isPermaLink: 'false' })
    expect(textOf(bowls, 'pubDate')).toBe('Mon, 04 May 2026 09:31:00 GMT')
    expect(textOf(kiln, 'description')).toBe('Hot & <b>')
    expect(childrenOf(long, 'content:encoded')).toEqual([])
    expect(textOf(long, 'description')).toMatch(/^word word/)
  })

  it('is Atom', async ({ expect }) => {
    const { post } = await fill()
    const response = await read('/atom.xml')
    expect(response.headers.get('content-type')).toBe('application/atom+xml; charset=utf-8')
    const feed = parseXml(await response.text())
    expect(feed).toMatchObject({
      name: 'feed',
      attributes: { xmlns: 'http://www.w3.org/2005/Atom' },
    })
    expect(textOf(feed, 'updated')).toBe('2026-05-04T09:32:00.000Z')
    expect(childrenOf(feed, 'author')[0]?.children.map(({ text }) => text)).toEqual([
      'Studio Linden',
    ])
    const entries = childrenOf(feed, 'entry')
    expect(entries).toHaveLength(3)
    for (const entry of [feed, ...entries]) {
      for (const name of ['id', 'title', 'updated']) expect(textOf(entry, name)).not.toBe('')
    }
    const ids = entries.map((entry) => textOf(entry, 'id'))
    expect(new Set(ids).size).toBe(3)
    expect(entries[1]?.children.find(({ name }) => name === 'link')?.attributes.href).toBe(
      `${SITE}/blog/${post.slug}`,
    )
    expect(entries[1]?.children.find(({ name }) => name === 'content')).toMatchObject({
      attributes: { type: 'html' },
      text: post.content_html,
    })
  })

  it('is JSON Feed 1.1', async ({ expect }) => {
    const { post, long } = await fill()
    const response = await read('/feed.json')
    expect(response.headers.get('content-type')).toBe('application/feed+json')
    expect(await response.json()).toMatchObject({
      version: 'https://jsonfeed.org/version/1.1',
      title: 'Studio Linden',
      home_page_url: `${SITE}/`,
      feed_url: `${API}/feed.json`,
      items: [
        { id: `tag:localhost,2026:post:${long.id}`, content_text: expect.stringMatching(/^word/) },
        {
          id: `tag:localhost,2026:post:${post.id}`,
          url: `${SITE}/blog/${post.slug}`,
          content_html: post.content_html,
          date_published: '2026-05-04T09:31:00.000Z',
        },
        { title: 'Kiln', content_html: '<p>Fire</p>\n' },
      ],
    })
  })

  it('is a sitemap, with pages where the settings say', async ({ expect }) => {
    const { project, post } = await fill()
    const other = new World({
      SITE_POST_PATH: '/en/{slug}/read',
      SITE_PROJECT_PATH: '/work/{id}.html',
    })
    const map = parseXml(await textFrom('/sitemap.xml', other))
    expect(map).toMatchObject({
      name: 'urlset',
      attributes: { xmlns: 'http://www.sitemaps.org/schemas/sitemap/0.9' },
    })
    expect(map.children.map((url) => [textOf(url, 'loc'), textOf(url, 'lastmod')])).toEqual([
      [`${SITE}/en/long/read`, '2026-05-04T09:32:00.000Z'],
      [`${SITE}/en/${post.slug}/read`, '2026-05-04T09:31:00.000Z'],
      [`${SITE}/work/${project.id}.html`, '2026-05-04T09:30:00.000Z'],
    ])
  })

  it('of an empty studio is valid too, and stays the same', async ({ expect }) => {
    for (const path of FEEDS) {
      const response = await read(path)
      expect(response.status).toBe(200)
      const text = await response.text()
      if (path !== '/feed.json') parseXml(text)
      world.pass(200_000)
      expect((await read(path)).headers.get('etag')).toBe(response.headers.get('etag'))
    }
  })

  it('holds the newest 50 of a big studio', async ({ expect }) => {
    await write(world, { title: 'A kiln', slug: 'kiln' }, PROJECTS)
    await publishMany(60)
    const items = childrenOf(channelOf(await textFrom('/feed.xml')), 'item')
    expect(items).toHaveLength(50)
    expect(items.slice(0, 2).map((item) => textOf(item, 'title'))).toEqual(['A kiln', 'N 60'])
  })

  it('shows HTML that does nothing', async ({ expect }) => {
    await fill()
    for (const item of childrenOf(channelOf(await textFrom('/feed.xml')), 'item')) {
      for (const { text } of childrenOf(item, 'content:encoded')) {
        expect(await activeNodes(text)).toEqual([])
      }
    }
  })

  it('takes any query, and says when nothing has changed', async ({ expect }) => {
    await fill()
    // What is read in the very instant of a change is not kept.
    world.pass(1)
    for (const path of FEEDS) {
      const clean = await read(path)
      const etag = clean.headers.get('etag') ?? ''
      expect(callsOf(clean)).toBe(1)
      const other = await read(`${path}?utm_source=x&limit=99999`)
      expect([other.status, callsOf(other)], path).toEqual([200, 0])
      expect(await other.text()).toBe(await clean.text())
      const again = await read(path, { 'if-none-match': `W/${etag}` })
      expect([again.status, callsOf(again), await again.text()]).toEqual([304, 0, ''])
      expect(again.headers.get('cache-control')).toBe('no-cache')
    }
  })
})

describe('the sitemap of a big studio', () => {
  const pagesIn = (xml: string) => {
    const { name, children } = parseXml(xml)
    return { name, pages: children.map((child) => textOf(child, 'loc')) }
  }
  const partsOf = async () => pagesIn(await textFrom('/sitemap.xml')).pages

  it('is one file as long as no kind has more than 1,000', async ({ expect }) => {
    await write(world, { title: 'A kiln', slug: 'kiln' }, PROJECTS)
    await publishMany(1000)
    const { name, pages } = pagesIn(await textFrom('/sitemap.xml'))
    expect(name).toBe('urlset')
    expect(pages).toHaveLength(1001)
    expect([pages[0], pages[1000]]).toEqual([`${SITE}/blog/n-1000`, `${SITE}/projects/kiln`])
  })

  it('is an index of parts, which name every page once', async ({ expect }) => {
    await write(world, { title: 'A kiln', slug: 'kiln' }, PROJECTS)
    await publishMany(2001)
    await env.DB.prepare("update posts set status = 'draft' where id = 7").run()
    const { name, pages: parts } = pagesIn(await textFrom('/sitemap.xml'))
    expect(name).toBe('sitemapindex')
    expect(parts).toEqual(
      ['post-1', 'post-2', 'post-3', 'project-1'].map((part) => `${API}/sitemap.xml?part=${part}`),
    )
    const found: string[] = []
    for (const part of parts) {
      const response = await read(part.slice(API.length))
      expect(response.headers.get('content-type')).toBe('application/xml; charset=utf-8')
      expect(callsOf(response)).toBe(1)
      const { name, pages } = pagesIn(await response.text())
      expect(name).toBe('urlset')
      expect(pages.length).toBeLessThanOrEqual(1000)
      found.push(...pages)
    }
    const posts = Array.from({ length: 2001 }, (_, index) => `${SITE}/blog/n-${index + 1}`)
    const shown = [...posts.filter((page) => !page.endsWith('/n-7')), `${SITE}/projects/kiln`]
    expect(found.toSorted()).toEqual(shown.toSorted())
  })

  it('reads no more than what it shows', async ({ expect }) => {
    await write(world, { title: 'A kiln', slug: 'kiln' }, PROJECTS)
    await publishMany(2001)
    const readOf = async (path: string) => {
      const { headers } = await read(path)
      return Number(/read=(\d+)/.exec(headers.get('server-timing') ?? '')?.[1])
    }
    expect(await readOf('/sitemap.xml')).toBeLessThanOrEqual(16)
    expect(await readOf('/sitemap.xml?part=post-2')).toBeLessThanOrEqual(1004)
    expect(await readOf('/sitemap.xml?part=post-3')).toBeLessThanOrEqual(5)
  })

  it('shows a change of its parts at once', async ({ expect }) => {
    await publishMany(1001)
    const part = '/sitemap.xml?part=post-1'
    world.pass(1)
    expect(await textFrom(part)).toContain('/blog/n-8<')
    world.pass(1)
    await world.as('admin').patch(`${POSTS}/8`, { body: { slug: 'blue-bowl' } })
    const text = await textFrom(part)
    expect([text.includes('/blog/n-8<'), text.includes('/blog/blue-bowl<')]).toEqual([false, true])
    await world.as('admin').delete(`${POSTS}/8`)
    expect(await textFrom(part)).not.toContain('blue-bowl')
    expect(await partsOf()).toHaveLength(2)
  })

  it('names no part that is not there', async ({ expect }) => {
    await publishMany(2001)
    await env.DB.prepare("update posts set status = 'draft' where id <= 1000").run()
    const parts = await partsOf()
    expect(parts).toHaveLength(3)
    const [empty] = parts.map((part) => read(part.slice(API.length)))
    expect((await empty)?.status).toBe(200)
    expect(pagesIn((await (await empty)?.text()) ?? '').pages).toEqual([])
  })

  it.for(['post-2', 'post-999999', 'product-1'])(
    'has no part %s that its index would not name',
    async (part, { expect }) => {
      await publishMany(1)
      const response = await read(`/sitemap.xml?part=${part}`)
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ code: 'not_found' })
    },
  )

  it.for(['', 'post', 'post-0', 'post-01', 'post-1234567', 'tag-1', 'post-1&part=post-2'])(
    'refuses ?part=%s',
    async (part, { expect }) => {
      const response = await read(`/sitemap.xml?part=${part}`)
      expect(response.status).toBe(422)
      expect(await response.json()).toMatchObject({ errors: [{ path: 'part' }] })
    },
  )
})

describe('what changes', () => {
  const shows = async (by: World, words: string) =>
    (await Promise.all(FEEDS.map((path) => textFrom(path, by)))).map((text) => text.includes(words))
  const ALL = [true, true, true, true]
  const NONE = [false, false, false, false]

  async function prime(worlds: World[]) {
    for (let round = 0; round < 3; round++) {
      for (const one of worlds) await shows(one, '')
      world.pass(5000)
    }
    for (const one of worlds) await shows(one, '')
  }

  for (const path of [POSTS, PROJECTS]) {
    it(`among ${path} is in every feed at once, and elsewhere within 130 s`, async ({ expect }) => {
      const there = new World(GENEROUS)
      await prime([world, there])
      const made = await write<Post>(world, { title: 'Blue bowl', slug: 'blue-bowl' }, path)
      expect(await shows(world, 'blue-bowl')).toEqual(ALL)
      await prime([world, there])

      const patch = (body: object) =>
        world.as('admin').patch(`${path}/${made.id}`, { body: { ...body } })
      await patch({ slug: 'green-bowl' })
      expect(await shows(world, 'green-bowl')).toEqual(ALL)
      world.pass(130_000)
      expect(await shows(there, 'green-bowl')).toEqual(ALL)

      await prime([world, there])
      const hidden = await patch({ status: 'draft' })
      const bookmark = hidden.headers.get('x-d1-bookmark') ?? ''
      expect(await shows(world, 'bowl')).toEqual(NONE)
      for (const feed of FEEDS) {
        const text = await (await read(feed, { 'x-d1-bookmark': bookmark }, there)).text()
        expect(text.includes('bowl'), feed).toBe(false)
      }
      world.pass(130_000)
      expect(await shows(there, 'bowl')).toEqual(NONE)

      await patch({ status: 'published' })
      expect(await shows(world, 'green-bowl')).toEqual(ALL)
      await world.as('admin').delete(`${path}/${made.id}`)
      expect(await shows(world, 'bowl')).toEqual(NONE)
    })
  }

  it('shows a scheduled post from its time on', async ({ expect }) => {
    const publish_at = new Date(Date.now() + 3_600_000).toISOString()
    await write(world, { title: 'Soon', slug: 'soon-here', status: 'scheduled', publish_at })
    await write(world, { title: 'Never', slug: 'soon-draft', status: 'draft' })
    await write(world, { title: 'Never', slug: 'soon-project', status: 'draft' }, PROJECTS)
    expect(await shows(world, 'soon')).toEqual(NONE)
    world.pass(3_600_001)
    expect(await shows(world, 'soon-here')).toEqual(ALL)
    for (const words of ['soon-draft', 'soon-project']) {
      expect(await shows(world, words)).toEqual(NONE)
    }
  })
})
