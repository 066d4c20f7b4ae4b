import { Hono } from 'hono'
import { TrieRouter } from 'hono/router/trie-router'
import { describe, it } from 'vitest'
import { createRouter } from '../../../src/http/router.ts'
import { createRoutes, mount, under } from '../../../src/http/routes.ts'

const ROUTES = [
  '/',
  '/posts',
  '/posts/drafts',
  '/posts/:id',
  '/posts/:id/comments',
  '/api/v1/:list/:id',
  '/api/v1/tags',
  '/api/v1/tags/:id?',
  '/api/v1/tags/*',
  '/api/v1/tags/:id/:part',
  '/api/*',
  '/api/v1/tags/all/of/them',
  '/:key',
]
const PATHS = [
  '/',
  '/posts',
  '/posts/',
  '/posts/7',
  '/posts/drafts',
  '/posts/7/comments',
  '/posts/a%2Fb',
  '/api',
  '/api/v1',
  '/api/v1/tags',
  '/api/v1/tags/',
  '/api/v1/tags/7',
  '/api/v1/tags/7/posts',
  '/api/v1/tags/all/of/them',
  '/api/v1/tagsand',
  '/api//v1/tags',
  '/api/v1/others/7',
  '/api/v1/t%61gs/7',
  '//posts',
  '/anything',
  '/nowhere/at/all',
]

/** Tells which handlers an address meets, one after the other, and with what parameters. */
function serve(app: Hono<{ Variables: { met: unknown[] } }>) {
  app.use(async (c, next) => {
    c.set('met', [])
    await next()
  })
  for (const path of ROUTES) {
    for (const method of ['GET', 'PUT']) {
      app.on(
        method,
        [path],
        async (_, next) => await next(),
        async (c, next) => {
          c.var.met.push([method, path, c.req.param()])
          await next()
        },
      )
    }
  }
  app.notFound((c) => c.json(c.var.met))
  return app
}

describe('the router', () => {
  it('finds what Hono’s own finds, the first time and again', async ({ expect }) => {
    const ours = serve(createRouter() as unknown as Parameters<typeof serve>[0])
    const own = serve(new Hono({ strict: false, router: new TrieRouter() }))
    for (let again = 0; again < 2; again++) {
      for (const path of PATHS) {
        for (const method of ['GET', 'PUT', 'HEAD', 'DELETE']) {
          const [a, b] = await Promise.all(
            [ours, own].map(async (app) => {
              const response = await app.request(path, { method })
              return await response.text()
            }),
          )
          expect(a, `${method} ${path}`).toEqual(b)
        }
      }
    }
  })

  it('takes routes that are added after it has been asked', async ({ expect }) => {
    const app = createRouter()
    app.get('/a', (c) => c.text('a'))
    expect((await app.request('/b')).status).toBe(404)
    app.get('/b', (c) => c.text('b'))
    expect(await (await app.request('/b')).text()).toBe('b')
    expect(await (await app.request('/a')).text()).toBe('a')
  })

  it('remembers no more than so many addresses, and each with its own parameters', async ({
    expect,
  }) => {
    const app = createRouter()
    app.get('/:id', (c) => c.text(c.req.param('id')))
    for (let i = 0; i < 1200; i++) {
      expect(await (await app.request(`/${i}`)).text()).toBe(String(i))
    }
    expect(await (await app.request('/1')).text()).toBe('1')
  })
})

describe('declared routes', () => {
  const routes = createRoutes()
  const seen: string[] = []
  routes.get(
    '/:id',
    async (c, next) => {
      seen.push(c.req.param('id'))
      await next()
    },
    (c) => c.text(`${c.req.param('id')} of ${c.req.routePath}`),
  )
  routes.on('PUT', '/', (c) => c.text('put'))

  it('are served under a path, each handler with the parameters', async ({ expect }) => {
    const app = createRouter()
    mount(app, under('/posts', routes))
    mount(app, under('/', routes))
    expect(await (await app.request('/posts/7')).text()).toBe('7 of /posts/:id')
    expect(await (await app.request('/8/')).text()).toBe('8 of /:id')
    expect(seen).toEqual(['7', '8'])
    expect(await (await app.request('/posts', { method: 'PUT' })).text()).toBe('put')
    expect((await app.request('/posts', { method: 'POST' })).status).toBe(404)
  })

  it('are declared with one method and one path', ({ expect }) => {
    const wrong = createRoutes()
    expect(() => wrong.on(['GET', 'POST'], '/a', (c) => c.text(''))).toThrow('one method')
    expect(() => wrong.on('GET', ['/a', '/b'], (c) => c.text(''))).toThrow('one path')
    expect(() => wrong.get((c) => c.text(''))).toThrow('one path')
  })

  it('stay one route each in what Hono lists', ({ expect }) => {
    const app = createRouter().basePath('/api')
    mount(app, under('/posts', routes))
    expect(app.routes.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/posts/:id',
      'PUT /api/posts',
    ])
  })

  it('say so when another app has copied them without their handlers', async ({ expect }) => {
    const inner = createRouter()
    mount(inner, under('/', routes))
    inner.onError((error, c) => c.text(error.message, 500))
    const outer = createRouter().route('/copy', inner)
    expect(await (await outer.request('/copy/7')).text()).toContain('createRouter()')
  })
})
