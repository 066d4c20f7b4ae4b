import { afterEach, describe, it, vi } from 'vitest'
import { warmUp } from '../../src/warm-up.ts'

/** What a warm-up puts others in the place of. */
function standing() {
  const { Response, setTimeout, clearTimeout, console } = globalThis
  return { Response, setTimeout, clearTimeout, console }
}
const BEFORE = standing()

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the warm-up', () => {
  it('asks one list of a studio that has nothing', async ({ expect }) => {
    const asked: Request[] = []
    const answer = await warmUp({
      async fetch(request, env) {
        asked.push(request)
        const session = env.DB.withSession('first-primary')
        const { results } = await session.prepare('select 1').bind().all()
        return results.length === 0 ? new Response('[]') : new Response('', { status: 500 })
      },
    })
    expect(answer).toBe(true)
    expect(asked.map(({ method, url }) => [method, new URL(url).pathname])).toEqual([
      ['GET', '/api/v1/posts'],
    ])
  })

  it.for([
    ['fails', () => Promise.reject(new Error('no'))],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['answers with a problem', () => new Response(null, { status: 503 })],
    ['never answers', () => new Promise<Response>(() => {})],
  ] as const)('comes to nothing, and says so, where the app %s', async ([, fetch], { expect }) => {
    expect(await warmUp({ fetch })).toBe(false)
    expect(standing()).toEqual(BEFORE)
  })

  it('makes no body, sets no timer and logs nothing, and leaves all of them as they were', async ({
    expect,
  }) => {
    const spies = [vi.spyOn(console, 'log'), vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')]
    let body: unknown
    const answer = await warmUp({
      fetch() {
        const response = new Response('text', { headers: { 'x-a': 'b' } })
        body = response.body
        setTimeout(() => console.error('late'), 0)
        console.log('line')
        console.warn('line')
        return response
      },
    })
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(answer).toBe(true)
    expect(body).toBeNull()
    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
    expect(standing()).toEqual(BEFORE)
  })
})
