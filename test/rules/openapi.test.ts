import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe as group, it } from 'vitest'
import * as z from 'zod/mini'
import { createApp } from '../../src/app.ts'
import type { Policy } from '../../src/core/actor.ts'
import { describe } from '../../src/http/describe.ts'
import { fillIn } from '../../src/http/documents.ts'
import { allow } from '../../src/http/guards.ts'
import { writeDocument } from '../../src/http/openapi.ts'
import { collectOperations } from '../../src/http/operations.ts'
import { createRoutes } from '../../src/http/routes.ts'
import { type Document, type Schema, unbounded, violations } from './openapi-rules.ts'

const REDOCLY = join(import.meta.dirname, '../../node_modules/.bin/redocly')
const POLICIES = ['anyone', 'user', 'owner', 'admin'] as const satisfies Policy[]

const app = createApp()
const text = fillIn(writeDocument(app.operations, '1.0.0'), {
  title: 'Studio Linden',
  origin: 'https://api.linden.test',
})
const read = (): Document => JSON.parse(text)

group('the document', () => {
  // Dialects are the contracts of others: their guards are looked at in test/features/dialects*.
  it('describes every route of ours that is mounted, and none beside', ({ expect }) => {
    const mounted = app.routes
      .filter(({ path }) => path !== '/*' && !/^\/(?:dev|dialects)\//.test(path))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{.*?\})?/g, '{$1}')}`)
    const described = Object.entries(read().paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described.sort()).toEqual([...new Set(mounted)].sort())
    expect(described).toHaveLength(app.operations.length)
  })

  it('leaves out what exists in development only', ({ expect }) => {
    expect(app.routes.some(({ path }) => path.startsWith('/dev/'))).toBe(true)
    expect(Object.keys(read().paths).filter((path) => path.startsWith('/dev'))).toEqual([])
  })

  it('keeps every rule of the house', ({ expect }) => {
    expect(violations(read(), POLICIES)).toEqual([])
  })

  it('is one for each origin', ({ expect }) => {
    const about = { title: 'Studio Linden', origin: 'http://localhost:8799' }
    const other = fillIn(writeDocument(app.operations, '1.0.0'), about)
    expect(other).toBe(text.replace('https://api.linden.test', 'http://localhost:8799'))
    expect(JSON.parse(fillIn('"{title}"', { ...about, title: '$& "{origin}"' }))).toBe(
      '$& "{origin}"',
    )
  })
})

group('a route that nobody thought about', () => {
  const about = describe({ id: 'readIt', tag: 'system', summary: 'It', returns: { 200: null } })

  it('keeps the app from starting when it has no description', ({ expect }) => {
    const routes = createRoutes()
    routes.get('/it', allow('anyone'), (c) => c.body(null))
    expect(() => collectOperations(routes.declared)).toThrow('GET /it needs describe() and allow()')
  })

  it('keeps the app from starting when it has no policy', ({ expect }) => {
    const routes = createRoutes()
    routes.get('/fine', about, allow('anyone'), (c) => c.body(null))
    routes.post('/it', about, (c) => c.body(null))
    expect(() => collectOperations(routes.declared)).toThrow(
      'POST /it needs describe() and allow()',
    )
  })

  it('is one that has neither; a route with both is collected', ({ expect }) => {
    const routes = createRoutes()
    routes.get('/it', about, allow('admin'), (c) => c.body(null))
    expect(collectOperations(routes.declared)).toMatchObject([
      { method: 'GET', path: '/it', policy: 'admin' },
    ])
  })
})

group('the checker', () => {
  const CONTACT = '/api/v1/contact'
  type Spoil = (document: Document) => unknown
  const operation = (document: Document, path = CONTACT, method = 'post') => {
    const found = document.paths[path]?.[method]
    if (!found) throw new Error(`No ${method} ${path} to spoil`)
    return found
  }
  const spoils: [what: string, spoil: Spoil, says: string][] = [
    [
      'a name used twice',
      (d) => Object.assign(operation(d), { operationId: 'readHealth' }),
      'readHealth names two',
    ],
    ['a lost name', (d) => delete operation(d).operationId, 'has no operationId'],
    ['a lost policy', (d) => delete operation(d)['x-policy'], 'has no policy'],
    [
      'an unknown policy',
      (d) => Object.assign(operation(d), { 'x-policy': 'friends' }),
      'has no policy',
    ],
    ['silence about callers', (d) => delete operation(d).security, 'does not say who'],
    [
      'security beside the policy',
      (d) => Object.assign(operation(d), { security: [{ bearer: [] }] }),
      'another by its security',
    ],
    [
      'unknown security',
      (d) => Object.assign(operation(d), { security: [{ cookie: [] }] }),
      'scheme cookie',
    ],
    ['a hidden refusal', (d) => delete operation(d).responses['415'], 'hides its 415'],
    [
      'a refusal in another form',
      (d) =>
        Object.assign(operation(d).responses, {
          400: { description: 'No', content: { 'application/json': {} } },
        }),
      'answers 400 with something else',
    ],
    [
      'a refusal called OK',
      (d) => Object.assign(operation(d).responses['400'] ?? {}, { description: 'OK' }),
      'calls its 400 OK',
    ],
    [
      'unbounded input',
      (d) => delete d.components.schemas.SendMessage?.properties?.name?.maxLength,
      'any length as body.name',
    ],
  ]

  it.for(spoils)('notices %s', ([, spoil, says], { expect }) => {
    const document = read()
    spoil(document)
    expect(violations(document, POLICIES)).toContainEqual(expect.stringContaining(says))
  })

  const INPUTS: [schema: Schema, faults: number][] = [
    [{}, 1],
    [{ type: 'string' }, 1],
    [{ type: 'string', format: 'email' }, 1],
    [{ type: 'string', pattern: '^[a-z]+$' }, 1],
    [{ type: 'string', pattern: '[a-z]{3}' }, 1],
    [{ type: ['string', 'null'] }, 1],
    [{ type: 'integer', minimum: 0 }, 1],
    [{ type: 'number', maximum: 1 }, 1],
    [{ type: 'array', items: { type: 'boolean' } }, 1],
    [{ type: 'array', maxItems: 2, items: { type: 'string' } }, 1],
    [{ type: 'object', properties: {} }, 1],
    [{ type: 'object', additionalProperties: {} }, 2],
    [{ type: 'object', additionalProperties: { type: 'boolean' }, maxProperties: 2 }, 1],
    [
      {
        type: 'object',
        propertyNames: { type: 'string', maxLength: 9 },
        additionalProperties: { type: 'string' },
        maxProperties: 2,
      },
      1,
    ],
    [
      {
        type: 'object',
        propertyNames: { type: 'string', maxLength: 9 },
        additionalProperties: { type: 'boolean' },
        maxProperties: 2,
      },
      0,
    ],
    [{ anyOf: [{ type: 'string' }, { type: 'integer' }] }, 2],
    [{ type: 'string', pattern: '^[+*]{1,3}$' }, 0],
    [{ type: 'string', format: 'uuid' }, 0],
    [{ type: 'integer', exclusiveMinimum: 0, maximum: 9 }, 0],
    [{ type: 'object', additionalProperties: false, properties: { a: { const: 1 } } }, 0],
  ]

  it.for(INPUTS)('counts in %j %i unbounded places', ([schema, faults], { expect }) => {
    expect(unbounded(schema, 'it', read())).toHaveLength(faults)
  })
})

group('redocly', () => {
  it('finds nothing to mend in the document', ({ expect }) => {
    expect(lint(text)).toEqual([])
  })

  it('finds a planted fault', ({ expect }) => {
    const document = read()
    delete document.paths['/problems/{code}']?.get?.parameters
    expect(lint(JSON.stringify(document))).toContainEqual(
      expect.stringContaining('path-parameters-defined'),
    )
  })
})

const Report = z.object({
  problems: z.array(z.object({ ruleId: z.string(), message: z.string() })),
})

/** What redocly has to say about a document, warnings too. It runs outside the repository, offline. */
function lint(document: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'atelier-openapi-'))
  try {
    writeFileSync(join(folder, 'openapi.json'), document)
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        REDOCLY,
        'lint',
        'openapi.json',
        '--extends=recommended',
        '--format=json',
        // The studio whose API this is says how it may be used; nothing in the code knows.
        '--skip-rule=info-license',
      ],
      {
        cwd: folder,
        encoding: 'utf8',
        env: {
          ...process.env,
          REDOCLY_TELEMETRY: 'off',
          REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
        },
      },
    )
    if (!stdout.trim().startsWith('{')) throw new Error(`redocly said: ${stderr}`)
    return Report.parse(JSON.parse(stdout)).problems.map((one) => `${one.ruleId}: ${one.message}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
