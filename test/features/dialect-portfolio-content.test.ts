import { beforeEach, describe, it } from 'vitest'
import { refusal } from '../support/dialects.ts'
import { type Body, POST, PROJECT, portfolio } from '../support/portfolio.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
let token: string
beforeEach(async () => {
  world = await newWorld({ RATE_LIMIT_SCALE: '1000', VIEWS_WINDOW_MS: '1' })
  token = await adminToken()
})

const { call, adminToken } = portfolio(() => world)
type Thing = Body & { id: number; slug: string; views: number; author: Body }

const made = async (path: string, json: Body): Promise<Thing> => {
  const { status, body } = await call('POST', path, { token, json })
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body as Thing
}
const post = (more: Body = {}) => made('/blog', { ...POST, ...more })
const project = (more: Body = {}) => made('/projects/admin', { ...PROJECT, ...more })

const POST_KEYS = [
  'title',
  'slug',
  'excerpt',
  'content',
  'tags',
  'published',
  'id',
  'views',
  'author_id',
  'created_at',
  'updated_at',
  'author',
  'images',
]
const PROJECT_KEYS = [
  'title',
  'slug',
  'description',
  'content',
  'technologies',
  'demo_url',
  'repo_url',
  'featured',
  'published',
  'id',
  'views',
  'author_id',
  'created_at',
  'updated_at',
  'images',
  'author',
  'github_url',
]

const KINDS = [
  {
    kind: 'post',
    make: post,
    list: '/blog',
    admin: '/blog',
    keys: POST_KEYS,
    lost: 'Blog post not found',
  },
  {
    kind: 'project',
    make: project,
    list: '/projects',
    admin: '/projects/admin',
    keys: PROJECT_KEYS,
    lost: 'Project not found',
  },
]
const nameOf = (kind: string, { id, slug }: Thing) => (kind === 'post' ? slug : id)

describe.for(KINDS)('a $kind of the portfolio', ({ kind, make, list, admin, keys, lost }) => {
  it('is written, read, changed and deleted', async ({ expect }) => {
    const one = await make()
    expect(Object.keys(one)).toEqual(keys)
    expect(one).toMatchObject({
      views: 0,
      published: true,
      images: [],
      created_at: '2026-05-04T09:30:00Z',
      author: { username: 'admin', is_superuser: true },
      author_id: one.author.id,
    })
    const read = await call('GET', `${list}/${nameOf(kind, one)}`)
    expect(read.status).toBe(200)
    expect(Object.keys(read.body as Body)).toEqual([...keys, 'comments', 'videos'])
    expect(read.body).toMatchObject({ title: one.title, comments: [], videos: [] })

    world.pass(1000)
    const json = { title: 'Another name' }
    const changed = await call('PUT', `${admin}/${one.id}`, { token, json })
    expect(changed.status).toBe(200)
    expect(Object.keys(changed.body as Body)).toEqual(keys)
    const after = { ...one, ...json, views: 1, updated_at: '2026-05-04T09:30:01Z' }
    expect(changed.body).toEqual(after)

    const gone = await call('DELETE', `${admin}/${one.id}`, { token })
    expect([gone.status, gone.body]).toEqual([204, ''])
    for (const answer of [
      await call('GET', `${list}/${nameOf(kind, one)}`),
      await call('PUT', `${admin}/${one.id}`, { token, json }),
      await call('DELETE', `${admin}/${one.id}`, { token }),
    ]) {
      expect(refusal(answer)).toEqual([404, lost])
    }
    const actions = (await world.rows('audit_log')).map((row) => row.action)
    expect(actions).toEqual(
      expect.arrayContaining([`${kind}.create`, `${kind}.update`, `${kind}.delete`]),
    )
  })

  it('is listed newest first, by place', async ({ expect }) => {
    for (const slug of ['one', 'two', 'three']) {
      world.pass(1000)
      await make({ slug, title: slug })
    }
    const titles = async (query: string, as?: string) =>
      ((await call('GET', `${list}?${query}`, as ? { token: as } : {})).body as Thing[]).map(
        ({ title }) => title,
      )
    for (const as of [undefined, token]) {
      expect(await titles('', as)).toEqual(['three', 'two', 'one'])
      expect(await titles('skip=1&limit=1', as)).toEqual(['two'])
      expect(await titles('skip=3', as)).toEqual([])
      expect(await titles('skip=20000', as)).toEqual([])
    }
    const { status, body } = await call('GET', `${list}?skip=-1&limit=`)
    expect(status).toBe(422)
    expect(body).toEqual({
      detail: [
        {
          type: 'greater_than_equal',
          loc: ['query', 'skip'],
          msg: 'Input should be greater than or equal to 0',
          input: '-1',
          ctx: { ge: 0 },
        },
        {
          type: 'int_parsing',
          loc: ['query', 'limit'],
          msg: 'Input should be a valid integer, unable to parse string as an integer',
          input: '',
        },
      ],
    })
    expect((await call('GET', `${list}?limit=101`)).body).toMatchObject({
      detail: [{ msg: 'Input should be less than or equal to 100', ctx: { le: 100 } }],
    })
  })

  it('is a draft to nobody but an admin', async ({ expect }) => {
    const draft = await make({ published: false })
    const name = nameOf(kind, draft)
    expect(refusal(await call('GET', `${list}/${name}`))).toEqual([404, lost])
    expect(refusal(await call('GET', `${list}/${name}`, { token: 'over' }))).toEqual([404, lost])
    expect((await call('GET', list)).body).toEqual([])
    const mine = await call('GET', `${list}/${name}`, { token })
    expect([mine.status, mine.body]).toEqual([200, expect.objectContaining({ published: false })])
    expect((await call('GET', list, { token })).body).toMatchObject([{ id: draft.id }])
    const json = { published: true }
    await call('PUT', `${admin}/${draft.id}`, { token, json })
    expect((await call('GET', list)).body).toMatchObject([{ id: draft.id, published: true }])
  })

  it('counts who reads it, and shows the number from before', async ({ expect }) => {
    const one = await make()
    const read = async (as?: string) =>
      ((await call('GET', `${list}/${nameOf(kind, one)}`, as ? { token: as } : {})).body as Thing)
        .views
    expect(await read()).toBe(0)
    expect(await read(token)).toBe(1)
    expect(await read()).toBe(1)
    expect(await read()).toBe(2)
  })

  it('keeps what it is not given, and takes a slug only once', async ({ expect }) => {
    const one = await make()
    await make({ slug: 'taken' })
    const put = (json: Body) => call('PUT', `${admin}/${one.id}`, { token, json })
    const same = await put({})
    expect(same.body).toEqual(one)
    expect((await put({ title: null, slug: null, published: null })).body).toMatchObject({
      title: one.title,
      slug: one.slug,
    })
    for (const answer of [
      await put({ slug: 'taken' }),
      await call('POST', admin, {
        token,
        json: { ...(kind === 'post' ? POST : PROJECT), slug: 'taken' },
      }),
    ]) {
      expect(refusal(answer)).toEqual([400, 'A post with this slug already exists'])
    }
    expect((await put({ slug: 'My  First Slug!' })).body).toMatchObject({ slug: 'my-first-slug' })
  })

  it('shows nobody how its author signs in', async ({ expect }) => {
    const one = await make()
    const authorOf = async (as?: string) =>
      ((await call('GET', `${list}/${nameOf(kind, one)}`, as ? { token: as } : {})).body as Thing)
        .author
    expect(await authorOf()).toEqual({
      email: '',
      username: 'admin',
      full_name: null,
      id: one.author_id,
      is_active: true,
      is_superuser: true,
      email_2fa_enabled: false,
      totp_enabled: false,
      created_at: '2026-05-04T09:30:00Z',
      last_login: null,
    })
    expect(await authorOf(token)).toMatchObject({ email: 'admin@linden.test', totp_enabled: true })
  })

  it('is refused with all that is wrong', async ({ expect }) => {
    const { status, body } = await call('POST', admin, { token, json: { title: 'ab', slug: 7 } })
    expect(status).toBe(422)
    const { detail } = body as { detail: Body[] }
    expect(detail.slice(0, 2)).toEqual([
      {
        type: 'string_too_short',
        loc: ['body', 'title'],
        msg: 'String should have at least 3 characters',
        input: 'ab',
        ctx: { min_length: 3 },
      },
      {
        type: 'string_type',
        loc: ['body', 'slug'],
        msg: 'Input should be a valid string',
        input: 7,
      },
    ])
    expect(detail[2]).toMatchObject({ type: 'missing', input: { title: 'ab', slug: 7 } })
    const path = await call('PUT', `${admin}/x`, { token, json: {} })
    expect(path.body).toMatchObject({ detail: [{ type: 'int_parsing', input: 'x' }] })
    for (const [method, at] of [
      ['POST', admin],
      ['PUT', `${admin}/1`],
      ['DELETE', `${admin}/1`],
    ] as const) {
      expect(refusal(await call(method, at, { json: {} }))).toEqual([401, 'Not authenticated'])
    }
    expect(await world.count(`${kind}s`)).toBe(0)
  })
})

describe('a post', () => {
  it('has its tags in one text, and an excerpt of its own or of its content', async ({
    expect,
  }) => {
    const one = await post({ tags: 'Clay,Fire, Glaze ,', excerpt: null })
    expect(one).toMatchObject({ tags: 'Clay, Fire, Glaze', excerpt: 'Clay, water, fire.' })
    const none = await post({ slug: 'none', tags: undefined })
    expect(none.tags).toBeNull()
    const long = await call('POST', '/blog', {
      token,
      json: { ...POST, tags: 'x'.repeat(41), slug: 'long' },
    })
    expect(long.status).toBe(422)
  })

  it('is listed as published or not where an admin asks so', async ({ expect }) => {
    await post()
    await post({ slug: 'draft', published: 'no' })
    const slugs = async (query: string, as?: string) =>
      ((await call('GET', `/blog/?${query}`, as ? { token: as } : {})).body as Thing[]).map(
        ({ slug }) => slug,
      )
    expect(await slugs('published=true', token)).toEqual(['tea-bowls'])
    expect(await slugs('published=0', token)).toEqual(['draft'])
    expect(await slugs('published=false')).toEqual([])
    expect((await call('GET', '/blog?published=maybe')).body).toMatchObject({
      detail: [{ type: 'bool_parsing', loc: ['query', 'published'] }],
    })
  })

  it('keeps its schedule when it is saved, and is published when that is said', async ({
    expect,
  }) => {
    const body = {
      title: 'Soon',
      content: 'Words.',
      status: 'scheduled',
      publish_at: '2026-06-01T00:00:00.000Z',
    }
    const { id } = await (await world.as('admin').post('/api/v1/posts', { body })).json<Thing>()
    const put = (json: Body) => call('PUT', `/blog/${id}`, { token, json })
    expect((await put({ title: 'Sooner', published: false })).body).toMatchObject({
      published: false,
    })
    expect(await world.rows('posts')).toMatchObject([{ status: 'scheduled', title: 'Sooner' }])
    expect((await put({ published: true })).body).toMatchObject({ published: true })
    expect((await call('GET', '/blog')).body).toMatchObject([{ title: 'Sooner' }])
  })
})

describe('a project', () => {
  it('has its address under both names that the versions give it', async ({ expect }) => {
    const both = { repo_url: PROJECT.github_url, github_url: PROJECT.github_url }
    expect(await project()).toMatchObject(both)
    const one = await project({ slug: 'two', github_url: undefined, repo_url: both.repo_url })
    expect(one).toMatchObject(both)
    const put = (json: Body) => call('PUT', `/projects/admin/${one.id}`, { token, json })
    expect((await put({ github_url: '' })).body).toMatchObject({ repo_url: null, github_url: null })
    expect((await put({ repo_url: 'javascript:alert(1)' })).status).toBe(422)
  })

  it('may have no text beside its description, and no slug', async ({ expect }) => {
    const one = await project({ content: '', slug: undefined, technologies: null, tags: 'x' })
    expect(one).toMatchObject({
      slug: 'a-kiln',
      content: null,
      description: PROJECT.description,
      technologies: null,
    })
    const read = await call('GET', `/projects/${one.id}`)
    expect(read.body).toMatchObject({ content: null })
    const put = (json: Body) => call('PUT', `/projects/admin/${one.id}`, { token, json })
    expect((await put({ content: 'A text.' })).body).toMatchObject({ content: 'A text.' })
    expect((await put({ content: null })).body).toMatchObject({ content: null })
  })

  it('is listed by whether it is featured', async ({ expect }) => {
    await project()
    await project({ slug: 'two', title: 'Two', featured: true })
    for (const as of [undefined, token]) {
      const { body } = await call('GET', '/projects?featured=true', as ? { token: as } : {})
      expect(body).toMatchObject([{ slug: 'two' }])
    }
  })

  it('is served where the document has it, without admin in the path', async ({ expect }) => {
    const { status, body } = await call('POST', '/projects/', { token, json: PROJECT })
    expect(status).toBe(201)
    const at = `/projects/${(body as Thing).id}`
    expect((await call('PUT', at, { token, json: { title: 'No' } })).status).toBe(422)
    expect((await call('PUT', at, { token, json: { title: 'Newer' } })).status).toBe(200)
    expect((await call('DELETE', at, { token })).status).toBe(204)
  })
})
