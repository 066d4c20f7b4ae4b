import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { newWorld, type World } from '../support/world.ts'

const BODY = { name: 'Ann', email: 'ann@example.org', message: 'Hello' }
const SITE = 'http://localhost:5173'

let world: World
beforeEach(async () => {
  world = await newWorld()
})

const get = (path: string, headers: Record<string, string> = {}) =>
  world.as('anonymous').get(path, { headers })

/** One of each kind of answer. */
const ANSWERS: [number, string, string, object?][] = [
  [200, 'GET', '/health'],
  [200, 'GET', '/api/v1/posts'],
  [200, 'GET', '/feed.xml'],
  [202, 'POST', '/api/v1/contact', BODY],
  [401, 'GET', '/api/v1/mail'],
  [404, 'GET', '/nowhere'],
  [405, 'DELETE', '/api/v1/contact'],
  [413, 'POST', '/api/v1/contact', { message: 'x'.repeat(70_000) }],
  [422, 'POST', '/api/v1/contact', {}],
  [200, 'GET', '/docs'],
  [204, 'OPTIONS', '/api/v1/contact'],
]

describe('every answer', () => {
  it('carries the security headers, a Cache-Control and a request id', async ({ expect }) => {
    for (const [status, method, path, body] of ANSWERS) {
      const response = await world.request(method, path, 'anonymous', { body })
      const { headers } = response
      expect(response.status, path).toBe(status)
      expect(headers.get('x-content-type-options'), path).toBe('nosniff')
      expect(headers.get('content-security-policy'), path).toContain("default-src 'none'")
      expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'")
      expect(headers.get('strict-transport-security'), path).toContain('max-age=31536000')
      expect(headers.get('referrer-policy'), path).toBe('no-referrer')
      expect(headers.get('cross-origin-resource-policy'), path).toBe('same-origin')
      expect(headers.get('cache-control'), path).toBeTruthy()
      expect(headers.get('x-request-id'), path).toMatch(/^[\w-]{8,64}$/)
      if (status >= 400) expect(headers.get('cache-control')).toBe('no-store')
    }
  })

  it('that was kept has them too, known or not, and nothing of another', async ({ expect }) => {
    const types = new Map<string, string>()
    const own = ['etag', 'content-type', 'x-request-id', 'server-timing']
    const shared = ({ headers }: Response) =>
      Array.from(headers).filter(([name]) => !own.includes(name))
    const first = await world.request('GET', '/api/v1/posts', 'anonymous')
    for (const path of ['/feed.xml', '/api/v1/posts', '/api/v1/tags']) {
      const answer = await world.request('GET', path, 'anonymous')
      expect(shared(answer), path).toEqual(shared(first))
      types.set(path, answer.headers.get('content-type') ?? '')
      const etag = answer.headers.get('etag') ?? ''
      const known = await world.request('GET', path, 'anonymous', {
        headers: { 'if-none-match': etag },
      })
      expect(known.status, path).toBe(304)
      expect(known.headers.get('etag'), path).toBe(etag)
      expect(known.headers.get('content-type'), path).toBeNull()
      expect(shared(known), path).toEqual(shared(first))
    }
    expect(Array.from(types.values())).toEqual([
      'application/rss+xml; charset=utf-8',
      'application/json',
      'application/json',
    ])
  })

  it('to a broken Worker is a problem that says nothing of what broke', async ({ expect }) => {
    world.faults.failAt(1, 'before')
    const response = await world.as('admin').get('/api/v1/mail')
    expect(response.status).toBe(500)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    const problem = await response.json<{ code: string; detail: string; request_id: string }>()
    expect(problem).toMatchObject({ code: 'internal', status: 500, instance: '/api/v1/mail' })
    expect(JSON.stringify({ ...problem, request_id: '' })).not.toMatch(
      /Injected|select|D1|stack|\.ts/i,
    )
    expect(world.logs.join('\n')).toContain('Injected fault before D1')
    expect(world.logs.filter((line) => line.includes(problem.request_id))).toHaveLength(2)
  })

  it('that refuses has a type that can be opened', async ({ expect }) => {
    const { type } = await (await get('/nowhere')).json<{ type: string }>()
    const meaning = await get(new URL(type).pathname)
    expect(await meaning.json()).toEqual({ code: 'not_found', status: 404, title: 'Not found' })
    expect((await get('/problems/nonsense')).status).toBe(404)
  })

  it('has the request id that came, when it is a fit one, in header, problem and log', async ({
    expect,
  }) => {
    const response = await get('/nowhere', { 'x-request-id': 'my-request_42' })
    expect(response.headers.get('x-request-id')).toBe('my-request_42')
    expect(await response.json()).toMatchObject({ request_id: 'my-request_42' })
    expect(world.logs.at(-1)).toContain('"request_id":"my-request_42"')
    for (const bad of ['x'.repeat(65), 'a b', 'a"b', '{"a":1}', 'caf\u00e9']) {
      expect((await get('/health', { 'x-request-id': bad })).headers.get('x-request-id')).not.toBe(
        bad,
      )
    }
  })
})

describe('the log', () => {
  it('has one JSON line per request, without secrets and personal data', async ({ expect }) => {
    await world.as('admin').get('/api/v1/contact/messages?q=ann%40example.org')
    await world.as('anonymous').post('/api/v1/contact', { body: BODY })
    expect(world.logs).toHaveLength(2)
    const [list, sent] = world.logs.map((line) => JSON.parse(line))
    expect(list).toMatchObject({
      event: 'request',
      method: 'GET',
      route: '/api/v1/contact/messages',
      status: 200,
      actor: 'admin',
      d1_calls: 2,
    })
    expect(sent).toMatchObject({ route: '/api/v1/contact', actor: 'anonymous', d1_calls: 2 })
    const text = world.logs.join('\n')
    const { token } = await world.admin()
    for (const secret of ['ann@example.org', 'Hello', token, '192.0.2.1']) {
      expect(text).not.toContain(secret)
    }
  })

  it('stays one line each, whatever is sent', async ({ expect }) => {
    for (const evil of ['a\r\nb', '\u001b[31mred', '"},{"level":"x"', 'x'.repeat(100_000)]) {
      await world.as('anonymous').post('/api/v1/contact', { body: { ...BODY, name: evil } })
      await get(`/${encodeURIComponent(evil.slice(0, 500))}`)
    }
    expect(world.logs).toHaveLength(8)
    for (const line of world.logs) {
      expect(line).not.toContain('\n')
      expect(JSON.parse(line)).toMatchObject({ event: 'request' })
    }
  })
})

describe('Server-Timing', () => {
  it('shows D1 calls and rows in development and to the admin, and to nobody else', async ({
    expect,
  }) => {
    expect(
      (await world.as('anonymous').post('/api/v1/contact', { body: BODY })).headers.get(
        'server-timing',
      ),
    ).toMatch(/d1;dur=\d+;desc="calls=2 read=\d+ written=\d+"/)
    world = await newWorld({
      ENVIRONMENT: 'production',
      PASSWORD_COST: 'strong',
      API_ORIGIN: 'https://api.linden.dev',
      SITE_ORIGIN: 'https://linden.dev',
    })
    expect((await get('/health')).headers.get('server-timing')).toBeNull()
    expect((await world.as('admin').get('/api/v1/mail')).headers.get('server-timing')).toContain(
      'calls=2',
    )
  })
})

describe('CORS', () => {
  const exposed = [
    'ETag',
    'Location',
    'x-request-id',
    'x-d1-bookmark',
    'Retry-After',
    'RateLimit',
    'RateLimit-Policy',
    'Server-Timing',
  ]
  const allowed = [
    'Authorization',
    'Content-Type',
    'Idempotency-Key',
    'If-Match',
    'If-None-Match',
    'x-d1-bookmark',
    'x-order-token',
  ]

  it('lets the site in, on answers and refusals, with the headers it may read and send', async ({
    expect,
  }) => {
    for (const path of ['/health', '/api/v1/posts', '/nowhere', '/api/v1/mail', '/%ff']) {
      const { headers } = await get(path, { origin: SITE })
      expect(headers.get('access-control-allow-origin'), path).toBe(SITE)
      expect(headers.get('access-control-allow-credentials'), path).toBe('true')
      expect(headers.get('vary'), path).toBe('Origin')
      expect(headers.get('access-control-expose-headers')?.split(',')).toEqual(exposed)
    }
    const preflight = await world.request('OPTIONS', '/api/v1/contact', 'anonymous', {
      headers: { origin: SITE, 'access-control-request-method': 'POST' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')?.split(',')).toEqual(allowed)
    expect(preflight.headers.get('access-control-allow-methods')).toBe(
      'GET,HEAD,POST,PUT,PATCH,DELETE',
    )
  })

  it('lets no other origin in', async ({ expect }) => {
    for (const origin of [
      'null',
      'https://evil.test',
      'http://localhost:5174',
      'http://localhost',
      'https://localhost:5173',
      'http://localhost:5173.evil.test',
      'http://evil.test/http://localhost:5173',
      'HTTP://LOCALHOST:5173',
      'http://localhost:5173/',
      ' http://localhost:5173x',
      'http://a.localhost:5173',
      'file://',
    ]) {
      const response = await get('/health', { origin })
      expect(response.headers.get('access-control-allow-origin'), origin).toBeNull()
    }
  })

  it('lets in what CORS_ORIGINS lists', async ({ expect }) => {
    world = await newWorld({ CORS_ORIGINS: 'https://shop.linden.test, https://admin.linden.test' })
    for (const origin of [SITE, 'https://shop.linden.test', 'https://admin.linden.test']) {
      expect((await get('/health', { origin })).headers.get('access-control-allow-origin')).toBe(
        origin,
      )
    }
  })
})

describe('an address', () => {
  it('is served with and without a slash at the end, to GET and HEAD', async ({ expect }) => {
    for (const path of ['/health', '/health/']) {
      expect((await get(path)).status).toBe(200)
      const head = await world.as('anonymous').head(path)
      expect(head.status).toBe(200)
      expect(await head.text()).toBe('')
    }
    expect((await world.as('anonymous').post('/api/v1/contact/', { body: BODY })).status).toBe(202)
    expect((await world.as('admin').get('/api/v1/contact/messages/')).status).toBe(200)
  })

  it('in any other spelling is another one', async ({ expect }) => {
    for (const path of [
      '/Health',
      '/HEALTH',
      '//health',
      '/health//',
      '/health;x',
      '/health.json',
      '/api/v1//contact',
      '/API/v1/contact/messages',
      '/api/v1/contact%2fmessages',
      '/api/v1/contact/messages.',
    ]) {
      expect((await get(path)).status, path).toBe(404)
    }
  })

  it('answers 405 with Allow to a method it does not have', async ({ expect }) => {
    for (const [path, allow] of [
      ['/health', 'GET, HEAD'],
      ['/health/', 'GET, HEAD'],
      ['/api/v1/contact', 'POST'],
      ['/api/v1/contact/', 'POST'],
      ['/api/v1/contact/messages/0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10', 'GET, HEAD, PATCH, DELETE'],
    ] as const) {
      for (const method of ['PUT', 'PROPFIND', 'QUERY', 'MKCOL']) {
        const response = await world.request(method, path)
        expect(response.status, `${method} ${path}`).toBe(405)
        expect(response.headers.get('allow')).toBe(allow)
        expect(await response.json()).toMatchObject({ code: 'method_not_allowed' })
      }
    }
  })

  it('takes no method from a header or the query', async ({ expect }) => {
    const headers = { 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE' }
    expect((await get('/health', headers)).status).toBe(200)
    expect((await get('/health?_method=DELETE')).status).toBe(422)
  })
})

describe('a query', () => {
  it('with a parameter that is not known is refused by its name', async ({ expect }) => {
    for (const path of ['/health?x=1', '/health/ready?debug', '/api/v1/contact/messages?page=2']) {
      const response = await world.as('admin').get(path)
      expect(response.status, path).toBe(422)
      expect(await response.json()).toMatchObject({ errors: [{ code: 'unrecognized_key' }] })
    }
    const posted = await world.as('anonymous').post('/api/v1/contact?x=1', { body: BODY })
    expect(posted.status).toBe(422)
    expect(await world.count('contact_messages')).toBe(0)
  })

  it('of the document may hold anything', async ({ expect }) => {
    expect((await get('/openapi.json?v=3')).status).toBe(200)
    expect((await get('/docs?theme=x')).status).toBe(200)
  })

  it('that is too long or wrongly encoded is refused before anything else', async ({ expect }) => {
    for (const path of [
      '/health?%',
      '/health?a=%zz',
      '/health?a=%C3%28',
      '/%C3%28',
      '/%ff',
      `/health?${'x'.repeat(3000)}`,
    ]) {
      const response = await get(path)
      expect(response.status, path.slice(0, 40)).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'malformed' })
    }
  })
})

describe('the settings', () => {
  it('when wrong make every request answer 503 and name themselves, never their value', async ({
    expect,
  }) => {
    world = await newWorld({ SECRET_KEY: 'too-short-value', SITE_ORIGIN: 'http://x/path' })
    for (const path of ['/health', '/api/v1/contact', '/nowhere']) {
      const response = await get(path)
      expect(response.status).toBe(503)
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      const text = await response.text()
      expect(JSON.parse(text)).toMatchObject({ code: 'misconfigured' })
      expect(text).toContain('SECRET_KEY')
      expect(text).toContain('SITE_ORIGIN')
      expect(text).not.toContain('too-short-value')
    }
  })
})

describe('the shield', () => {
  it('stops a flood of writes from one source, and is off where limits are scaled', async ({
    expect,
  }) => {
    const flood = async () =>
      Promise.all(
        Array.from({ length: 130 }, () =>
          world.request('POST', '/nowhere', 'anonymous', { from: '203.0.113.77' }),
        ),
      )
    world.env.SHIELD = env.SHIELD
    const statuses = (await flood()).map((response) => response.status)
    expect(statuses).toContain(429)
    expect(
      (await world.request('GET', '/health', 'anonymous', { from: '203.0.113.77' })).status,
    ).toBe(200)
    world = await newWorld({ RATE_LIMIT_SCALE: '10' })
    world.env.SHIELD = env.SHIELD
    expect((await flood()).every((response) => response.status === 404)).toBe(true)
  })
})

describe('a shield that does not answer', () => {
  it('lets everything through', async ({ expect }) => {
    world.faults.failAt(1, 'before')
    const response = await world.as('anonymous').post('/api/v1/contact', { body: BODY })
    expect(world.faults.calls[0]).toBe('Shield.limit')
    expect(response.status).toBe(202)
  })
})

describe('health', () => {
  it('tells that it is alive', async ({ expect }) => {
    expect(await (await get('/health')).json()).toEqual({
      status: 'healthy',
      app: 'Studio Linden',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      message: expect.any(String),
    })
  })

  it('is ready when D1 with its migrations, KV, R2 and the queue answer, and names what does not', async ({
    expect,
  }) => {
    const ready = await get('/health/ready')
    expect(ready.status).toBe(200)
    expect(await ready.json()).toMatchObject({ status: 'ready', checks: { d1: { ok: true } } })
    const broken: string[] = []
    for (const call of [1, 2, 3, 4]) {
      world.faults.failAt(call, 'before')
      const response = await get('/health/ready')
      expect(response.status).toBe(503)
      const view = await response.json<{
        status: string
        checks: Record<string, { ok: boolean }>
      }>()
      expect(view.status).toBe('not_ready')
      const failed = Object.entries(view.checks).filter(([, check]) => !check.ok)
      expect(failed).toHaveLength(1)
      broken.push(...failed.map(([name]) => name))
    }
    expect(broken.sort()).toEqual(['d1', 'kv', 'queue', 'r2'])
  })

  it('is not ready before the newest migration has run', async ({ expect }) => {
    await env.DB.prepare(
      'delete from d1_migrations where id = (select max(id) from d1_migrations)',
    ).run()
    expect((await get('/health/ready')).status).toBe(503)
  })
})
