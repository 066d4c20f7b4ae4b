import { beforeEach, describe, it } from 'vitest'
import { refusal, template } from '../support/dialects.ts'
import type { Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const NOBODYS = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10'
const KEYS = ['title', 'description', 'id', 'owner_id', 'created_at']

let world: World
let ann: Person
let her: string
let his: string
let bosses: string
const { call, tokenOf } = template(() => world)

beforeEach(async () => {
  world = await newWorld({ REQUIRE_ADMIN_2FA: 'false' })
  ann = await world.person()
  her = await tokenOf(ann)
  his = await tokenOf(await world.person())
  bosses = await tokenOf(await world.person({ role: 'admin', totp: false }))
})

type Item = { id: string; title: string; description: string | null }
const make = (json: object, token = her) => call('POST', '/items/', { token, json })
const madeBy = async (token: string, title: string) => (await make({ title }, token)).body as Item
const titles = ({ body }: { body: unknown }) =>
  (body as { data: Item[] }).data.map(({ title }) => title)
const countIn = ({ body }: { body: unknown }) => (body as { count: number }).count

describe('items of the template', () => {
  it('are made with exactly the keys of the original', async ({ expect }) => {
    const { status, body } = await make({
      title: 'A bowl',
      description: 'Green',
      owner_id: NOBODYS,
    })
    expect([status, Object.keys(body as object)]).toEqual([200, KEYS])
    expect(body).toMatchObject({ title: 'A bowl', description: 'Green', owner_id: ann.id })
    expect((await make({ title: 'No words' })).body).toMatchObject({ description: null })
  })

  it('are listed newest first: your own, and all of them to a superuser', async ({ expect }) => {
    for (const title of ['one', 'two', 'three']) await make({ title })
    await make({ title: 'his' }, his)
    const own = await call('GET', '/items/', { token: her })
    expect(Object.keys(own.body as object)).toEqual(['data', 'count'])
    expect([titles(own), countIn(own)]).toEqual([['three', 'two', 'one'], 3])
    const part = await call('GET', '/items/?skip=1&limit=1', { token: her })
    expect([titles(part), countIn(part)]).toEqual([['two'], 3])
    const all = await call('GET', '/items/', { token: bosses })
    expect([titles(all), countIn(all)]).toEqual([['his', 'three', 'two', 'one'], 4])
    expect(titles(await call('GET', '/items/?skip=0&limit=100', { token: his }))).toEqual(['his'])
  })

  it('are changed in part by PUT', async ({ expect }) => {
    const { id } = (await make({ title: 'A bowl', description: 'Green' })).body as Item
    const put = (json: object) => call('PUT', `/items/${id}`, { token: her, json })
    expect((await put({ title: 'A cup' })).body).toMatchObject({
      title: 'A cup',
      description: 'Green',
    })
    expect((await put({ description: 'Blue' })).body).toMatchObject({
      title: 'A cup',
      description: 'Blue',
    })
    expect((await put({ description: null })).body).toMatchObject({
      title: 'A cup',
      description: null,
    })
    expect((await put({})).body).toMatchObject({ id, title: 'A cup' })
    expect((await call('GET', `/items/${id}`, { token: her })).body).toMatchObject({
      title: 'A cup',
    })
    expect(refusal(await put({ title: null }))).toMatchObject([
      422,
      [{ type: 'string_type', loc: ['body', 'title'] }],
    ])
  })

  it('are deleted', async ({ expect }) => {
    const { id } = await madeBy(her, 'A bowl')
    const gone = await call('DELETE', `/items/${id}`, { token: her })
    expect([gone.status, gone.body]).toEqual([200, { message: 'Item deleted successfully' }])
    expect(refusal(await call('DELETE', `/items/${id}`, { token: her }))).toEqual([
      404,
      'Item not found',
    ])
  })

  it.for([
    ['GET', undefined],
    ['PUT', { title: 'Mine now' }],
    ['DELETE', undefined],
  ] as const)(
    'of others are told from those that there are not: %s',
    async ([method, json], { expect }) => {
      const { id } = await madeBy(her, 'Hers')
      const ask = (to: string, token: string) =>
        call(method, `/items/${to}`, { token, ...(json && { json }) })
      expect(refusal(await ask(id, his))).toEqual([403, 'Not enough permissions'])
      expect(refusal(await ask(NOBODYS, his))).toEqual([404, 'Item not found'])
      expect(refusal(await ask('x', his))).toMatchObject([
        422,
        [{ type: 'uuid_parsing', loc: ['path', 'id'] }],
      ])
      expect((await ask(id, bosses)).status).toBe(200)
    },
  )

  it('say what is wrong: the path first, then the body', async ({ expect }) => {
    const json = { title: '', description: 'x'.repeat(256) }
    const short = {
      type: 'string_too_short',
      loc: ['body', 'title'],
      msg: 'String should have at least 1 character',
      input: '',
      ctx: { min_length: 1 },
    }
    const long = {
      type: 'string_too_long',
      loc: ['body', 'description'],
      msg: 'String should have at most 255 characters',
      input: json.description,
      ctx: { max_length: 255 },
    }
    expect(refusal(await make(json))).toEqual([422, [short, long]])
    expect(refusal(await call('PUT', '/items/x', { token: her, json }))).toEqual([
      422,
      [expect.objectContaining({ loc: ['path', 'id'] }), short, long],
    ])
    expect(refusal(await make({ description: 'x' }))).toEqual([
      422,
      [
        {
          type: 'missing',
          loc: ['body', 'title'],
          msg: 'Field required',
          input: { description: 'x' },
        },
      ],
    ])
    expect(await world.count('items')).toBe(0)
  })
})

describe('the tools of the template', () => {
  it('tell that it is alive', async ({ expect }) => {
    expect(await call('GET', '/utils/health-check/')).toMatchObject({ status: 200, body: true })
  })

  it('send a mail on trial for a superuser', async ({ expect }) => {
    const sent = await call('POST', '/utils/test-email/?email_to=Try@Example.org', {
      token: bosses,
    })
    expect([sent.status, sent.body]).toEqual([201, { message: 'Test email sent' }])
    await world.settle()
    expect(world.outside.to('Try@example.org').map(({ subject }) => subject)).toEqual([
      'Studio Linden - Test email',
    ])
    expect(refusal(await call('POST', '/utils/test-email/', { token: bosses }))).toEqual([
      422,
      [{ type: 'missing', loc: ['query', 'email_to'], msg: 'Field required', input: null }],
    ])
    expect(
      (await call('POST', '/utils/test-email/?email_to=x@example.org', { token: her })).status,
    ).toBe(403)
  })
})
