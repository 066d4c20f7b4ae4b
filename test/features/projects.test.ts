import { beforeEach, describe, it } from 'vitest'
import { GENEROUS, inParallel } from '../support/accounts.ts'
import { refusesBadInput } from '../support/bad-input.ts'
import { detailOf, listOf, PROJECTS, walk, write } from '../support/content.ts'
import { newWorld, type World } from '../support/world.ts'

const NOW = '2026-05-04T09:30:00.000Z'

type Project = {
  id: number
  slug: string
  title: string
  position: number
  status: string
  technologies: string[]
  published_at: string | null
}

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const make = (body: object = {}) => write<Project>(world, { ...body }, PROJECTS)
const change = (id: number, body: object, headers = {}) =>
  world.as('admin').patch(`${PROJECTS}/${id}`, { body, headers })
const order = (ids: unknown) => world.as('admin').put(`${PROJECTS}/order`, { body: { ids } })
const ask = async (query: string) =>
  (await walk<Project>(world, PROJECTS, query)).map(({ title }) => title)

describe('a project', () => {
  it('is made, read, changed and deleted', async ({ expect }) => {
    const body = {
      title: 'Tiles for a bath',
      content: 'Forty tiles, **hand-painted**.',
      technologies: ['Majolica', 'Screen print'],
      demo_url: 'https://linden.example/tiles',
      featured: true,
      position: 4,
      status: 'published',
    }
    const made = await world.as('admin').post(PROJECTS, { body })
    const project = await made.json<Project>()
    const path = `${PROJECTS}/${project.id}`
    expect([made.status, made.headers.get('location')]).toEqual([201, path])
    expect(project).toEqual({
      ...body,
      id: expect.any(Number),
      slug: 'tiles-for-a-bath',
      summary: 'Forty tiles, hand-painted.',
      content_html: '<p>Forty tiles, <strong>hand-painted</strong>.</p>\n',
      repo_url: null,
      images: [],
      videos: [],
      comment_count: 0,
      reactions: { total: 0, like: 0, love: 0, congratulations: 0, insightful: 0 },
      created_at: NOW,
      updated_at: NOW,
      published_at: NOW,
    })
    expect(await detailOf(world, PROJECTS, project.slug)).toEqual(project)
    const { content, content_html, videos, ...summary } = project as Project &
      Record<string, unknown>
    expect((await listOf(world, PROJECTS)).data).toEqual([summary])
    expect([content, content_html, videos]).toHaveLength(3)

    world.pass(1000)
    const changes = { demo_url: null, featured: false, technologies: ['Screen Print'] }
    expect(await (await change(project.id, changes)).json()).toEqual({
      ...project,
      ...changes,
      technologies: ['Screen print'],
      updated_at: '2026-05-04T09:30:01.000Z',
    })
    expect(
      (await change(project.id, { featured: false, technologies: ['screen print'] })).status,
    ).toBe(200)
    expect((await world.as('admin').delete(path)).status).toBe(204)
    expect(await detailOf(world, PROJECTS, project.id)).toBe(404)
    for (const table of ['projects', 'slugs', 'project_technologies']) {
      expect(await world.count(table), table).toBe(0)
    }
    const actions = (await world.rows('audit_log')).map((row) => row.action)
    expect(actions).toEqual(['project.create', 'project.update', 'project.delete'])
  })

  it('that is a draft is on no surface but the admin’s', async ({ expect }) => {
    const ann = await world.person()
    const { id, slug } = await make({ title: 'Hidden', technologies: ['Hidden'] })
    await change(id, { slug: 'hidden-now' })
    await change(id, { status: 'draft' })
    for (const caller of ['anonymous', ann] as const) {
      for (const name of [id, slug, 'hidden-now']) {
        const response = await world.as(caller).get(`${PROJECTS}/${name}`)
        expect([response.status, response.headers.get('location')]).toEqual([404, null])
      }
      for (const query of [
        '',
        '?q=hidden',
        '?technology=hidden',
        '?sort=position',
        '?featured=false',
      ]) {
        const page = await world.as(caller).get(PROJECTS + query)
        expect(await page.json(), query).toEqual({ data: [], next_cursor: null })
      }
      expect((await world.as(caller).get(`${PROJECTS}/drafts`)).status).toBeOneOf([401, 403])
    }
    const drafts = await world.as('admin').get(`${PROJECTS}/drafts?count=true`)
    expect(await drafts.json()).toMatchObject({ data: [{ id, published_at: NOW }], count: 1 })
    const own = await world.as('admin').get(`${PROJECTS}/hidden-now`)
    expect([own.status, own.headers.get('cache-control')]).toEqual([200, 'no-store'])
    world.pass(5000)
    expect(await (await change(id, { status: 'published' })).json()).toMatchObject({
      published_at: NOW,
    })
  })

  it('is listed by either order, page by page, and found by its filters', async ({ expect }) => {
    for (const index of [0, 1, 2, 3, 4, 5]) {
      world.pass(index % 2 ? 1000 : 0)
      await make({
        title: `P${index}`,
        summary: index % 2 ? 'Für die Küche' : 'For a garden',
        technologies: index < 2 ? ['Raku', 'Clay'] : ['Clay'],
        featured: index > 3,
        position: [2, 0, 1, 0, 7, 1][index],
      })
    }
    const newest = ['P5', 'P4', 'P3', 'P2', 'P1', 'P0']
    const byPosition = ['P1', 'P3', 'P2', 'P5', 'P0', 'P4']
    for (const limit of [1, 2, 4, 6, 100]) {
      expect(await ask(`limit=${limit}`)).toEqual(newest)
      expect(await ask(`limit=${limit}&sort=newest`)).toEqual(newest)
      expect(await ask(`limit=${limit}&sort=position`)).toEqual(byPosition)
    }
    expect(await ask('limit=1&technology=RAKU')).toEqual(['P1', 'P0'])
    expect(await ask('limit=1&featured=true&sort=position')).toEqual(['P5', 'P4'])
    expect(await ask('q=kuche&limit=2')).toEqual(['P5', 'P3', 'P1'])
    expect(await ask('q=kuche&technology=clay&featured=false&sort=position')).toEqual(['P1', 'P3'])
    expect(await ask('technology=none')).toEqual([])
  })

  it('gets its place by one call, for all or for none', async ({ expect }) => {
    const made = []
    for (let index = 0; index < 4; index++) made.push(await make({ title: `P${index}` }))
    const ids = made.map(({ id }) => id)
    const [a = 0, b = 0, c = 0, d = 0] = ids
    const answer = await order([c, a, d, b])
    expect([answer.status, await answer.json()]).toEqual([200, { ids: [c, a, d, b] }])
    expect(await ask('sort=position')).toEqual(['P2', 'P0', 'P3', 'P1'])
    const before = await world.rows('projects')
    const entries = await world.count('audit_log')
    for (const wrong of [[a, 999], [a, a], [], [0], [1.5], ['1'], 'x', null, [a, -1], [10 ** 30]]) {
      expect((await order(wrong)).status, JSON.stringify(wrong)).toBe(422)
    }
    const unknown = await (await order([a, 999, 998])).json<{ errors: { path: string }[] }>()
    expect(unknown.errors.map(({ path }) => path)).toEqual(['ids.1', 'ids.2'])
    expect((await order([c, a, d, b])).status).toBe(200)
    expect(await world.rows('projects')).toEqual(before)
    expect(await world.count('audit_log')).toBe(entries)
    expect(await detailOf(world, PROJECTS, c)).toMatchObject({ position: 1 })
  })

  it('is put into order with at most a hundred', async ({ expect }) => {
    const insert = `insert into projects (slug, title, summary, content, content_html, render_version, status, search, created_at, updated_at, published_at)
      select 's' || value, 't' || value, '', '', '', 1, 'published', '', 1, 1, value from generate_series`
    const rows = Array.from({ length: 101 }, (_, index) => index + 1)
    await world.env.DB.prepare(insert.replace('generate_series', 'json_each(?)'))
      .bind(JSON.stringify(rows))
      .run()
    const ids = (await world.rows('projects')).map(({ id }) => Number(id)).toReversed()
    for (const [count, status] of [
      [99, 200],
      [100, 200],
      [101, 422],
      [250, 422],
    ] as const) {
      const wanted =
        count > 101 ? Array.from({ length: count }, (_, index) => index + 1) : ids.slice(0, count)
      expect((await order(wanted)).status, `${count}`).toBe(status)
    }
    const placed = (await world.rows('projects')).filter(({ position }) => position !== 0)
    expect(placed.map(({ position }) => position)).toEqual(
      Array.from({ length: 100 }, (_, index) => 100 - index),
    )
  })

  it('is changed by one of those who read the same state', async ({ expect }) => {
    const { id } = await make()
    const etag = (await world.as('anonymous').get(`${PROJECTS}/${id}`)).headers.get('etag') ?? ''
    const headers = { 'if-match': etag }
    const race = (index: number) =>
      change(id, { title: `T${index}`, technologies: [`t${index}`] }, headers)
    expect(await inParallel(20, race)).toEqual({ 200: 1, 412: 19 })
    expect(await world.count('project_technologies')).toBe(1)
    expect((await world.as('admin').delete(`${PROJECTS}/${id}`, { headers })).status).toBe(412)
    const now = (await world.as('admin').get(`${PROJECTS}/${id}`)).headers.get('etag') ?? ''
    const last = await world
      .as('admin')
      .delete(`${PROJECTS}/${id}`, { headers: { 'if-match': now } })
    expect(last.status).toBe(204)
  })

  it('is made once under one key', async ({ expect }) => {
    const headers = { 'idempotency-key': 'k' }
    const post = () =>
      world.as('admin').post(PROJECTS, { body: { title: 'x', content: 'y' }, headers })
    const [first, second] = [await post(), await post()]
    expect([first.status, second.status]).toEqual([201, 201])
    expect(await second.text()).toBe(await first.text())
    expect(second.headers.get('idempotency-replayed')).toBe('true')
    expect(await world.count('projects')).toBe(1)
  })

  it('is not made or changed by bad input', async ({ expect }) => {
    const { id } = await make()
    const state = async () => [await world.rows('projects'), await world.rows('slugs')]
    const valid = { title: 'A title', content: 'Words' }
    const route = { method: 'POST', path: PROJECTS, caller: 'admin' as const, valid }
    const texts = ['title', 'content']
    await refusesBadInput(expect, world, { ...route, texts, maxBytes: 512 * 1024 }, state)
    const before = await state()
    const urls = [
      'javascript:alert(1)',
      'JAVASCRIPT://x.example/%0aalert(1)',
      'data:text/html,x',
      '//host.example/x',
      'https://user@host.example/',
      'https://user:secret@host.example/',
      'java\tscript:alert(1)',
      'ht\ntps://host.example',
      'https://[::1]/',
      'https://127.0.0.1/',
      'https://2130706433/',
      'https://0x7f000001/',
      'https://localhost/',
      'https://xn--80ak6aa92e.com/',
      'https://аррӏе.com/',
      'https:\\\\host.example\\',
      'https://host.example/\u202e',
      'ftp://host.example/',
      'host.example',
      '/media/x.png',
      'https://',
      `https://host.example/${'x'.repeat(3000)}`,
      '',
    ]
    for (const field of ['repo_url', 'demo_url']) {
      for (const url of urls) {
        expect((await change(id, { [field]: url })).status, url).toBe(422)
      }
    }
    for (const body of [
      { id: 9 },
      { position: -1 },
      { position: 1.5 },
      { position: 1_000_001 },
      { featured: 1 },
      { status: 'scheduled' },
      { technologies: Array(31).fill('x') },
      { comment_count: 5 },
      { slug: 'order' },
    ]) {
      expect((await change(id, body)).status, JSON.stringify(body)).toBe(422)
    }
    expect(await state()).toEqual(before)
  })
})
