import { beforeAll, describe, it } from 'vitest'
import { createApp } from '../../src/app.ts'
import type { Operation } from '../../src/http/operations.ts'
import { everyRow, GENEROUS } from '../support/accounts.ts'
import { ORDER_TOKEN } from '../support/orders.ts'
import { sampleQueries } from '../support/samples.ts'
import { fillStudio, WORDS } from '../support/studio.ts'
import { newWorld, World } from '../support/world.ts'

/**
 * What one answer may cost at most, at any address and with any one parameter: round trips to D1 and
 * rows that it reads there. `again`: the round trips of the same read right after it, which are none
 * where the answer is cached. A lower figure is to be written down too.
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
  '/media/:key': FREE,
  '/health/ready': { calls: 1, read: 1, again: 1 },
  '/openapi.json': FREE,
  '/problems/:code': FREE,
  '/redoc': FREE,
  '/atom.xml': { calls: 1, read: 100, again: 0 },
  '/feed.json': { calls: 1, read: 100, again: 0 },
  '/feed.xml': { calls: 1, read: 100, again: 0 },
  '/sitemap.xml': {
    calls: 1,
    read: 0,
    again: 0,
    grows: { '': 'names all up to 1,000 of a kind' },
  },
  '/api/v1/orders/:id': { calls: 1, read: 15, again: 1 },
  '/api/v1/posts': {
    calls: 1,
    read: 316,
    again: 0,
    grows: {
      q: 'looks through the newest 1,000',
      tag: 'shows the more of them until the page is full',
    },
  },
  '/api/v1/posts/:id': { calls: 1, read: 21, again: 0 },
  '/api/v1/posts/:id/comments': { calls: 1, read: 128, again: 0 },
  '/api/v1/posts/:id/reactions': { calls: 1, read: 1, again: 1 },
  '/api/v1/categories': { calls: 1, read: 23, again: 0 },
  '/api/v1/categories/:id': { calls: 1, read: 1, again: 0 },
  '/api/v1/products': {
    calls: 1,
    read: 358,
    again: 0,
    grows: {
      category: 'passes over products of others until the page is full',
      in_stock: 'passes over the others until the page is full',
      q: 'looks through the newest 1,000',
    },
  },
  '/api/v1/products/:id': { calls: 1, read: 17, again: 0 },
  '/api/v1/products/:id/reactions': { calls: 1, read: 1, again: 1 },
  '/api/v1/profiles': { calls: 1, read: 105, again: 0 },
  '/api/v1/profiles/:username': { calls: 1, read: 5, again: 0 },
  '/api/v1/projects': {
    calls: 1,
    read: 295,
    again: 0,
    grows: {
      featured: 'passes over the others until the page is full',
      q: 'looks through the newest 1,000',
      technology: 'passes over projects without it until the page is full',
    },
  },
  '/api/v1/projects/:id': { calls: 1, read: 16, again: 0 },
  '/api/v1/projects/:id/comments': { calls: 1, read: 128, again: 0 },
  '/api/v1/projects/:id/reactions': { calls: 1, read: 1, again: 1 },
  '/api/v1/subscribers/unsubscribe': FREE,
  '/api/v1/search': {
    calls: 1,
    read: 0,
    again: 0,
    grows: { q: 'ranks up to 500' },
  },
  '/api/v1/tags': {
    calls: 1,
    read: 21,
    again: 0,
    grows: { cursor: 'passes over tags that are used as often, which are few' },
  },
}

/** As samples.ts names a person. */
const NOBODYS = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10'

const FEW = 50
const MANY = 150

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
}, 120_000)

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
  const headers = { 'x-order-token': ORDER_TOKEN }
  const response = await isolate.as('anonymous').get(address, { headers })
  if (response.status !== 200) return undefined
  const again = costOf(await isolate.as('anonymous').get(address, { headers })).calls
  const next = /"next_cursor":"([^"]+)"/.exec(await response.text())?.[1]
  return { cost: { address, kind, ...costOf(response), again }, next }
}

function costOf({ headers }: Response) {
  const timing = headers.get('server-timing') ?? ''
  const [, calls, read] = /calls=(\d+) read=(\d+)/.exec(timing) ?? []
  return { calls: Number(calls), read: Number(read) }
}

/** With each name that the first and last row of each table have, and names of what stands in no table. */
async function pathsOf(read: Operation): Promise<string[]> {
  const path = nameOf(read)
  if (!path.includes(':')) return [path]
  const rows = Object.values(await everyRow()).flatMap((all) => [
    ...all.slice(0, 1),
    ...all.slice(-1),
  ])
  const names = rows.flatMap(({ id, uid, slug, username, key }) => [id, uid, slug, username, key])
  const all = new Set([...names.filter(Boolean), 'not_found', 'mark.svg'])
  return Array.from(all, (name) => path.replaceAll(/:\w+/g, String(name)))
}

const most = (of: Cost[], what: 'calls' | 'read' | 'again') =>
  Math.max(0, ...of.map((cost) => cost[what]))

/** What reads more of a larger studio: an address by itself, pages of a list by the dearest. */
function growingKinds(few: Cost[], many: Cost[]): string[] {
  const dearest = (costs: Cost[]) =>
    Map.groupBy(costs, ({ kind, address }) => (kind === 'cursor' ? kind : address))
  const before = dearest(few)
  const grown = [...dearest(many)].filter(([name, costs]) => {
    const known = before.get(name)
    return known && most(costs, 'read') > most(known, 'read') + 5
  })
  return [...new Set(grown.map(([, [cost]]) => cost?.kind ?? ''))].toSorted()
}

describe('a public read', () => {
  it('has a budget', ({ expect }) => {
    expect(Object.keys(BUDGETS).toSorted()).toEqual(reads.map(nameOf).toSorted())
  })

  for (const name of reads.map(nameOf)) {
    const { grows = {}, ...budget } = BUDGETS[name] ?? FREE
    it(`of ${name} costs what its budget says`, ({ expect }) => {
      const { few = [], many = [] } = costs.get(name) ?? {}
      expect(many, 'nothing to measure: add it to fillStudio()').not.toEqual([])
      const bounded = many.filter(({ kind }) => !(kind in grows))
      expect({
        calls: most(many, 'calls'),
        read: most(bounded, 'read'),
        again: most(
          many.filter(({ kind }) => kind === ''),
          'again',
        ),
      }).toEqual(budget)

      const growing = growingKinds(few, many)
      expect(growing, 'reads the more rows the more there are').toEqual(Object.keys(grows))
    })
  }
})
