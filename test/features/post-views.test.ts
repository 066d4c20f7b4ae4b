import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import worker from '../../src/index.ts'
import { GENEROUS } from '../support/accounts.ts'
import { POSTS, write } from '../support/content.ts'
import { newWorld, type World } from '../support/world.ts'

const WINDOW_MS = 301

let world: World
/** Ends the time in which views are gathered; before it is called that time goes on. */
let endWindow: () => void
beforeEach(async () => {
  world = await newWorld({ ...GENEROUS, VIEWS_WINDOW_MS: String(WINDOW_MS) })
  const { promise: isOver, resolve } = Promise.withResolvers<void>()
  endWindow = resolve
  vi.stubGlobal('setTimeout', (run: () => void, ms: number) =>
    ms === WINDOW_MS ? void isOver.then(run) : realWait(run, ms),
  )
})
afterEach(() => vi.unstubAllGlobals())

const realWait = globalThis.setTimeout

const viewsOf = async () => (await world.rows('posts')).map(({ view_count }) => view_count)
const ask = (path: string, init: RequestInit = {}) => {
  const ctx = createExecutionContext()
  const request = new Request(`http://localhost:8787${path}`, init)
  const response = worker.fetch(request as Parameters<typeof worker.fetch>[0], world.env, ctx)
  return { ctx, response }
}

describe('a view', () => {
  it('is counted behind the answer, and many are one statement', async ({ expect }) => {
    const one = await write(world, { title: 'One' })
    const two = await write(world, { title: 'Two' })
    await world.as('admin').patch(`${POSTS}/${two.id}`, { body: { slug: 'two-now' } })
    world.pass(10)
    world.faults.heal()
    const names = [one.id, one.slug, two.id, 'two-now']
    const asked = Array.from({ length: 40 }, (_, index) => ask(`${POSTS}/${names[index % 4]}`))
    const responses = await Promise.all(asked.map(({ response }) => response))
    expect(responses.map(({ status }) => status)).toEqual(Array(40).fill(200))
    expect(await viewsOf()).toEqual([0, 0])
    endWindow()
    await Promise.all(asked.map(({ ctx }) => waitOnExecutionContext(ctx)))
    expect(await viewsOf()).toEqual([20, 20])
    const calls = world.faults.calls.filter((call) => call.startsWith('D1'))
    // Four names to read, one statement to count.
    expect(calls.length).toBeLessThanOrEqual(5)
  })

  it('is one of a visitor who reads, also from a cache', async ({ expect }) => {
    endWindow()
    const { id } = await write(world)
    const draft = await write(world, { status: 'draft' })
    world.pass(10)
    const path = `${POSTS}/${id}`
    const etag = (await world.as('anonymous').get(path)).headers.get('etag') ?? ''
    expect(await viewsOf()).toEqual([1, 0])
    const known = await world.as('anonymous').get(path, { headers: { 'if-none-match': etag } })
    expect([known.status, await viewsOf()]).toEqual([304, [2, 0]])
    await world.as('anonymous').head(path)
    await world.as('admin').get(path)
    await world.as('anonymous').get(POSTS)
    await world.as('anonymous').get(`${POSTS}/${draft.id}`)
    await world.as('anonymous').get(`${POSTS}/no-such-post`)
    expect(await viewsOf()).toEqual([2, 0])
    expect((await world.rows('posts'))[0]?.version).toBe(1)
  })

  it('that cannot be written is lost, and the next one is not', async ({ expect }) => {
    endWindow()
    const { id } = await write(world)
    world.pass(10)
    world.faults.failAt(3, 'before')
    const calls: string[] = []
    expect((await world.as('anonymous').get(`${POSTS}/${id}`)).status).toBe(200)
    calls.push(...world.faults.calls)
    world.faults.heal()
    expect([await viewsOf(), calls.at(-1)]).toEqual([[0], 'D1.all'])
    expect(world.logs.join()).toContain('views.lost')
    await world.as('anonymous').get(`${POSTS}/${id}`)
    expect(await viewsOf()).toEqual([1])
  })
})
