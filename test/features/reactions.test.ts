import { beforeEach, describe, it } from 'vitest'
import { createContext } from '../../src/context.ts'
import { ANONYMOUS } from '../../src/core/actor.ts'
import { REACTIONS, type Reaction } from '../../src/core/reactions.ts'
import type { Bindings } from '../../src/env.ts'
import {
  personOfEmail,
  react,
  readReactions,
  unreact,
} from '../../src/features/reactions/service.ts'
import { comparable, GENEROUS, inParallel } from '../support/accounts.ts'
import { POSTS, type Post, PROJECTS, write } from '../support/content.ts'
import type { Person } from '../support/people.ts'
import { miscounted, type Summary } from '../support/talk.ts'
import { type Caller, newWorld, type World } from '../support/world.ts'

const ORIGIN = 'http://localhost:5173'

let world: World
let post: Post
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  post = await write(world)
})

type Options = { path?: string; headers?: Record<string, string> }
const at = (path = POSTS, id = post.id) => `${path}/${id}`
const put = (type: string, who: Caller = 'anonymous', { path, ...options }: Options = {}) =>
  world.as(who).put(`${path ?? at()}/reaction`, { body: { type }, ...options })
const summaryOf = async (who: Caller = 'anonymous', headers = {}) =>
  (await world.as(who).get(`${at()}/reactions`, { headers })).json<Summary>()
const withCookie = (cookie: string, origin = ORIGIN) => ({ cookie, ...(origin && { origin }) })
const cookieOf = (response: Response) => (response.headers.get('set-cookie') ?? '').split(';')[0]

describe('a reaction', () => {
  it('is one per person: set, changed and taken back', async ({ expect }) => {
    const ann = await world.person()
    const ben = await world.person()
    for (const type of REACTIONS) {
      const response = await put(type, ann)
      expect(response.status).toBe(200)
      expect(response.headers.get('set-cookie')).toBeNull()
      expect(await response.json()).toMatchObject({ total: 1, [type]: 1, mine: type })
    }
    await put('like', ben)
    expect(await summaryOf(ann)).toEqual({
      total: 2,
      like: 1,
      love: 0,
      congratulations: 0,
      insightful: 1,
      mine: 'insightful',
    })
    expect(await summaryOf()).not.toHaveProperty('mine')
    for (let i = 0; i < 2; i++) {
      expect((await world.as(ann).delete(`${at()}/reaction`)).status).toBe(204)
    }
    expect(await summaryOf(ann)).toMatchObject({ total: 1, like: 1, mine: null })
    expect(await miscounted()).toEqual([])
  })

  it('is in what others read at once', async ({ expect }) => {
    const project = await write(world, {}, PROJECTS)
    for (const [path, list, id] of [
      [at(), POSTS, post.id],
      [at(PROJECTS, project.id), PROJECTS, project.id],
      [at(PROJECTS, project.id), `${PROJECTS}?sort=position`, project.id],
    ] as const) {
      const before = await (await world.as('anonymous').get(path)).json<{ reactions: Summary }>()
      await world.as('anonymous').get(list)
      await put('love', 'anonymous', { path })
      const love = (before.reactions.love ?? 0) + 1
      expect(await (await world.as('anonymous').get(path)).json()).toMatchObject({
        reactions: { love },
      })
      const page = await (await world.as('anonymous').get(list)).json()
      expect(page).toMatchObject({ data: [{ id, reactions: { love } }] })
    }
  })

  it('of a stranger is known by a cookie that we signed', async ({ expect }) => {
    const first = await put('like')
    const cookie = cookieOf(first) ?? ''
    expect(first.headers.get('set-cookie')).toMatch(
      /^__Host-visitor=[\w-]{22}\.[\w-]{22}; Max-Age=31536000; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
    const changed = await put('love', 'anonymous', { headers: withCookie(cookie) })
    expect(await changed.json()).toMatchObject({ total: 1, love: 1, mine: 'love' })
    expect(cookieOf(changed)).toBe(cookie)
    expect(await summaryOf('anonymous', { cookie })).toMatchObject({ mine: 'love' })
    const project = await write(world, {}, PROJECTS)
    const other = await world
      .as('anonymous')
      .get(`${at(PROJECTS, project.id)}/reactions`, { headers: { cookie } })
    expect(await other.json()).toMatchObject({ total: 0, mine: null })
    const removed = await world
      .as('anonymous')
      .delete(`${at()}/reaction`, { headers: withCookie(cookie) })
    expect(removed.status).toBe(204)
    expect(await world.count('reactions')).toBe(0)
  })

  it('of a made-up or foreign cookie is nobody’s', async ({ expect }) => {
    const cookie = cookieOf(await put('like')) ?? ''
    const [name = '', value = ''] = cookie.split('=')
    const [id = '', tag = ''] = value.split('.')
    const swapped = `${id.startsWith('A') ? 'B' : 'A'}${id.slice(1)}`
    const forged = [
      `${name}=${id}`,
      `${name}=${id}.`,
      `${name}=${swapped}.${tag}`,
      `${name}=${id}.${'A'.repeat(22)}`,
      `${name}=.${tag}`,
      `${name}=${id}.${tag}.${tag}`,
      `visitor=${value}`,
      `${name}=${'x'.repeat(4000)}`,
    ]
    for (const one of forged) {
      expect(await summaryOf('anonymous', { cookie: one }), one).not.toHaveProperty('mine')
      const response = await world
        .as('anonymous')
        .delete(`${at()}/reaction`, { headers: withCookie(one) })
      expect(response.status, one).toBe(204)
    }
    expect(await world.count('reactions')).toBe(1)
    // Another page may not use it, and neither may one that says nothing of itself.
    for (const origin of ['https://evil.example', 'null', '']) {
      const headers = withCookie(cookie, origin)
      expect((await put('love', 'anonymous', { headers })).status).toBe(403)
      const deleted = await world.as('anonymous').delete(`${at()}/reaction`, { headers })
      expect(deleted.status).toBe(403)
    }
    expect(await summaryOf('anonymous', { cookie })).toMatchObject({ mine: 'like' })
  })

  it('of a visitor outlives a new secret, as long as the old one is there', async ({ expect }) => {
    const cookie = cookieOf(await put('like')) ?? ''
    const old = String(world.env.SECRET_KEY)
    const fresh = 'Zx81qW3eR5tY7uI9oP2aS4dF6gH8jK0l'
    world.useSettings({ SECRET_KEY: fresh, SECRET_KEY_PREVIOUS: old, COOKIE_SAMESITE: 'none' })
    const response = await put('love', 'anonymous', { headers: withCookie(cookie) })
    expect(response.headers.get('set-cookie')).toContain('SameSite=None')
    world.useSettings({ SECRET_KEY: fresh })
    const renewed = cookieOf(response) ?? ''
    expect(await summaryOf('anonymous', { cookie: renewed })).toMatchObject({ mine: 'love' })
    expect(await summaryOf('anonymous', { cookie })).not.toHaveProperty('mine')
    expect(await world.count('reactions')).toBe(1)
  })

  it('of an address is one per address, for front ends that know people so', async ({ expect }) => {
    const ctx = createContext(world.env as unknown as Bindings, ANONYMOUS, { source: () => 'x' })
    const thing = { type: 'post', id: post.id } as const
    for (const [email, type] of [
      ['ann@example.org', 'like'],
      ['Ann@Example.org ', 'love'],
      ['ben@example.org', 'like'],
    ] as const) {
      await react(ctx, thing, personOfEmail(ctx, email), type)
    }
    const ann = personOfEmail(ctx, 'ann@example.org')
    expect(await readReactions(ctx, thing, ann)).toMatchObject({ like: 1, love: 1, mine: 'love' })
    expect(JSON.stringify(await world.rows('reactions'))).not.toContain('example.org')
    await unreact(ctx, thing, ann)
    expect(await readReactions(ctx, thing, ann)).toMatchObject({ total: 1, mine: null })
  })

  it('to what is hidden is answered like one to nothing', async ({ expect }) => {
    const draft = await write(world, { title: 'Draft', status: 'draft' })
    const project = await write(world, { status: 'draft' }, PROJECTS)
    await put('like')
    await world.as('admin').patch(at(), { body: { status: 'draft' } })
    const answersOf = async (path: string, who: Caller) =>
      Promise.all(
        [
          await world.as(who).get(`${path}/reactions`),
          await world.as(who).put(`${path}/reaction`, { body: { type: 'like' } }),
          await world.as(who).delete(`${path}/reaction`),
        ].map(async (response) => (await comparable(response)).replaceAll(path, '')),
      )
    for (const who of ['anonymous', 'admin'] as const) {
      for (const [path, hidden] of [
        [POSTS, [draft.id, post.id]],
        [PROJECTS, [project.id]],
      ] as const) {
        const missing = await answersOf(`${path}/999999`, who)
        expect(missing.every((answer) => answer.startsWith('{"status":404'))).toBe(true)
        for (const id of hidden) expect(await answersOf(`${path}/${id}`, who)).toEqual(missing)
      }
    }
    expect(await world.count('reactions')).toBe(1)
  })

  it('is never in what everybody gets', async ({ expect }) => {
    const ann = await world.person()
    await put('love', ann)
    for (const path of [at(), POSTS]) {
      for (const who of [ann, 'anonymous'] as const) {
        const text = await (await world.as(who).get(path)).text()
        expect(text).not.toContain('"mine"')
      }
    }
    const own = await world.as(ann).get(`${at()}/reactions`)
    expect(own.headers.get('cache-control')).toBe('no-store')
    expect(own.headers.get('server-timing')).toContain('calls=2')
  })

  it('is limited to thirty a minute, by account or source', async ({ expect }) => {
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    const ann = await world.person()
    for (const who of [ann, 'anonymous'] as const) {
      const statuses = await inParallel(40, () => put('like', who))
      expect(statuses).toEqual({ 200: 30, 429: 10 })
      const refused = await world.as(who).delete(`${at()}/reaction`)
      // A visitor without a cookie has nothing to take back.
      expect(refused.status).toBe(who === ann ? 429 : 204)
    }
    world.pass(60_000)
    expect((await put('love', ann)).status).toBe(200)
    expect(await miscounted()).toEqual([])
  })

  it('of those who throw the cookie away is counted fifty times a day', async ({ expect }) => {
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    const cookie = cookieOf(await put('like')) ?? ''
    const statuses: number[] = []
    for (let minute = 0; minute < 3; minute++) {
      for (let i = 0; i < 25; i++) statuses.push((await put('like')).status)
      world.pass(60_000)
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(49)
    expect(statuses.slice(49).every((status) => status === 429)).toBe(true)
    expect(await world.count('reactions')).toBe(50)
    // Whoever kept it may still change their mind.
    expect((await put('love', 'anonymous', { headers: withCookie(cookie) })).status).toBe(200)
    world.pass(86_400_000)
    expect((await put('like')).status).toBe(200)
    expect(await miscounted()).toEqual([])
  })
})

describe('a crowd', () => {
  it('of 200 people at once is counted as 200', async ({ expect }) => {
    const people: Person[] = []
    for (let i = 0; i < 200; i++) people.push(await world.person())
    const types = people.map((_, index) => REACTIONS[index % 4] as Reaction)
    const statuses = await inParallel(people.length, (i) => put(types[i] ?? '', people[i]))
    expect(statuses).toEqual({ 200: people.length })
    expect(await world.count('reactions')).toBe(people.length)
    expect(await summaryOf()).toMatchObject({ total: people.length })
    expect(await miscounted()).toEqual([])
  })

  it('of 100 clicks by one person leaves one reaction at most', async ({ expect }) => {
    const ann = await world.person()
    for (let round = 0; round < 3; round++) {
      await inParallel(100, (i) =>
        i % 2 === 0
          ? put(REACTIONS[i % 4] as Reaction, ann)
          : world.as(ann).delete(`${at()}/reaction`),
      )
      expect(await world.count('reactions')).toBeLessThanOrEqual(1)
      expect((await summaryOf()).total).toBe(await world.count('reactions'))
      expect(await miscounted()).toEqual([])
    }
  })
})
