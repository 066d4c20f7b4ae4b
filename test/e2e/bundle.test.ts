import { readFileSync } from 'node:fs'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { SourceMap, type SourceMapping } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parse } from 'acorn'
import { afterAll, beforeAll, describe, inject, it } from 'vitest'
import { createTestHarness } from 'wrangler'
import { configOf, ROOT } from '../support/bundle.ts'
import { type Kind, type Site, startSite } from './harness.ts'

const MODULES = [{ type: 'ESModule' as const, globs: ['**/*.js'] }]
const MAX_GZIP_BYTES = 300 * 1024

/** What only src/dev and the local mailbox say. */
const DEV_MARKERS = [
  'dev/mail',
  'dev/demo',
  'Mailbox',
  'mail.json',
  'replaceChildren',
  'Marta Oliveira',
  'Tanaka Tea',
  'Buy 5000 links',
  'cs_local_',
  'dev/pay',
]
const DEV_FILES = /^src\/(dev\/|platform\/(mailer\/mailbox|payments\/local)\.ts)/
/** What zod brings beside zod/mini: its methods, and messages in every language. */
const REST_OF_ZOD = /node_modules\/zod\/v4\/(?:classic|locales)\//
const GERMAN = 'Eingabe'

type Metafile = { outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }> }

const scriptOf = (kind: Kind) => readFileSync(join(inject('bundles')[kind], 'index.js'), 'utf8')

function filesOf(kind: Kind): string[] {
  const text = readFileSync(join(inject('bundles')[kind], 'bundle-meta.json'), 'utf8')
  const { outputs } = JSON.parse(text) as Metafile
  return Object.values(outputs)
    .flatMap((output) => Object.entries(output.inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => file)
}

describe('what is uploaded', () => {
  it.for(DEV_MARKERS)('does not say "%s", which local development does', (marker, { expect }) => {
    expect(scriptOf('development').includes(marker)).toBe(true)
    expect(scriptOf('production').includes(marker)).toBe(false)
  })

  it('holds no byte of the development helpers', ({ expect }) => {
    expect(filesOf('development').filter((file) => DEV_FILES.test(file))).not.toEqual([])
    expect(filesOf('production').filter((file) => DEV_FILES.test(file))).toEqual([])
  })

  it('leaves the sources of the development helpers out of its source map', ({ expect }) => {
    const sourcesOf = (kind: Kind) => {
      const text = readFileSync(join(inject('bundles')[kind], 'index.js.map'), 'utf8')
      const { sources } = JSON.parse(text) as { sources: string[] }
      return sources.filter((source) => source.includes('src/dev/'))
    }
    expect(sourcesOf('development')).not.toEqual([])
    expect(sourcesOf('production')).toEqual([])
  })

  it('holds of zod what zod/mini is', ({ expect }) => {
    const german = join(import.meta.dirname, '../../node_modules/zod/v4/locales/de.js')
    expect(readFileSync(german, 'utf8').includes(GERMAN)).toBe(true)
    expect(scriptOf('production').includes(GERMAN)).toBe(false)
    expect(filesOf('production').filter((file) => REST_OF_ZOD.test(file))).toEqual([])
  })

  it('fits into 300 KiB once it is compressed', ({ expect }) => {
    expect(gzipSync(scriptOf('production')).byteLength).toBeLessThanOrEqual(MAX_GZIP_BYTES)
  })
})

/** A module beside the bundle that hears what it warns of at its start, and tells it. */
async function warningsAtStart(before: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'atelier-start-'))
  await cp(join(inject('bundles').production, 'index.js'), join(folder, 'atelier.js'))
  await writeFile(
    join(folder, 'ear.js'),
    `export const heard = []; console.warn = (line) => heard.push(line); ${before}`,
  )
  await writeFile(
    join(folder, 'index.js'),
    `import { heard } from './ear.js'; import './atelier.js'
    export default { fetch: () => Response.json(heard) }`,
  )
  const server = createTestHarness({
    root: folder,
    workers: [{ config: { ...configOf(folder, {}), rules: MODULES } }],
  })
  try {
    const { url } = await server.listen()
    const lines = (await (await fetch(url)).json()) as string[]
    return lines.map((line) => JSON.parse(line).event)
  } finally {
    await server.close()
    await rm(folder, { recursive: true })
  }
}

describe('the start of the production bundle', () => {
  it('is warm where workerd allows no body, no timer and no chance', async ({ expect }) => {
    expect(await warningsAtStart('')).toEqual([])
  })

  it('says where it has not become warm, and goes on', async ({ expect }) => {
    const without = 'globalThis.Request = class { constructor() { throw new Error("no") } }'
    expect(await warningsAtStart(without)).toEqual(['warm-up.failed'])
  })

  it('has what it calls compiled at once, and skims what it does not', async ({ expect }) => {
    const script = scriptOf('production')
    const { body } = parse(script, { ecmaVersion: 'latest', sourceType: 'module' })
    const outer = body.flatMap((node) =>
      node.type === 'VariableDeclaration' ? node.declarations : [],
    )
    const kinds = outer.map(({ init }) => init?.type)
    expect(kinds.filter((kind) => kind === 'FunctionExpression').length).toBeGreaterThan(500)
    const early = outer.filter(({ init }) => init && script[init.start - 1] === '(')
    expect(early.length).toBeGreaterThan(150)
  })

  it('has a source map that leads to the sources', ({ expect }) => {
    const text = readFileSync(join(inject('bundles').production, 'index.js.map'), 'utf8')
    const map = new SourceMap(JSON.parse(text))
    const words = 'npm run build has not written'
    const lines = scriptOf('production').split('\n')
    const line = lines.findIndex((one) => one.includes(words))
    const origin = map.findEntry(line, lines[line]?.indexOf(words) ?? 0)
    expect(origin).toMatchObject({ originalSource: 'src/db/built.ts' })
    const source = readFileSync(join(ROOT, 'src/db/built.ts'), 'utf8').split('\n')
    expect(source[(origin as SourceMapping).originalLine]).toContain(words)
  })
})

describe('the production bundle', () => {
  let site: Site
  beforeAll(async () => {
    site = await startSite('production', { DIALECTS: 'fastapi-template' })
  })
  afterAll(() => site?.close())

  it.for(['/openapi.json', '/dialects/fastapi-template/api/v1/openapi.json'])(
    'serves %s, which the build wrote, as development writes it',
    async (path, { expect }) => {
      const developed = await startSite('development', { DIALECTS: 'fastapi-template' })
      try {
        const live = await (await developed.request('GET', path)).text()
        const response = await site.request('GET', path)
        expect(response.status).toBe(200)
        expect(response.headers.get('content-type')).toBe('application/json')
        const text = await response.text()
        expect(text.replaceAll(site.url, '')).toBe(live.replaceAll(developed.url, ''))
        expect(Object.keys(JSON.parse(text).paths).length).toBeGreaterThanOrEqual(15)
      } finally {
        await developed.close()
      }
    },
  )

  it.for([
    ['GET', '/dev/mail'],
    ['GET', '/dev/mail.json'],
    ['GET', '/dev/mail.js'],
    ['POST', '/dev/demo'],
  ] as const)(
    'knows no %s %s even where the settings would allow it',
    async ([method, path], { expect }) => {
      const response = await site.request(method, path)
      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/)
      expect(await response.json()).toMatchObject({ code: 'not_found', status: 404 })
    },
  )

  it('is ready with the bindings of wrangler.toml', async ({ expect }) => {
    const response = await site.request('GET', '/health/ready')
    expect(await response.json()).toMatchObject({ status: 'ready' })
    expect(response.status).toBe(200)
  })
})
