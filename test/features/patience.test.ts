import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { beforeEach, describe, it } from 'vitest'
import { type Db, openDb } from '../../src/db/client.ts'
import { findSession } from '../../src/features/auth/session-repo.ts'
import { findShown as findShownPost, listPosts } from '../../src/features/posts/repo.ts'
import { findShown as findShownProject, listProjects } from '../../src/features/projects/repo.ts'
import { PROJECTS, write } from '../support/content.ts'
import { quickest } from '../support/quickest.ts'
import { newWorld, type World } from '../support/world.ts'

const MOMENTARY = 'D1_ERROR: Network connection lost.'
const read = (db: Db) => db.all(sql`select 1 as one`)
const change = (db: Db) => db.run(sql`delete from tags where id = 0`)

let world: World
beforeEach(async () => {
  world = await newWorld()
})

/** A D1 that says `errors` one after the other before it answers. */
function stumbling(errors: string[], { silent = false } = {}) {
  let calls = 0
  const around = (run: () => Promise<unknown>) => () => {
    const error = errors[calls++]
    if (silent) return new Promise(() => {})
    return error === undefined ? run() : Promise.reject(new Error(error))
  }
  const withSession = () => {
    const session = env.DB.withSession()
    return {
      prepare: (text: string) => ({
        bind: (...values: unknown[]) => {
          const statement = session.prepare(text).bind(...values)
          return Object.assign(statement, { all: around(statement.all.bind(statement)) })
        },
      }),
      batch: (statements: D1PreparedStatement[]) => around(() => session.batch(statements))(),
      getBookmark: () => null,
    }
  }
  return { binding: { withSession } as unknown as D1Database, calls: () => calls }
}

describe('a call that stumbles', () => {
  it('is tried three times where it only reads', async ({ expect }) => {
    for (const [stumbles, passes] of [
      [1, true],
      [2, true],
      [3, false],
    ] as const) {
      const { binding, calls } = stumbling(Array(stumbles).fill(MOMENTARY))
      const outcome = await read(openDb(binding)).then(
        () => true,
        () => false,
      )
      expect([stumbles, outcome, calls()]).toEqual([stumbles, passes, Math.min(3, stumbles + 1)])
    }
    const { binding, calls } = stumbling([MOMENTARY])
    const db = openDb(binding)
    expect(await db.batch([read(db), read(db)])).toHaveLength(2)
    expect(calls()).toBe(2)
  })

  it('is tried once where it writes, unless it may be done twice', async ({ expect }) => {
    for (const run of [change, async (db: Db) => db.batch([read(db), change(db)])]) {
      const once = stumbling([MOMENTARY])
      await expect(run(openDb(once.binding))).rejects.toThrow()
      expect(once.calls()).toBe(1)
      const twice = stumbling([MOMENTARY])
      await run(openDb(twice.binding).repeatable)
      expect(twice.calls()).toBe(2)
    }
  })

  it('is tried once where D1 says anything else', async ({ expect }) => {
    for (const error of [
      'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
      'D1_ERROR: no such table: x: SQLITE_ERROR',
      'Network connection lost.',
    ]) {
      const { binding, calls } = stumbling([error])
      await expect(read(openDb(binding))).rejects.toThrow()
      expect(calls(), error).toBe(1)
    }
  })

  it('counts each time', async ({ expect }) => {
    const db = openDb(stumbling([MOMENTARY, MOMENTARY]).binding)
    await read(db)
    expect(db.meter.calls).toBe(3)
  })
})

describe('a call that stalls', () => {
  it('is given up', async ({ expect }) => {
    const { binding } = stumbling([], { silent: true })
    const ms = await quickest(2000, () =>
      expect(read(openDb(binding, { patience: 200 }))).rejects.toThrow(),
    )
    expect(ms).toBeLessThan(2000)
  })

  it('within 3 seconds, and the answer says when to come back', async ({ expect }) => {
    const { binding } = stumbling([], { silent: true })
    world.env = { ...world.env, DB: binding }
    const ms = await quickest(5000, async () => {
      const response = await world.as('anonymous').get('/api/v1/posts?limit=3')
      expect(response.status).toBe(503)
      expect(response.headers.get('retry-after')).toBe('2')
      expect(await response.json()).toMatchObject({ code: 'unavailable' })
    })
    expect(ms).toBeLessThan(5000)
  })
})

describe('a statement that is built once', () => {
  it('says what it says when it is built each time', async ({ expect }) => {
    for (let i = 0; i < 3; i++) {
      const title = `Number ${i}`
      await write(world, { title, tags: ['a', `b${i}`] })
      await write(world, { title, technologies: ['a', `b${i}`], featured: i === 1 }, PROJECTS)
    }
    const ann = await world.person({})
    const now = Date.now() + 1000
    const words = { tag: '', q: '', technology: '' }
    const db = openDb(env.DB)
    const plain = openDb(env.DB, { builds: 'each time' })
    const [one] = await world.rows('posts')
    const reads: ((db: Db) => PromiseLike<unknown[]>)[] = [
      (db) => listPosts(db, { limit: 20 }, words, now),
      (db) => listProjects(db, { limit: 20 }, words),
      (db) => listProjects(db, { limit: 20, sort: 'position' }, words),
      (db) => findShownPost(db, { slug: 'number-1' }, now),
      (db) => findShownPost(db, { id: Number(one?.id) }, now),
      (db) => findShownProject(db, { slug: 'number-1' }),
      (db) => findSession(db, ann.sessionId, ann.id, now),
    ]
    for (const [index, read] of reads.entries()) {
      const expected = await read(plain)
      expect(expected.length, String(index)).toBeGreaterThan(0)
      for (let again = 0; again < 2; again++) expect(await read(db)).toEqual(expected)
    }
  })

  it('stands in a batch as any other', async ({ expect }) => {
    await write(world, { title: 'One' })
    const db = openDb(env.DB)
    const words = { tag: '', q: '' }
    const list = () => listPosts(db, { limit: 20 }, words, Date.now() + 1000)
    const [first, one, second] = await db.batch([list(), db.run(sql`select 1`), list()])
    expect(first).toHaveLength(1)
    expect(second).toEqual(first)
    expect(one).toBeDefined()
    expect(db.meter.calls).toBe(1)
  })
})
