import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Site, startSite } from './harness.ts'

let site: Site
beforeAll(async () => {
  site = await startSite('production')
  const body = { title: 'A bowl', content: 'Of clay.', status: 'published' }
  const answer = await site.request('POST', '/api/v1/posts', { admin: true, body })
  if (answer.status !== 201) throw new Error(await answer.text())
})
afterAll(() => site.close())

const callsOf = ({ headers }: Response): number =>
  Number(/calls=(\d+)/.exec(headers.get('server-timing') ?? '')?.[1])

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

// In the pool all requests share one I/O context, so only here it shows whether they may share a result.
describe('requests of their own, at the same time', () => {
  it('share one reading of D1', async ({ expect }) => {
    for (const address of ['/api/v1/posts', '/api/v1/posts/1', '/api/v1/posts/a-bowl']) {
      let calls = 0
      // Nobody waits for another longer than a second, so a machine that stands still is asked once more.
      for (let tries = 0; tries < 3 && calls !== 1; tries++) {
        const body = { content: `Of clay, ${address} ${tries}.` }
        await site.request('PATCH', '/api/v1/posts/1', { admin: true, body })
        const answers = await Promise.all(
          Array.from({ length: 50 }, () => site.request('GET', address)),
        )
        expect(new Set(answers.map(({ status }) => status)), address).toEqual(new Set([200]))
        const texts = await Promise.all(answers.map((answer) => answer.text()))
        expect(new Set(texts).size, address).toBe(1)
        calls = answers.map(callsOf).reduce((sum, one) => sum + one)
      }
      expect(calls, address).toBe(1)
    }
  })

  it('are answered when the first of them hangs up', async ({ expect }) => {
    const hasty = Array.from({ length: 5 }, () => {
      const control = new AbortController()
      const answer = fetch(`${site.url}/api/v1/projects`, { signal: control.signal })
      setTimeout(() => control.abort(), 1)
      return answer.then(
        () => 'answered',
        () => 'hung up',
      )
    })
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => site.request('GET', '/api/v1/projects')),
    )
    expect(await Promise.all(hasty)).toContain('hung up')
    expect(answers.map(({ status }) => status)).toEqual(Array(30).fill(200))
  })
})

describe('a cached answer over HTTP', () => {
  it('has the headers of GET for HEAD, and none that is wrong', async ({ expect }) => {
    const get = await site.request('GET', '/api/v1/posts')
    const head = await site.request('HEAD', '/api/v1/posts')
    expect(head.headers.get('etag')).toBe(get.headers.get('etag'))
    expect(head.headers.get('cache-control')).toBe('no-cache')
    expect([null, get.headers.get('content-length')]).toContain(head.headers.get('content-length'))
    expect(await head.text()).toBe('')
  })

  it('comes from KV once memory has forgotten it, and is new after a change', async ({
    expect,
  }) => {
    await pause(5100)
    await site.request('GET', '/api/v1/posts/1')
    let calls = 1
    // KV is given half a second, in which a machine may stand still.
    for (let tries = 0; tries < 3 && calls > 0; tries++) {
      await pause(5100)
      calls = callsOf(await site.request('GET', '/api/v1/posts/1'))
    }
    expect(calls).toBe(0)
    const body = { title: 'A vase' }
    await site.request('PATCH', '/api/v1/posts/1', { admin: true, body })
    expect(await (await site.request('GET', '/api/v1/posts/1')).text()).toContain('A vase')
  })
})
