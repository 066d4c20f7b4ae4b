import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Site, startSite } from '../e2e/harness.ts'
import { COMMON, fill, NEWEST, RARE } from './fill.ts'
import { reads } from './reads.ts'

// What a public read costs in a small studio and in one of a hundred times its size. The three are
// asked in turns, so that a busy minute of the machine weighs on all of them. Nothing is cached: a
// bookmark sends every read to D1.

const SIZES = (process.env.SIZES ?? '1000,10000,100000').split(',').map(Number)
const RUNS = Number(process.env.RUNS ?? 60)
const SLOWEST = 1.2
const PER_ROW = 4
const BOOKMARK = '00000085-0000024c-00004c6d-8e61117bf38d7adb71b934ebbf891683'

type Cost = { calls: number; read: number; rows: number; p50: number }

let sites: { size: number; site: Site }[] = []

beforeAll(async () => {
  for (const size of SIZES) {
    const site = await startSite('production', { RATE_LIMIT_SCALE: '100000' })
    const start = performance.now()
    await fill(site.stores.DB, size)
    console.log(`${size} posts in ${Math.round((performance.now() - start) / 1000)} s`)
    sites.push({ size, site })
  }
})

afterAll(async () => {
  await Promise.all(sites.map(({ site }) => site.close()))
  sites = []
})
void [COMMON, RARE, NEWEST, RUNS, SLOWEST, PER_ROW, BOOKMARK, reads]
describe('x', () => { it('y', async ({expect}) => { const r = await sites[0]!.site.request('GET','/api/v1/posts?limit=2'); console.log(r.headers.get('server-timing'), await r.text()); expect(1).toBe(1) }) })
