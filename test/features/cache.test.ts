import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { AppError } from '../../src/core/errors.ts'
import { viewIn } from '../../src/core/etag.ts'
import { BOOKMARK, Isolate, Thing, titleFrom, titleIn } from '../support/isolate.ts'
import { rounds } from '../support/rounds.ts'
import { newWorld, World } from '../support/world.ts'

const KEY = 'v1:post:1'

let world: World
let isolate: Isolate
let thing: Thing
beforeEach(async () => {
  world = await newWorld()
  isolate = new Isolate(world)
  thing = new Thing()
})

const kvKeys = async () => (await env.CACHE.list()).keys.map(({ name }) => name)
const kvCalls = (name: string) => world.faults.calls.filter((call) => call === name).length

/** Two misses within a minute, which is what brings a key to KV. */
async function prime() {
  await titleFrom(isolate, thing)
  world.pass(5000)
  await titleFrom(isolate, thing)
}

/** A KV that answers as `change` says, instead of as the simulator does. */
function bendKv(change: Partial<KVNamespace>): void {
  world.env = { ...world.env, CACHE: { ...kvOf(world), ...change } as KVNamespace }
}
const kvOf = ({ env: { CACHE } }: World) => ({
  getWithMetadata: CACHE.getWithMetadata.bind(CACHE),
  put: CACHE.put.bind(CACHE),
  delete: CACHE.delete.bind(CACHE),
})

describe('a cached read', () => {
  it('comes from memory for 5 seconds, then from KV, then from D1', async ({ expect }) => {
    await prime()
    expect(thing.loads).toBe(2)
    world.faults.heal()
    world.pass(3999)
    await titleFrom(isolate, thing)
    expect(world.faults.calls).toEqual([])
    world.pass(5000)
    await titleFrom(isolate, thing)
    expect(world.faults.calls).toEqual(['KV.getWithMetadata'])
    expect(await titleFrom(new Isolate(), thing)).toBe('old')
    expect(thing.loads).toBe(2)
    world.pass(120_000)
    await titleFrom(isolate, thing)
    expect(thing.loads).toBe(3)
  })

  it('goes to KV at the second miss within a minute, and once a minute at most', async ({
    expect,
  }) => {
    await titleFrom(isolate, thing)
    world.pass(60_000)
    await titleFrom(isolate, thing)
    expect(await kvKeys()).toEqual([])
    world.faults.heal()
    for (let second = 0; second < 60; second += 6) {
      world.pass(6000)
      // As at an edge that remembers for a minute that KV had nothing.
      await env.CACHE.delete(KEY)
      await titleFrom(isolate, thing)
    }
    expect(thing.loads).toBe(12)
    expect(kvCalls('KV.put')).toBe(1)
  })

  it('with KV_CACHE=off asks KV nothing', async ({ expect }) => {
    world.useSettings({ KV_CACHE: 'off' })
    await prime()
    await isolate.context().cache.forget([KEY])
    expect(world.faults.calls).toEqual([])
    expect(await kvKeys()).toEqual([])
  })

  it('has a tag that follows from its bytes, and stands behind its version', async ({ expect }) => {
    const read = (title: string, tag: string) =>
      new Isolate().context().cache.rememberTagged(`${title}${tag}`, async () => ({
        view: { title },
        tag,
      }))
    const [a, again, b, versioned] = await Promise.all([
      read('a', ''),
      isolate.context().cache.remember(KEY, async () => ({ title: 'a' })),
      read('b', ''),
      read('a', '7'),
    ])
    expect(a?.etag).toMatch(/^[\w-]{22}$/)
    expect(again?.etag).toBe(a?.etag)
    expect(b?.etag).not.toBe(a?.etag)
    expect(versioned?.etag).toBe(`7.${a?.etag}`)
    expect(versioned && viewIn(versioned)).toEqual({ title: 'a' })
  })

  it('with a bookmark reads D1, and leaves what it read to the isolate', async ({ expect }) => {
    await prime()
    thing.title = 'new'
    world.faults.heal()
    for (let i = 0; i < 3; i++) {
      expect(await titleFrom(isolate, thing, KEY, BOOKMARK)).toBe('new')
    }
    expect(thing.loads).toBe(5)
    expect(world.faults.calls).toEqual([])
    expect(await titleFrom(isolate, thing)).toBe('new')
    expect(thing.loads).toBe(5)
  })

  it('takes no notice of what is no bookmark', async ({ expect }) => {
    await prime()
    const wrong = ['', 'x', '0', BOOKMARK.slice(1), `${BOOKMARK}0`, ` ${BOOKMARK}`, '*'.repeat(64)]
    for (const bookmark of [...wrong, BOOKMARK.toUpperCase(), "' or 1=1", 'first-primary']) {
      await titleFrom(isolate, thing, KEY, bookmark)
    }
    expect(thing.loads).toBe(2)
  })
})

describe('what is not cached', () => {
  it('may come from a replica, but not for who carries a bookmark', ({ expect }) => {
    const asked: (string | undefined)[] = []
    const withSession = (constraint?: string) => {
      asked.push(constraint)
      return env.DB.withSession(constraint)
    }
    world.env = { ...world.env, DB: { withSession } as D1Database }
    const plain = isolate.context()
    expect(plain.db).not.toBe(plain.publicDb)
    expect(asked).toEqual(['first-primary', 'first-unconstrained'])
    const { db, publicDb } = isolate.context(BOOKMARK)
    expect(asked).toHaveLength(3)
    expect(asked.at(-1)).toBe('first-primary')
    expect(publicDb).toBe(db)
  })

  it('is what does not exist: made-up names fill neither memory nor KV', async ({ expect }) => {
    const times = rounds(1000)
    let loads = 0
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < times; i++) {
        const found = await isolate.context().cache.remember(`v1:post:${i}`, async () => {
          loads++
          return null
        })
        expect(found).toBeNull()
      }
      await isolate.idle()
    }
    expect(loads).toBe(2 * times)
    expect(isolate.memory.size()).toEqual({ entries: 0, bytes: 0 })
    expect(kvCalls('KV.put')).toBe(0)
  })

  it('appears at once when it comes to exist', async ({ expect }) => {
    const { cache } = isolate.context()
    expect(await cache.remember(KEY, async () => null)).toBeNull()
    expect(await titleFrom(isolate, thing)).toBe('old')
  })
})

describe('the memory', () => {
  it('is bounded in entries and in size', async ({ expect }) => {
    const { memory } = isolate
    const value = (length: number) => ({ bytes: new Uint8Array(length), etag: 'e' })
    for (let i = 0; i < 5000; i++) memory.keep(`small:${i}`, value(10), 1 + Date.now())
    expect(memory.size()).toEqual({ entries: 500, bytes: 5000 })
    expect(memory.get('small:4999')?.bytes).toHaveLength(10)
    expect(memory.get('small:4499')).toBeUndefined()
    for (let i = 0; i < 100; i++) memory.keep(`large:${i}`, value(100_000), Date.now())
    expect(memory.size()).toEqual({ entries: 80, bytes: 8_000_000 })
    memory.keep('huge', value(1_000_001), Date.now())
    expect(memory.get('huge')).toBeUndefined()
    for (let i = 0; i < 100; i++) memory.forget(`large:${i}`)
    expect(memory.size()).toEqual({ entries: 0, bytes: 0 })
  })
})

describe('after a change', () => {
  it('is read new at once in its isolate, and from KV', async ({ expect }) => {
    await prime()
    thing.title = 'new'
    await isolate.context().cache.forget([KEY, 'v1:posts:'])
    expect(await titleFrom(isolate, thing)).toBe('new')
    expect(await titleFrom(new Isolate(), thing)).toBe('new')
  })

  it('is read new at once there even while KV still says the old', async ({ expect }) => {
    await prime()
    bendKv({ delete: async () => {} })
    thing.title = 'new'
    await isolate.context().cache.forget([KEY])
    for (const ms of [0, 6000, 60_000]) {
      world.pass(ms)
      expect(await titleFrom(isolate, thing)).toBe('new')
    }
  })

  it('is not overwritten by a reading that began before', async ({ expect }) => {
    for (const settle of ['memory', 'KV']) {
      const key = `v1:post:${settle}`
      await titleFrom(isolate, new Thing('first'), key)
      if (settle === 'KV') world.pass(6000)
      else await isolate.context().cache.forget([key])
      const { promise: gate, resolve: open } = Promise.withResolvers<void>()
      const slow = isolate.context().cache.remember(key, async () => {
        await gate
        return { title: 'old' }
      })
      const change = isolate.context().cache.forget([key])
      const next = titleFrom(isolate, new Thing('new'), key)
      open()
      expect(titleIn(await slow), settle).toBe('old')
      expect(await next, settle).toBe('new')
      await change
      await isolate.idle()
      expect(await titleFrom(isolate, new Thing('new'), key), settle).toBe('new')
      expect(await titleFrom(new Isolate(), new Thing('new'), key), settle).toBe('new')
    }
  })

  it('is not followed by the old value that was on its way to KV', async ({ expect }) => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const { put } = kvOf(world)
    bendKv({
      put: async (...value: Parameters<KVNamespace['put']>) => {
        await gate
        await put(...value)
      },
    } as Partial<KVNamespace>)
    await titleFrom(isolate, thing)
    world.pass(5000)
    await isolate.context().cache.remember(KEY, thing.load)
    await isolate.context().cache.forget([KEY])
    open()
    await isolate.idle()
    expect(await kvKeys()).toEqual([])
  })

  it('is old for 130 seconds at most in the worst place', async ({ expect }) => {
    // The other isolate reads just before the change, writes to KV just after it was forgotten there,
    // and a third one's edge keeps that for as long as it pleases.
    const other = new Isolate()
    await titleFrom(other, thing)
    world.pass(5000)
    await titleFrom(other, thing)
    const stale = await env.CACHE.getWithMetadata(KEY, 'arrayBuffer')
    thing.title = 'new'
    const changed = Date.now()
    await isolate.context().cache.forget([KEY])
    bendKv({ getWithMetadata: async () => stale } as unknown as Partial<KVNamespace>)
    const third = new Isolate(world)
    const last = { other: 0, third: 0 }
    for (let second = 0; second < 300; second++) {
      if ((await titleFrom(other, thing)) === 'old') last.other = Date.now() - changed
      if ((await titleFrom(third, thing)) === 'old') last.third = Date.now() - changed
      world.pass(1000)
    }
    expect(last.other).toBeLessThan(10_000)
    expect(last.third).toBeGreaterThanOrEqual(60_000)
    expect(last.third).toBeLessThanOrEqual(130_000)
  })
})

describe('what grows old', () => {
  /** Reads D1 until told otherwise, and holds what is read behind answers. */
  const ask = (gate?: Promise<unknown>) =>
    isolate.context().cache.remember(KEY, async () => {
      await gate
      return await thing.load()
    })

  it('in memory is read anew behind an answer, by one reader', async ({ expect }) => {
    await prime()
    world.useSettings({ KV_CACHE: 'off' })
    world.pass(4000)
    thing.title = 'new'
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(gate)))
    expect(new Set(answers.map(titleIn))).toEqual(new Set(['old']))
    expect(thing.loads).toBe(2)
    open()
    await isolate.idle()
    expect(thing.loads).toBe(3)
    expect(titleIn(await ask())).toBe('new')
    expect(thing.loads).toBe(3)
  })

  it('in KV is read anew behind an answer after a minute', async ({ expect }) => {
    await prime()
    world.pass(59_000)
    expect(await titleFrom(isolate, thing)).toBe('old')
    expect(thing.loads).toBe(2)
    thing.title = 'new'
    world.pass(5000)
    expect(await titleFrom(isolate, thing)).toBe('old')
    expect(thing.loads).toBe(3)
    expect(await titleFrom(isolate, thing)).toBe('new')
    expect(thing.loads).toBe(3)
  })

  it('and is gone by then is not shown again', async ({ expect }) => {
    await prime()
    world.useSettings({ KV_CACHE: 'off' })
    world.pass(4000)
    const gone = () => isolate.context().cache.remember(KEY, async () => null)
    expect(titleIn(await gone())).toBe('old')
    await isolate.idle()
    expect(await gone()).toBeNull()
  })

  it('is not renewed with what failed, and nobody hears of it', async ({ expect }) => {
    await prime()
    world.pass(4000)
    const { cache } = isolate.context()
    const fail = () => Promise.reject(new Error('D1 is away'))
    expect(titleIn(await cache.remember(KEY, fail))).toBe('old')
    await isolate.idle()
    expect(titleIn(await cache.remember(KEY, fail))).toBe('old')
  })
})

describe('while D1 does not answer', () => {
  const away = () => Promise.reject(new Error('D1_ERROR: no answer, timed out'))
  const ask = async (from = isolate, bookmark?: string) => {
    const cached = await from.context(bookmark).cache.remember(KEY, away)
    await from.idle()
    return titleIn(cached)
  }

  it('the last good copy of memory or KV stands in, for an hour', async ({ expect }) => {
    await prime()
    world.pass(3_590_000)
    expect(await ask()).toContain('old')
    expect(await ask(new Isolate())).toContain('old')
    // Those who come next do not wait for D1 first.
    let asked = 0
    const counting = () => {
      asked++
      return away()
    }
    await isolate.context().cache.remember(KEY, counting)
    expect(asked).toBe(0)
    world.pass(15_000)
    await expect(ask()).rejects.toThrow('timed out')
    await expect(ask(new Isolate())).rejects.toThrow('timed out')
  })

  it('nothing stands in for what was changed, or for whoever changed it', async ({ expect }) => {
    await prime()
    await expect(ask(isolate, BOOKMARK)).rejects.toThrow('timed out')
    bendKv({ delete: async () => {} })
    await isolate.context().cache.forget([KEY])
    await expect(ask()).rejects.toThrow('timed out')
  })

  it('a refusal of ours is no failure of D1', async ({ expect }) => {
    await prime()
    world.pass(130_000)
    const refuse = () => Promise.reject(new AppError('not_found', 'Not here'))
    await expect(isolate.context().cache.remember(KEY, refuse)).rejects.toThrow('Not here')
  })
})

describe('many readers at once', () => {
  it('of one thing are one reading of D1', async ({ expect }) => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => isolate.context().cache.remember(KEY, thing.load)),
    )
    expect(thing.loads).toBe(1)
    expect(new Set(answers.map(titleIn))).toEqual(new Set(['old']))
    expect(kvCalls('KV.getWithMetadata')).toBe(1)
  })

  it('share a failure, and the next one tries again', async ({ expect }) => {
    let loads = 0
    const failing = async () => {
      loads++
      throw new Error('D1 is away')
    }
    const { cache } = isolate.context()
    const answers = await Promise.allSettled(
      Array.from({ length: 50 }, () => cache.remember(KEY, failing)),
    )
    expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(50)
    expect(loads).toBe(1)
    expect(await titleFrom(isolate, thing)).toBe('old')
  })

  it('wait a second for a reading that does not end, and then go on without it', async ({
    expect,
  }) => {
    const { cache } = isolate.context()
    void cache.remember(KEY, () => new Promise(() => {}))
    const start = performance.now()
    const waiting = Array.from({ length: 50 }, () => cache.remember(KEY, thing.load))
    // The clock of the test stands still, and a reading is over by the clock.
    setTimeout(() => world.pass(1000), 500)
    const answers = await Promise.all(waiting)
    expect(performance.now() - start).toBeLessThan(8000)
    expect(answers.every((answer) => titleIn(answer) === 'old')).toBe(true)
    expect(thing.loads).toBe(1)
  })

  it('do not get what was read before a change that came between', async ({ expect }) => {
    const { cache } = isolate.context()
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const before = cache.remember(KEY, async () => {
      await gate
      return { title: 'old' }
    })
    await cache.forget([KEY])
    thing.title = 'new'
    const after = cache.remember(KEY, thing.load)
    open()
    expect(titleIn(await before)).toBe('old')
    expect(titleIn(await after)).toBe('new')
  })
})

describe('while KV', () => {
  it('refuses writes, it is read all the same', async ({ expect }) => {
    const refuse = async () => {
      throw new Error('KV PUT failed: 429 Too Many Requests')
    }
    await prime()
    bendKv({ put: refuse, delete: refuse } as Partial<KVNamespace>)
    await isolate.context().cache.forget(['v1:post:2'])
    await titleFrom(isolate, thing, 'v1:post:3')
    world.pass(5000)
    await titleFrom(isolate, thing, 'v1:post:3')
    const { loads } = thing
    await titleFrom(isolate, thing)
    expect(thing.loads).toBe(loads)
    expect(world.logs.filter((line) => line.includes('cache.failed'))).toHaveLength(2)
  })

  const broken: [how: string, answer: () => Promise<never>][] = [
    ['fails', () => Promise.reject(new Error('KV is away'))],
    ['is silent', () => new Promise(() => {})],
  ]
  it.for(broken)('%s, D1 answers', async ([, answer], { expect }) => {
    bendKv({ getWithMetadata: answer, delete: answer } as Partial<KVNamespace>)
    const start = performance.now()
    for (let second = 0; second < 12; second += 3) {
      expect(await titleFrom(isolate, thing)).toBe('old')
      world.pass(3000)
    }
    thing.title = 'new'
    await isolate.context().cache.forget([KEY])
    expect(await titleFrom(isolate, thing)).toBe('new')
    expect(performance.now() - start).toBeLessThan(10_000)
    expect(world.logs.join('\n')).toContain('cache.failed')
  })

  it('is down, it is left alone for 5 seconds', async ({ expect }) => {
    let asked = 0
    const getWithMetadata = async () => {
      asked++
      throw new Error('KV is away')
    }
    bendKv({ getWithMetadata } as Partial<KVNamespace>)
    for (let i = 0; i < 20; i++) await titleFrom(isolate, thing, `v1:post:${i}`)
    expect(asked).toBe(1)
    world.pass(5000)
    await titleFrom(isolate, thing)
    expect(asked).toBe(2)
  })

  it('lags by 90 seconds, nothing is older than it may be', async ({ expect }) => {
    const written: { at: number; value: unknown }[] = []
    const { put } = kvOf(world)
    bendKv({
      put: async (...value: Parameters<KVNamespace['put']>) => {
        await put(...value)
        written.push({ at: Date.now(), value: await env.CACHE.getWithMetadata(KEY, 'arrayBuffer') })
      },
      getWithMetadata: async () =>
        written.findLast(({ at }) => at <= Date.now() - 90_000)?.value ?? {
          value: null,
          metadata: null,
        },
    } as unknown as Partial<KVNamespace>)
    const readers = [isolate, new Isolate(world), new Isolate(world)]
    let oldest = 0
    for (let second = 0; second < 600; second++) {
      thing.title = String(Date.now())
      // What an isolate has read it does not take back; one that is new has nothing but what KV says.
      const one = new World()
      one.env = { ...world.env, CACHE: { ...world.env.CACHE } }
      for (const reader of [...readers, new Isolate(one)]) {
        const title = await titleFrom(reader, thing)
        oldest = Math.max(oldest, Date.now() - Number(title))
      }
      world.pass(1000)
    }
    expect(oldest).toBeGreaterThan(90_000)
    expect(oldest).toBeLessThanOrEqual(130_000)
  })

  it('holds what is no answer of ours, D1 answers', async ({ expect }) => {
    for (const [value, metadata] of [
      ['{', undefined],
      ['', { at: Date.now(), etag: 'e' }],
      ['{}', { at: 'soon' }],
      ['{}', { etag: 'e' }],
      ['{}', []],
    ]) {
      await env.CACHE.put(KEY, String(value), metadata ? { metadata } : {})
      expect(await titleFrom(new Isolate(), thing)).toBe('old')
    }
  })
})
