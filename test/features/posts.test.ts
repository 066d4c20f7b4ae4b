import { beforeEach, describe, it } from 'vitest'
import { GENEROUS, inParallel } from '../support/accounts.ts'
import { refusesBadInput } from '../support/bad-input.ts'
import { detailOf, listOf, POSTS, type Post, TAGS, walk, write } from '../support/content.ts'
import { newWorld, type World } from '../support/world.ts'

const NOW = '2026-05-04T09:30:00.000Z'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const titles = async (query = '') =>
  (await listOf<Post>(world, POSTS, query)).data.map(({ title }) => title)

describe('a post', () => {
  it('is written, read, changed and deleted', async ({ expect }) => {
    const made = await world.as('admin').post(POSTS, {
      body: {
        title: 'Glazing *the* Öfen',
        content: '# Glazing\n\nWe fired at **1240 °C** for ten hours.',
        tags: ['Glaze', 'Kiln', 'glaze'],
        status: 'published',
      },
    })
    const post = await made.json<Post>()
    expect([made.status, made.headers.get('location')]).toEqual([201, `${POSTS}/${post.id}`])
    const admin = await world.admin()
    expect(post).toEqual({
      id: expect.any(Number),
      slug: 'glazing-the-oefen',
      title: 'Glazing *the* Öfen',
      excerpt: 'We fired at 1240 °C for ten hours.',
      content: '# Glazing\n\nWe fired at **1240 °C** for ten hours.',
      content_html:
        '<h1 id="section-glazing">Glazing</h1>\n<p>We fired at <strong>1240 °C</strong> for ten hours.</p>\n',
      tags: ['Glaze', 'Kiln'],
      author: { id: admin.id, name: 'admin' },
      status: 'published',
      reading_minutes: 1,
      views: 0,
      images: [],
      videos: [],
      comment_count: 0,
      reactions: { total: 0, like: 0, love: 0, congratulations: 0, insightful: 0 },
      previous: null,
      next: null,
      published_at: NOW,
      created_at: NOW,
      updated_at: NOW,
    })
    expect(await detailOf(world, POSTS, post.id)).toEqual(post)
    expect(await detailOf(world, POSTS, post.slug)).toMatchObject({ id: post.id })

    world.pass(1000)
    const changed = await world.as('admin').patch(`${POSTS}/${post.id}`, {
      body: { content: 'Cooled for two days.', tags: ['kiln', 'Cooling'] },
    })
    expect(await changed.json()).toMatchObject({
      content_html: '<p>Cooled for two days.</p>\n',
      excerpt: 'Cooled for two days.',
      tags: ['Kiln', 'Cooling'],
      slug: 'glazing-the-oefen',
      published_at: NOW,
      updated_at: '2026-05-04T09:30:01.000Z',
    })
    expect((await world.as('admin').delete(`${POSTS}/${post.id}`)).status).toBe(204)
    expect((await world.as('anonymous').get(`${POSTS}/${post.id}`)).status).toBe(404)
    for (const table of ['posts', 'slugs', 'post_tags']) expect(await world.count(table)).toBe(0)
    const actions = (await world.rows('audit_log')).map(({ action, entity_id }) => [
      action,
      entity_id,
    ])
    expect(actions).toEqual(
      ['post.create', 'post.update', 'post.delete'].map((action) => [action, String(post.id)]),
    )
  })

  it('is published, withdrawn and published again at its first time', async ({ expect }) => {
    const { id } = await write(world, { status: 'draft' })
    const change = async (body: object) => {
      const response = await world.as('admin').patch(`${POSTS}/${id}`, { body })
      return response.status === 200 ? (await response.json<Post>()).published_at : response.status
    }
    expect(await detailOf(world, POSTS, id)).toBe(404)
    expect(await change({ status: 'published' })).toBe(NOW)
    world.pass(60_000)
    expect(await change({ status: 'draft' })).toBe(NOW)
    expect(await detailOf(world, POSTS, id)).toBe(404)
    expect(await change({ status: 'published' })).toBe(NOW)
    expect(await change({ publish_at: '2026-05-01T10:00:00.000Z' })).toBe(
      '2026-05-01T10:00:00.000Z',
    )
    expect(await change({ publish_at: '2026-06-01T10:00:00.000Z' })).toBe(422)
    expect(await change({ status: 'scheduled' })).toBe(422)
    expect(await change({ status: 'draft', publish_at: NOW })).toBe(422)
    const later = '2026-06-01T10:00:00.000Z'
    expect(await change({ status: 'scheduled', publish_at: later })).toBe(later)
    expect(await detailOf(world, POSTS, id)).toBe(404)
    expect(await change({ publish_at: '2026-05-01T10:00:00.000Z' })).toBe(422)
    expect(await change({ status: 'draft' })).toBeNull()
  })

  it('is visible at its time before the cron has run, and is published once', async ({
    expect,
  }) => {
    const { id } = await write(world, {
      status: 'scheduled',
      publish_at: '2026-05-04T09:31:00.000Z',
      tags: ['Clay'],
    })
    world.pass(59_000)
    await world.runCron('* * * * *')
    expect(await detailOf(world, POSTS, id)).toBe(404)
    expect(await listOf(world, TAGS)).toEqual({ data: [], next_cursor: null })
    world.pass(1000)
    expect(await detailOf(world, POSTS, id)).toMatchObject({ status: 'published' })
    expect(await titles('?limit=5')).toEqual(['A post'])
    await Promise.all(Array.from({ length: 3 }, () => world.runCron('* * * * *')))
    await world.runCron('* * * * *')
    expect((await world.rows('posts'))[0]).toMatchObject({ status: 'published' })
    expect((await listOf<object>(world, TAGS)).data).toMatchObject([
      { name: 'Clay', post_count: 1 },
    ])
    const entries = (await world.rows('audit_log')).filter(
      ({ action }) => action === 'post.publish',
    )
    expect(entries).toMatchObject([{ actor_type: 'system', actor_id: 'posts.publish' }])
    expect(await detailOf(world, POSTS, id)).toMatchObject({
      status: 'published',
      published_at: '2026-05-04T09:31:00.000Z',
    })
  })

  it('that a visitor may not see is on no surface', async ({ expect }) => {
    const ann = await world.person()
    const admin = await world.admin()
    await write(world, { title: 'Before', publish_at: '2026-05-01T00:00:00.000Z' })
    const secret = { title: 'Secret kiln', content: 'Secret words', tags: ['Secret tag'] }
    const drafted = await write(world, { ...secret, status: 'draft' })
    const withdrawn = await write(world, secret)
    await world.as('admin').patch(`${POSTS}/${withdrawn.id}`, { body: { slug: 'secret-renamed' } })
    await world.as('admin').patch(`${POSTS}/${withdrawn.id}`, { body: { status: 'draft' } })
    const coming = await write(world, {
      ...secret,
      status: 'scheduled',
      publish_at: '2026-05-05T00:00:00.000Z',
    })
    const after = await write(world, { title: 'After' })
    const slugs = [drafted.slug, withdrawn.slug, 'secret-renamed', coming.slug]
    const hidden = [drafted.id, withdrawn.id, coming.id, ...slugs].map((one) => `${POSTS}/${one}`)
    const lists = [
      '',
      '?limit=100',
      '?tag=secret%20tag',
      `?author=${admin.id}`,
      '?q=secret',
      '?from=2026-05-04T00:00:00.000Z',
      '?to=2027-01-01T00:00:00.000Z',
    ].map((query) => POSTS + query)
    let asked = 0
    for (const caller of ['anonymous', ann] as const) {
      for (const path of [...hidden, ...lists, TAGS, `${POSTS}/${after.id}`, `${POSTS}/before`]) {
        for (const method of ['GET', 'HEAD']) {
          const headers = { 'if-none-match': '"1", "2", "3"' }
          const response = await world.request(method, path, caller, { headers })
          // A refusal names the address that was asked for.
          const text = (await response.text()).replace(/"instance":"[^"]*"/, '')
          expect(text, path).not.toMatch(/secret/i)
          expect(response.status, path).toBe(hidden.includes(path) ? 404 : 200)
          expect(response.headers.get('location'), path).toBeNull()
          asked++
        }
      }
    }
    expect(asked).toBeGreaterThanOrEqual(68)
    expect((await world.as(ann).get(`${POSTS}/drafts`)).status).toBe(403)
  })

  it('that is a draft is shown to an admin who says so, and never kept for others', async ({
    expect,
  }) => {
    const { id, slug } = await write(world, { status: 'draft' })
    for (const name of [id, slug]) {
      const own = await world.as('admin').get(`${POSTS}/${name}`)
      expect([own.status, own.headers.get('cache-control')]).toEqual([200, 'no-store'])
      expect(await own.json()).toMatchObject({ id, status: 'draft' })
      expect(await detailOf(world, POSTS, name)).toBe(404)
    }
    const headers = { authorization: 'Bearer nonsense' }
    expect((await world.as('anonymous').get(`${POSTS}/${id}`, { headers })).status).toBe(401)
    const waiting = await world.as('admin').get(`${POSTS}/drafts?count=true`)
    expect(await waiting.json()).toMatchObject({ data: [{ id }], next_cursor: null, count: 1 })
  })

  it('knows its neighbours among those that are visible', async ({ expect }) => {
    const day = (number: number) => `2026-04-0${number}T00:00:00.000Z`
    const [one, two, three] = [
      await write(world, { title: 'One', publish_at: day(1) }),
      await write(world, { title: 'Two', publish_at: day(2) }),
      // Of the same instant as the one before.
      await write(world, { title: 'Three', publish_at: day(2) }),
    ]
    await write(world, { title: 'Draft', status: 'draft' })
    const link = ({ slug, title }: Post) => ({ slug, title })
    const around = async (post: Post) => {
      const { previous, next } = (await detailOf(world, POSTS, post.slug)) as Post
      return [previous, next]
    }
    expect(await around(one)).toEqual([null, link(two)])
    expect(await around(two)).toEqual([link(one), link(three)])
    expect(await around(three)).toEqual([link(two), null])
    await world.as('admin').patch(`${POSTS}/${two.id}`, { body: { status: 'draft' } })
    expect(await around(one)).toEqual([null, link(three)])
    await world.as('admin').delete(`${POSTS}/${three.id}`)
    expect(await around(one)).toEqual([null, null])
  })

  it('is listed newest first, page by page, and found by its filters', async ({ expect }) => {
    const bob = await world.person({ role: 'admin', steppedUp: true })
    for (let index = 0; index < 7; index++) {
      const body = {
        title: `Post ${index} ${index % 2 ? 'über Ton' : 'on glass'}`,
        content: 'Words.',
        status: 'published',
        tags: index < 3 ? ['Früh', 'All'] : ['All'],
        publish_at: `2026-04-0${1 + Math.floor(index / 2)}T00:00:00.000Z`,
      }
      await world.as(index === 6 ? bob : 'admin').post(POSTS, { body })
    }
    const numbers = (found: { title: string }[]) => found.map(({ title }) => Number(title[5]))
    const all = [6, 5, 4, 3, 2, 1, 0]
    for (const limit of [1, 2, 3, 7, 100]) {
      expect(numbers(await walk<Post>(world, POSTS, `limit=${limit}`)), `${limit}`).toEqual(all)
    }
    const ask = async (query: string) => numbers(await walk<Post>(world, POSTS, `limit=2&${query}`))
    expect(await ask('tag=FRUH')).toEqual([2, 1, 0])
    expect(await ask('tag=nothing')).toEqual([])
    expect(await ask('q=Uber')).toEqual([5, 3, 1])
    expect(await ask(`author=${bob.id}`)).toEqual([6])
    expect(await ask('from=2026-04-02T00:00:00.000Z&to=2026-04-03T00:00:00.000Z')).toEqual([3, 2])
    expect(await ask('tag=all&q=glass&from=2026-04-02T00:00:00.000Z')).toEqual([6, 4, 2])
  })

  it('is changed by one of those who read the same state', async ({ expect }) => {
    const { id } = await write(world)
    const path = `${POSTS}/${id}`
    for (const reader of ['admin', 'anonymous'] as const) {
      const etag = (await world.as(reader).get(path)).headers.get('etag') ?? ''
      for (const tag of [etag, `W/${etag}`]) expect(tag).toMatch(/"\d+\.[\w-]{22}"$/)
      const change = (index: number) =>
        world.as('admin').patch(path, {
          body: { title: `${reader} ${index}`, tags: [`t${index}`] },
          headers: { 'if-match': etag },
        })
      expect(await inParallel(20, change)).toEqual({ 200: 1, 412: 19 })
      expect(await world.count('post_tags')).toBe(1)
      const { title, tags } = (await detailOf(world, POSTS, id)) as Post
      expect(tags).toEqual([`t${title.split(' ')[1]}`])
      const headers = { 'if-match': etag }
      expect((await world.as('admin').delete(path, { headers })).status).toBe(412)
    }
    const free = (index: number) => world.as('admin').patch(path, { body: { title: `X ${index}` } })
    expect(await inParallel(20, free)).toEqual({ 200: 20 })
    const entries = (await world.rows('audit_log')).filter(({ action }) => action === 'post.update')
    expect(entries).toHaveLength(22)
    expect((await world.as('admin').patch(path, { body: {} })).status).toBe(200)
    expect(await world.count('audit_log')).toBe(23)
  })

  it('is written once under one key', async ({ expect }) => {
    const body = { title: 'Once', content: 'Words.' }
    const headers = { 'idempotency-key': 'k' }
    const make = () => world.as('admin').post(POSTS, { body, headers })
    const answers = await Promise.all(Array.from({ length: 20 }, make))
    const made = answers.filter(({ status }) => status === 201)
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true)
    expect(made.length).toBeGreaterThan(0)
    const texts = new Set(await Promise.all(made.map((one) => one.text())))
    expect(texts.size).toBe(1)
    expect(await world.count('posts')).toBe(1)
    const again = await make()
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    expect(again.headers.get('location')).toBe(made[0]?.headers.get('location'))
    expect(texts).toContain(await again.text())
    const [post] = await world.rows('posts')
    await world.as('admin').delete(`${POSTS}/${post?.id}`)
    world.pass(1000)
    expect((await write(world, { title: 'Another' })).id).toBeGreaterThan(Number(post?.id))
    expect((await make()).status).toBe(404)
    const other = { body: { ...body, title: 'Other' }, headers }
    expect((await world.as('admin').post(POSTS, other)).status).toBe(422)
  })

  it('takes as much as it says and no more', async ({ expect }) => {
    const status = async (body: object) => (await world.as('admin').post(POSTS, { body })).status
    const base = { title: 'Long', content: 'Words.' }
    const names = (count: number) => Array.from({ length: count }, (_, index) => `tag ${index}`)
    expect(await status({ ...base, tags: names(20) })).toBe(201)
    for (const count of [21, 99, 100, 101, 250]) {
      expect(await status({ ...base, tags: names(count) }), `${count}`).toBe(422)
    }
    expect(await status({ ...base, content: 'lorem ipsum '.repeat(16_666) })).toBe(201)
    expect(await status({ ...base, content: 'x'.repeat(200_001) })).toBe(422)
    expect(await status({ ...base, content: '陶'.repeat(160_000) })).toBe(201)
    expect(await status({ ...base, content: '陶'.repeat(180_000) })).toBe(413)
    expect(await status({ ...base, content: '"'.repeat(200_000) })).toBeOneOf([201, 422])
    const bomb = `[a]: http://x.example/${'x'.repeat(9000)}\n\n${'[a] '.repeat(40_000)}`
    expect(await status({ ...base, content: bomb })).toBe(422)
  })

  it('is not written or changed by bad input', async ({ expect }) => {
    const { id } = await write(world)
    const state = async () => [await world.rows('posts'), await world.rows('slugs')]
    const valid = { title: 'A title', content: 'Words' }
    await refusesBadInput(
      expect,
      world,
      {
        method: 'POST',
        path: POSTS,
        caller: 'admin',
        valid,
        texts: ['title', 'content'],
        maxBytes: 512 * 1024,
      },
      state,
    )
    const before = await state()
    for (const body of [
      { id: 9 },
      { author: 'x' },
      { views: 9 },
      { version: 9 },
      { title: null },
      { title: ' ' },
      { title: 'x'.repeat(201) },
      { title: 'a\nb' },
      { content: '' },
      { status: 'hidden' },
      { publish_at: 'tomorrow' },
      { publish_at: '2026-13-01T00:00:00.000Z' },
      { tags: ['x'.repeat(41)] },
      { tags: [''] },
      { tags: ['\u0301'] },
      { tags: 'x' },
      { excerpt: 'x'.repeat(501) },
      ...[
        'drafts',
        'feed',
        'stats',
        'tags',
        'order',
        '2026',
        'a b',
        'A',
        '-a',
        'a--b',
        'x'.repeat(81),
        '../a',
        'ü',
      ].map((slug) => ({ slug })),
    ]) {
      const response = await world.as('admin').patch(`${POSTS}/${id}`, { body })
      expect(response.status, JSON.stringify(body)).toBe(422)
    }
    expect(await state()).toEqual(before)
  })
})
