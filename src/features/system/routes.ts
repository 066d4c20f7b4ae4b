import { describe } from '../../http/describe.ts'
import { fillIn } from '../../http/documents.ts'
import { allow } from '../../http/guards.ts'
import { writeDocument } from '../../http/openapi.ts'
import type { Operation } from '../../http/operations.ts'
import { originOf, PROBLEMS } from '../../http/problem.ts'
import { createRoutes } from '../../http/routes.ts'
import { sendCached } from '../../http/send.ts'
import { validate } from '../../http/validate.ts'
import { readFeed } from './feeds.ts'
import { sendAsset, sendPage, UNTIL_DEPLOYED } from './pages.ts'
import { HealthView, ProblemCode, ProblemTypeView, ReadinessView, SitemapQuery } from './schemas.ts'
import * as system from './service.ts'
import { readSitemap } from './sitemap.ts'
import { VERSION } from './version.ts'

const tag = 'system'

const FEEDS = [
  [
    '/feed.xml',
    'rss',
    'application/rss+xml; charset=utf-8',
    'The newest 50 posts and projects as RSS',
  ],
  ['/atom.xml', 'atom', 'application/atom+xml; charset=utf-8', 'The same as Atom'],
  ['/feed.json', 'json', 'application/feed+json', 'The same as JSON Feed'],
] as const

/** `operations` gives those of the whole app, once all are mounted. */
export function systemRoutes(operations: () => Operation[]) {
  const routes = createRoutes()

  routes.get(
    '/health',
    describe({ id: 'readHealth', tag, summary: 'Is it alive?', returns: { 200: HealthView } }),
    allow('anyone'),
    (c) => c.json(system.readHealth(c.get('ctx')), 200),
  )

  routes.get(
    '/health/ready',
    describe({
      id: 'readReadiness',
      tag,
      summary: 'Does all that it needs answer?',
      returns: { 200: ReadinessView, 503: ReadinessView },
    }),
    allow('anyone'),
    async (c) => {
      const view = await system.readReadiness(c.get('ctx'))
      return c.json(view, view.status === 'ready' ? 200 : 503)
    },
  )

  routes.get(
    '/problems/:code',
    describe({
      id: 'readProblemType',
      tag,
      summary: 'What a problem type means',
      returns: { 200: ProblemTypeView },
    }),
    allow('anyone'),
    validate('param', ProblemCode),
    (c) => {
      const { code } = c.req.valid('param')
      return c.json({ code, ...PROBLEMS[code] } satisfies ProblemTypeView, 200)
    },
  )

  routes.get(
    '/openapi.json',
    describe({
      id: 'readDocument',
      tag,
      summary: 'This document',
      returns: { 200: 'application/json' },
      anyQuery: true,
    }),
    allow('anyone'),
    async (c) => {
      const { STUDIO_NAME: title } = c.get('ctx').settings
      const text = __DEV__
        ? writeDocument(operations(), VERSION)
        : await c.get('ctx').assets.document('openapi')
      return c.body(fillIn(text, { title, origin: originOf(c) }), 200, {
        'content-type': 'application/json',
        'cache-control': UNTIL_DEPLOYED,
      })
    },
  )

  for (const [path, name, type, summary] of FEEDS) {
    routes.get(
      path,
      describe({
        id: `read_${name}`,
        tag,
        summary,
        returns: { 200: type, 304: null },
        anyQuery: true,
      }),
      allow('anyone'),
      async (c) => sendCached(c, await readFeed(c.get('ctx'), name), type),
    )
  }

  const xml = 'application/xml; charset=utf-8'
  routes.get(
    '/sitemap.xml',
    describe({
      id: 'read_sitemap',
      tag,
      summary: 'Every page, for search engines',
      description: 'With more than 1,000 posts, projects or products an index of its parts.',
      returns: { 200: xml, 304: null },
      refuses: [404],
    }),
    allow('anyone'),
    validate('query', SitemapQuery),
    async (c) => sendCached(c, await readSitemap(c.get('ctx'), c.req.valid('query')), xml),
  )

  for (const [path, name, summary] of [
    ['/', 'docs', 'Where a newcomer lands'],
    ['/docs', 'docs', 'The document in Swagger UI'],
    ['/redoc', 'redoc', 'The document in ReDoc'],
  ] as const) {
    routes.get(
      path,
      describe({
        id: `read_${path.slice(1) || 'root'}`,
        tag,
        summary,
        returns: { 200: 'text/html' },
        anyQuery: true,
      }),
      allow('anyone'),
      (c) => sendPage(c, name),
    )
  }

  routes.get(
    '/docs/:file{[\\w.-]+}',
    describe({
      id: 'readDocsFile',
      tag,
      summary: 'A file of the two readers',
      returns: { 200: 'application/octet-stream' },
      refuses: [404],
      anyQuery: true,
    }),
    allow('anyone'),
    sendAsset,
  )

  return routes
}
