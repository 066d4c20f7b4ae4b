import { beforeAll, describe, it } from 'vitest'
import { createApp } from '../../src/app.ts'
import type { Operation } from '../../src/http/operations.ts'
import { everyRow, GENEROUS } from '../support/accounts.ts'
import { sampleQueries } from '../support/samples.ts'
import { fillStudio, WORDS } from '../support/studio.ts'
import { newWorld, World } from '../support/world.ts'

/**
 * What one answer may cost at most, at any address and with any one parameter: round trips to D1 and
 * rows that it reads there. `again`: the round trips of the same read right after it, which are none
 * where the answer is cached.
 */
type Budget = {
  calls: number
  read: number
  again: number
  /** Parameters whose answers read the more rows the more there are, and why that is borne. */
  grows?: Record<string, string>
}

const FREE: Budget = { calls: 0, read: 0, again: 0 }

const BUDGETS: Record<string, Budget> = {
  '/': FREE,
  '/docs': FREE,
  '/docs/:file': FREE,
  '/health': FREE,
  '/health/ready': { calls: 1, read: 1, again: 1 },
  '/openapi.json': FREE,
  '/problems/:code': FREE,
  '/redoc': FREE,
  '/api/v1/posts': {
    calls: 1,
    read: 300,
    again: 0,
    grows: {
      q: 'looks through the newest 1,000',
      tag: 'passes over posts without the tag until the page is full',
    },
  },
  '/api/v1/posts/:id': { calls: 1, read: 20, again: 0 },
  '/api/v1/tags': { calls: 1, read: 30, again: 0 },
}

/** As samples.ts names a person. */
const NOBODYS = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10'

const FEW = 60
const MANY = 240

/** `kind` is the parameter that the address has, or nothing. */
type Cost = { address: string; kind: string; calls: number; read: number; again: number }

const reads = createApp().operations.filter(
  ({ method, policy }) => method === 'GET' && policy === 'anyone',
)
const nameOf = ({ path }: Operation): string => path.replaceAll(/\{[^}]*\}/g, '')

const costs = new Map<string, { few: Cost[]; many: Cost[] }>()

beforeAll(async () => {
  const world = await newWorld(GENEROUS)
  await fillStudio(world, FEW)
  for (const read of reads) costs.set(nameOf(read), { few: await measure(read), many: [] })
  await fillStudio(world, MANY - FEW)
  for (const read of reads) {
    const measured = costs.get(nameOf(read))
    if (measured) measured.many = await measure(read)
  }
})

/** Each address that the operation has here: alone, with each parameter, and all its pages. */
async function measure(read: Operation): Promise<Cost[]> {
  const found: Cost[] = []
  const author = String((await everyRow()).users?.[0]?.uid)
  const add = async (address: string, kind: string) => {
    const { cost, next } = (await measureAddress(address, kind)) ?? {}
    if (cost) found.push(cost)
    return next
  }
  for (const path of await pathsOf(read)) {
    for (const query of sampleQueries(read, WORDS)) {
      await add(path + query.replace(NOBODYS, author), query.replace(/^\?|=.*$/g, ''))
    }
    let next = await add(path, '')
    while (next) next = await add(`${path}?cursor=${next}`, 'cursor')
  }
  return found
}

async function measureAddress(address: string, kind: string) {
  const isolate = new World()
  const response = await isolate.as('anonymous').get(address)
  if (response.status !== 200) return undefined
  const again = costOf(await isolate.as('anonymous').get(address)).calls
  const next = /"next_cursor":"([^"]+)"/.exec(await response.text())?.[1]
  return { cost: { address, kind, ...costOf(response), again }, next }
}

function costOf({ headers }: Response) {
  const timing = headers.get('server-timing') ?? ''
  const [, calls, read] = /calls=(\d+) read=(\d+)/.exec(timing) ?? []
  return { calls: Number(calls), read: Number(read) }
}

/** With each name that the first row of each table has, and names of what stands in no table. */
async function pathsOf(read: Operation): Promise<string[]> {
  const path = nameOf(read)
  if (!path.includes(':')) return [path]
  const rows = Object.values(await everyRow()).flatMap((all) => all.slice(0, 1))
  const names = rows.flatMap(({ id, uid, slug, username, key }) => [id, uid, slug, username, key])
  const all = new Set([...names.filter(Boolean), 'not_found', 'mark.svg'])
  return Array.from(all, (name) => path.replaceAll(/:\w+/g, String(name)))
}

const most = (of: Cost[], what: 'calls' | 'read') => Math.max(...of.map((cost) => cost[what]))

describe('a public read', () => {
  it('has a budget', ({ expect }) => {
    expect(Object.keys(BUDGETS).toSorted()).toEqual(reads.map(nameOf).toSorted())
  })

  for (const name of reads.map(nameOf)) {
    const { calls, read, again, grows = {} } = BUDGETS[name] ?? FREE
    it(`of ${name} keeps to it`, ({ expect }) => {
      const { few = [], many = [] } = costs.get(name) ?? {}
      expect(many, 'nothing to measure: add it to fillStudio()').not.toEqual([])
      expect(most(many, 'calls')).toBe(calls)
      const dear = many.filter((cost) => cost.read > read && !(cost.kind in grows))
      expect(dear).toEqual([])
      const plain = many.filter(({ kind }) => kind === '')
      expect(Math.max(...plain.map((cost) => cost.again))).toBe(again)

      for (const kind of new Set(many.map((cost) => cost.kind))) {
        if (kind in grows) continue
        const before = most(
          few.filter((cost) => cost.kind === kind),
          'read',
        )
        const after = most(
          many.filter((cost) => cost.kind === kind),
          'read',
        )
        expect(after, `grows with the studio: ?${kind}`).toBeLessThanOrEqual(before * 1.1 + 3)
      }
    })
  }

  it('grows only where it says so', ({ expect }) => {
    for (const [name, { grows = {} }] of Object.entries(BUDGETS)) {
      const { few = [], many = [] } = costs.get(name) ?? {}
      for (const kind of Object.keys(grows)) {
        const of = (all: Cost[]) =>
          most(
            all.filter((cost) => cost.kind === kind),
            'read',
          )
        expect(of(many), `${name}?${kind}`).toBeGreaterThan(of(few))
      }
    }
  })
})
