import { beforeEach, describe, it } from 'vitest'
import { comparable, everyRow, GENEROUS, inParallel } from '../support/accounts.ts'
import { refusesBadInput } from '../support/bad-input.ts'
import type { Person } from '../support/people.ts'
import { newWorld, type World } from '../support/world.ts'

const ITEMS = '/api/v1/items'
const ITEM = { title: 'A chair', description: 'Of oak\nwith arms' }
const NOBODYS = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10'

let world: World
let ann: Person
let bob: Person
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  ann = await world.person()
  bob = await world.person()
})

type Who = Person | 'admin'
type Item = { id: string; title: string; owner_id: string }
const create = async (who: Who, body: object = ITEM): Promise<Item> =>
  (await world.as(who).post(ITEMS, { body })).json()
const list = async (who: Who, query = '') =>
  (await world.as(who).get(`${ITEMS}${query}`)).json<{
    data: Item[]
    next_cursor: string | null
    count?: number
  }>()
const titles = async (who: Who, query = '') =>
  (await list(who, query)).data.map(({ title }) => title)

describe('an item', () => {
  it('is made, read, changed and deleted by its owner', async ({ expect }) => {
    const made = await world.as(ann).post(ITEMS, { body: ITEM })
    const item = await made.json<Item>()
    const path = `${ITEMS}/${item.id}`
    expect([made.status, made.headers.get('location')]).toEqual([201, path])
    expect(item).toEqual({
      id: expect.any(String),
      ...ITEM,
      owner_id: ann.id,
      created_at: '2026-05-04T09:30:00.000Z',
      updated_at: '2026-05-04T09:30:00.000Z',
    })
    const read = await world.as(ann).get(path)
    expect(await read.json()).toEqual(item)
    const headers = { 'if-none-match': read.headers.get('etag') ?? '' }
    expect((await world.as(ann).get(path, { headers })).status).toBe(304)
    world.pass(1000)
    const changed = await world.as(ann).patch(path, { body: { description: null } })
    expect(await changed.json()).toEqual({
      ...item,
      description: null,
      updated_at: '2026-05-04T09:30:01.000Z',
    })
    expect((await world.as(ann).get(path, { headers })).status).toBe(200)
    expect((await world.as(ann).delete(path)).status).toBe(204)
    expect((await world.as(ann).get(path)).status).toBe(404)
    expect(await world.count('items')).toBe(0)
  })

  it('of somebody else is like one that is missing', async ({ expect }) => {
    const { id } = await create(ann)
    const before = await everyRow(['rate_limits'])
    const ids = [id, NOBODYS, '1', 'x'.repeat(300), '..', "' or 1=1--", '%00', id.slice(1)]
    const calls: Record<string, (path: string) => Promise<Response>> = {
      read: (path) => world.as(bob).get(path),
      changed: (path) => world.as(bob).patch(path, { body: { title: 'Mine now' } }),
      'changed with a tag': (path) =>
        world.as(bob).patch(path, { body: { title: 'Mine' }, headers: { 'if-match': '"1"' } }),
      deleted: (path) => world.as(bob).delete(path),
    }
    for (const [how, run] of Object.entries(calls)) {
      const [foreign, missing] = await Promise.all(
        [id, NOBODYS].map(async (one) =>
          (await comparable(await run(`${ITEMS}/${one}`))).replaceAll(one, 'id'),
        ),
      )
      expect(foreign, how).toBe(missing)
      for (const one of ids) {
        const { status } = await run(`${ITEMS}/${encodeURIComponent(one)}`)
        // A path of dots is another path.
        if (one !== '..') expect(status, `${one} ${how}`).toBe(404)
      }
    }
    expect(await everyRow(['rate_limits'])).toEqual(before)
  })

  it('of anybody is the admin’s too', async ({ expect }) => {
    const { id } = await create(ann)
    const path = `${ITEMS}/${id}`
    expect(await (await world.as('admin').get(path)).json()).toMatchObject({ owner_id: ann.id })
    const changed = await world.as('admin').patch(path, { body: { title: 'Checked' } })
    expect(await changed.json()).toMatchObject({ title: 'Checked', owner_id: ann.id })
    expect((await world.as('admin').delete(path)).status).toBe(204)
  })

  it('is listed for its owner, and for the admin with all others', async ({ expect }) => {
    await create(ann, { title: 'a1' })
    await create(bob, { title: 'b1' })
    await create(ann, { title: 'a2' })
    await create('admin', { title: 'c1' })
    expect(await titles(ann)).toEqual(['a2', 'a1'])
    expect(await titles(ann, `?owner=${ann.id}`)).toEqual(['a2', 'a1'])
    expect((await world.as(ann).get(`${ITEMS}?owner=${bob.id}`)).status).toBe(403)
    expect(await titles('admin')).toEqual(['c1', 'a2', 'b1', 'a1'])
    expect(await titles('admin', `?owner=${bob.id}`)).toEqual(['b1'])
    expect(await titles('admin', `?owner=${NOBODYS}`)).toEqual([])
    expect((await list('admin', `?count=true&owner=${ann.id}`)).count).toBe(2)
    expect((await list('admin', '?count=true')).count).toBe(4)
  })

  it('is listed in pages, and a cursor does not open the pages of others', async ({ expect }) => {
    for (let index = 0; index < 5; index++) {
      await create(ann, { title: `a${index}` })
      await create(bob, { title: `b${index}` })
    }
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor === null ? '?limit=2' : `?limit=2&cursor=${cursor}`
      const page: Awaited<ReturnType<typeof list>> = await list(ann, query)
      seen.push(...page.data.map(({ title }) => title))
      if (page.next_cursor !== null) {
        expect(await titles(bob, `?cursor=${page.next_cursor}`)).not.toContain('a0')
      }
      cursor = page.next_cursor
    } while (cursor !== null)
    expect(seen).toEqual(['a4', 'a3', 'a2', 'a1', 'a0'])
    const users = await world.as('admin').get('/api/v1/users?limit=1')
    const foreign = await users.json<{ next_cursor: string }>()
    const mixed = await world.as(ann).get(`${ITEMS}?cursor=${foreign.next_cursor}`)
    expect(mixed.status).toBe(422)
  })

  it('is changed by one of those who read the same state', async ({ expect }) => {
    const { id } = await create(ann)
    const path = `${ITEMS}/${id}`
    const headers = { 'if-match': (await world.as(ann).get(path)).headers.get('etag') ?? '' }
    const change = (index: number) =>
      world.as(ann).patch(path, { body: { title: `Title ${index}` }, headers })
    expect(await inParallel(20, change)).toEqual({ 200: 1, 412: 19 })
    expect((await world.as(ann).delete(path, { headers })).status).toBe(412)
    expect(await world.count('items')).toBe(1)
  })

  it('is made once under one key, and each caller has keys of their own', async ({ expect }) => {
    const headers = { 'idempotency-key': 'k' }
    const make = (who: Who, body: object = ITEM) => world.as(who).post(ITEMS, { body, headers })
    const answers = await Promise.all(Array.from({ length: 20 }, () => make(ann)))
    const made = answers.filter(({ status }) => status === 201)
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true)
    const ids = await Promise.all(made.map(async (one) => (await one.json<Item>()).id))
    expect(new Set(ids).size).toBe(1)
    expect(await world.count('items')).toBe(1)
    expect((await make(ann, { title: 'Other' })).status).toBe(422)
    const other = await make(bob)
    expect([other.status, (await other.json<Item>()).owner_id]).toEqual([201, bob.id])
  })

  it('is not made or changed by bad input', async ({ expect }) => {
    const { id } = await create(ann)
    const state = () => world.rows('items')
    const routes = [
      { method: 'POST', path: ITEMS, caller: ann, valid: { title: 'x' }, texts: ['title'] },
    ]
    for (const route of routes) await refusesBadInput(expect, world, route, state)
    const before = await state()
    for (const body of [
      { owner_id: bob.id },
      { id: NOBODYS },
      { title: null },
      { title: ' ' },
      { title: 'x'.repeat(256) },
      { title: 'a\nb' },
      { description: 'x'.repeat(2001) },
      { version: 9 },
    ]) {
      const response = await world.as(ann).patch(`${ITEMS}/${id}`, { body })
      expect(response.status, JSON.stringify(body)).toBe(422)
    }
    for (const query of ['owner=1', 'sort=title', 'title=x', 'limit=0', 'count=yes']) {
      expect((await world.as(ann).get(`${ITEMS}?${query}`)).status, query).toBe(422)
    }
    expect(await state()).toEqual(before)
  })
})
