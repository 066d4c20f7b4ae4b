import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { beforeEach, describe, it } from 'vitest'
import { type Db, openDb } from '../../src/db/client.ts'
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
