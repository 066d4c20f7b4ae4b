import { afterAll, beforeAll, describe, it } from 'vitest'
import { createApp } from '../../src/app.ts'
import { type Site, startSite } from '../e2e/harness.ts'
import { countOf, fill } from './fill.ts'
import { ORDER_TOKEN } from './fill-orders.ts'
import { CONSTANT, READS, type Read, rowsIn } from './reads.ts'

// What a public read costs in a small studio, and in one of a hundred times its size. The studios are
// asked in turns, so that a busy minute of the machine weighs on all of them. A bookmark sends every
// read past the caches to D1.

const SIZES = (process.env.SIZES ?? '1000,10000,100000').split(',').map(Number)
const RUNS = Number(process.env.RUNS ?? 60)
const BOOKMARK = '00000085-0000024c-00004c6d-8e61117bf38d7adb71b934ebbf891683'

/** How much longer the largest studio may take than the smallest, and how many more rows it may read. */
const SLOWER = 1.2
/** Rows read for one that is shown. */
const PER_ROW = 4

type Cost = { calls: number; read: number; rows: number; times: number[] }
type Line = { read: Read; costs: Cost[] }

const operations = createApp().operations.map(({ method, path, policy }) => {
  return { method, policy, route: path.replaceAll(/\{[^}]*\}/g, '') }
})
const methodOf = ({ body }: Read): string => (body ? 'POST' : 'GET')
const { ONLY = '' } = process.env
const mounted = READS.filter(
  (read) =>
    read.route.includes(ONLY) &&
    operations.some(({ method, route }) => method === methodOf(read) && route === read.route),
)

const sites: { size: number; site: Site }[] = []
const lines: Line[] = []

beforeAll(async () => {
  for (const size of SIZES) {
    const site = await startSite('production', { RATE_LIMIT_SCALE: '100000' })
    const start = performance.now()
    await fill(site.stores.DB, size)
    const seconds = Math.round((performance.now() - start) / 1000)
    console.log(`${await countOf(site.stores.DB)} in ${seconds} s`)
    sites.push({ size, site })
  }
  for (const read of mounted) lines.push(await settle(read))
  console.log(table())
})

afterAll(async () => {
  await Promise.all(sites.map(({ site }) => site.close()))
})

/** Measures again what seems slow: another program's work passes, that of a read does not. */
async function settle(read: Read): Promise<Line> {
  let line: Line = { read, costs: await measure(read) }
  for (let again = 0; again < 2 && isSlow(line); again++) {
    line = { read, costs: await measure(read) }
  }
  return line
}

async function measure(read: Read): Promise<Cost[]> {
  const addresses = await Promise.all(
    sites.map(async ({ site, size }) => {
      const address = read.address(size)
      if (!read.next) return address
      const { next_cursor } = JSON.parse((await ask(site, address, read, size)).text)
      const page = new URL(address, site.url)
      page.searchParams.delete('to')
      page.searchParams.set('cursor', next_cursor)
      return page.pathname + page.search
    }),
  )
  const costs: Cost[] = sites.map(() => ({ calls: 0, read: 0, rows: 0, times: [] }))
  for (let run = 0; run < RUNS; run++) {
    for (const [index, { site, size }] of sites.entries()) {
      const { ms, ...cost } = await ask(site, addresses[index] ?? '', read, size)
      const known = costs[index]
      if (!known) continue
      const { calls, read: rowsRead, rows } = cost
      Object.assign(known, { calls, read: Math.max(known.read, rowsRead), rows })
      // The first answers wait for what is read from the disk.
      if (run >= RUNS / 10) known.times.push(ms)
    }
  }
  return costs
}

async function ask(site: Site, address: string, read: Read, size: number) {
  const { as, body } = read
  const start = performance.now()
  const response = await site.request(methodOf(read), address, {
    body: body?.(size),
    admin: as === 'admin',
    bookmark: BOOKMARK,
    ...(as === 'buyer' && { orderToken: ORDER_TOKEN }),
  })
  const text = await response.text()
  const ms = performance.now() - start
  if (response.status !== 200) throw new Error(`${address} ${response.status} ${text}`)
  const timing = response.headers.get('server-timing') ?? ''
  const [, calls, rowsRead] = /calls=(\d+) read=(\d+)/.exec(timing) ?? []
  const rows = rowsIn(response.headers.get('content-type') ?? '', text)
  return { text, ms, calls: Number(calls), read: Number(rowsRead), rows }
}

const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

const ratioOf = ({ costs }: Line): number =>
  median(costs.at(-1)?.times ?? []) / median(costs[0]?.times ?? [])

const isSlow = (line: Line): boolean => {
  const { bound } = line.read
  const largest = median(line.costs.at(-1)?.times ?? [])
  return bound?.ms ? largest > bound.ms : ratioOf(line) > SLOWER
}

const readsMore = ({ read, costs }: Line): boolean =>
  !read.findsMore && (costs.at(-1)?.read ?? 0) > (costs[0]?.read ?? 0) * SLOWER

/** A page that shows nothing may still have to look that there is nothing. */
const allowedOf = ({ bound }: Read, { rows }: Cost): number =>
  bound?.read ?? Math.max(rows, 1) * PER_ROW

function faultsOf(line: Line): string[] {
  const { read, costs } = line
  return [
    ...(new Set(costs.map(({ calls }) => calls)).size === 1 ? [] : ['more round trips']),
    ...(costs.every(({ calls }) => calls <= 1 || read.as === 'admin')
      ? []
      : ['several round trips']),
    ...costs
      .filter((cost) => cost.read > allowedOf(read, cost))
      .map((cost) => `${cost.read} rows read for ${cost.rows}`),
    ...(readsMore(line) ? ['reads more rows'] : []),
    ...(isSlow(line) ? ['slow'] : []),
  ]
}

const noteOf = ({ bound, findsMore }: Read): string =>
  [
    ...(bound ? [`${bound.why}: ${bound.read} rows${bound.ms ? `, ${bound.ms} ms` : ''}`] : ['ok']),
    ...(findsMore ? ['finds more'] : []),
  ].join('; ')

function table(): string {
  const each = (show: (cost: Cost) => string) => (costs: Cost[]) => costs.map(show).join(' / ')
  const sizes = SIZES.map((size) => `${size / 1000}k`).join(' / ')
  return [
    `| read | round trips | rows read ${sizes} | shown | p50 ms ${sizes} | ratio | |`,
    '|---|---:|---:|---:|---:|---:|---|',
    ...lines.map((line) =>
      [
        '',
        ` ${line.read.route} ${line.read.what} `,
        ` ${[...new Set(line.costs.map(({ calls }) => calls))].join(' / ')} `,
        ` ${each(({ read }) => String(read))(line.costs)} `,
        ` ${each(({ rows }) => String(rows))(line.costs)} `,
        ` ${each(({ times }) => median(times).toFixed(1))(line.costs)} `,
        ` ${ratioOf(line).toFixed(2)} `,
        ` ${faultsOf(line).join(', ') || noteOf(line.read)} `,
        '',
      ].join('|'),
    ),
  ].join('\n')
}

describe('a read of a growing studio', () => {
  it('is measured, whichever it is', ({ expect }) => {
    const known = [...CONSTANT, ...READS.map(({ route }) => route)]
    const open = operations.flatMap(({ method, policy, route }) =>
      method === 'GET' && policy === 'anyone' ? route : [],
    )
    expect(open.filter((route) => !known.includes(route))).toEqual([])
  })

  it.for(mounted)('costs the same: $route $what', (read, { expect }) => {
    const line = lines.find((one) => one.read === read)
    expect(line && faultsOf(line)).toEqual([])
  })
})
