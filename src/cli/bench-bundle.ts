import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { bundle } from './bundle.ts'

// How big the production bundle is, what it is made of, and how long it takes to start next to a
// Worker that does no more than import the libraries. Everything is written to a temporary folder.

const ROOT = join(import.meta.dirname, '../..')
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
const LIBRARIES = {
  hono: "import { Hono } from 'hono'",
  'drizzle-orm': "import { drizzle } from 'drizzle-orm/d1'",
  zod: "import * as z from 'zod'",
  jose: "import { jwtVerify, SignJWT } from 'jose'",
}
/** Names that are used, since what is not used does not get into a bundle. */
const USES = {
  hono: 'Hono',
  'drizzle-orm': 'drizzle',
  zod: 'z.object, z.string, z.email, z.enum, z.array, z.union, z.record',
  jose: 'jwtVerify, SignJWT',
}

type Library = keyof typeof LIBRARIES
type Metafile = {
  outputs: Record<
    string,
    { bytes: number; entryPoint?: string; inputs: Record<string, { bytesInOutput: number }> }
  >
}
type Profile = {
  nodes: { id: number; callFrame: { functionName: string } }[]
  samples: number[]
  timeDeltas: number[]
}
type Start = { sampled: number; active: number }

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '11' },
  },
})
const runs = Math.max(1, Number(values.runs) || 1)
const folder = await mkdtemp(join(tmpdir(), 'atelier-bench-'))
async function measure() {
  const libraries = installed()
  const atelier = await uploadOf(join(folder, 'atelier'))
  const plain = await uploadOfLibraries(libraries)
  const starts: { atelier: Start[]; libraries: Start[] } = { atelier: [], libraries: [] }
  // In turns, so that a busy minute of the machine weighs on both.
  for (let run = 0; run < runs; run += 1) {
    starts.atelier.push(await profile(atelier.upload))
    starts.libraries.push(await profile(plain))
  }
  return {
    size: { bytes: atelier.bytes, gzip: atelier.gzip },
    parts: atelier.parts,
    startup_ms: {
      runs,
      atelier: middle(starts.atelier),
      libraries: middle(starts.libraries),
      compared_with: libraries,
    },
  }
}

/** Those of LIBRARIES that this project has. */
function installed(): Library[] {
  const require = createRequire(join(ROOT, 'package.json'))
  const names = Object.keys(LIBRARIES) as Library[]
  return names.filter((name) => {
    try {
      return Boolean(require.resolve(name))
    } catch {
      return false
    }
  })
}

async function writePlainWorker(libraries: Library[]): Promise<string> {
  const target = join(folder, 'plain')
  await mkdir(target)
  await symlink(join(ROOT, 'node_modules'), join(target, 'node_modules'))
  const config = await readFile(join(ROOT, 'wrangler.toml'), 'utf8')
  const shared = config
    .split('\n')
    .filter((line) => /^(compatibility_|minify|keep_names)/.test(line))
  await writeFile(
    join(target, 'wrangler.toml'),
    ['name = "libraries"', 'main = "index.js"', ...shared].join('\n'),
  )
  const imports = libraries.map((name) => LIBRARIES[name])
  const used = libraries.map((name) => USES[name]).join(', ')
  const handler = `export default { fetch: () => new Response(String([${used}].length)) }`
  await writeFile(join(target, 'index.js'), [...imports, handler].join('\n'))
  return target
}

/** What is sent to Cloudflare, of a bundle that `npm run deploy` would make. */
async function uploadOf(target: string) {
  await bundle(target, '--env=')
  const file = join(target, 'index.js')
  const upload = `${target}.bundle`
  // The readers under dist/assets are uploaded beside it and are no part of it.
  const assets = join(folder, 'assets')
  await mkdir(assets)
  const options = ['--no-bundle', '--minify=false', '--env=', '--assets', assets]
  await dryRun(ROOT, upload, file, '--config', join(ROOT, 'wrangler.toml'), ...options)
  const script = await readFile(file)
  const metafile = await readFile(join(target, 'bundle-meta.json'), 'utf8')
  return {
    upload,
    bytes: script.byteLength,
    gzip: gzipSync(script).byteLength,
    parts: partsOf(JSON.parse(metafile) as Metafile),
  }
}

async function uploadOfLibraries(libraries: Library[]): Promise<string> {
  const upload = join(folder, 'libraries.bundle')
  await dryRun(await writePlainWorker(libraries), upload)
  return upload
}

/** A source map is uploaded with a bundle, and not loaded at a start. */
const dryRun = (cwd: string, upload: string, ...options: string[]) =>
  wrangler(cwd, [
    'deploy',
    ...options,
    '--dry-run',
    '--outfile',
    upload,
    '--upload-source-maps=false',
  ])

/** Bytes of the output by the package or the folder of src that they come from, largest first. */
function partsOf({ outputs }: Metafile): { name: string; bytes: number }[] {
  const sums = new Map<string, number>()
  for (const { entryPoint, bytes, inputs } of Object.values(outputs)) {
    if (entryPoint === undefined) continue
    let known = 0
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name = ownerOf(path)
      sums.set(name, (sums.get(name) ?? 0) + bytesInOutput)
      known += bytesInOutput
    }
    sums.set('(bundler)', bytes - known)
  }
  return [...sums]
    .map(([name, bytes]) => ({ name, bytes }))
    .filter((part) => part.bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
}

function ownerOf(path: string): string {
  const inPackage = path.split('node_modules/').at(-1)
  if (inPackage !== undefined && inPackage !== path) {
    return inPackage
      .split('/')
      .slice(0, inPackage.startsWith('@') ? 2 : 1)
      .join('/')
  }
  return (
    /^src\/(features\/[^/]+|[^/]+(?=\/))/.exec(path)?.[0] ??
    (path.startsWith('src/') ? 'src' : path)
  )
}

/** Milliseconds of one start in workerd; `active` is without the time in which it waited. */
async function profile(upload: string): Promise<Start> {
  const target = join(folder, 'start.cpuprofile')
  await wrangler(folder, ['check', 'startup', '--workerBundle', upload, '--outfile', target])
  const { nodes, samples, timeDeltas } = JSON.parse(await readFile(target, 'utf8')) as Profile
  const idle = new Set(
    nodes.filter((node) => node.callFrame.functionName === '(idle)').map((node) => node.id),
  )
  const start: Start = { sampled: 0, active: 0 }
  for (const [index, delta] of timeDeltas.entries()) {
    start.sampled += delta / 1000
    if (!idle.has(samples[index] ?? 0)) start.active += delta / 1000
  }
  return start
}

async function wrangler(cwd: string, args: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [WRANGLER, ...args], {
    cwd,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
  })
}

/** Some runs are slow by what else the machine does, and in some the profiler comes too late to see all. */
const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

const middle = (starts: Start[]): Start => ({
  sampled: round(median(starts.map((start) => start.sampled))),
  active: round(median(starts.map((start) => start.active))),
})

const round = (number: number) => Math.round(number * 10) / 10
const kib = (bytes: number) => (bytes / 1024).toFixed(1)

function report({ size, parts, startup_ms }: Awaited<ReturnType<typeof measure>>): string {
  const { atelier, libraries, compared_with } = startup_ms
  const ratio = (kind: keyof Start) => (atelier[kind] / libraries[kind]).toFixed(2)
  return [
    '## The production bundle',
    '',
    `${kib(size.bytes)} KiB minified, ${kib(size.gzip)} KiB with gzip.`,
    '',
    '| part | KiB | share |',
    '|---|---:|---:|',
    ...parts.map(
      ({ name, bytes }) =>
        `| ${name} | ${kib(bytes)} | ${((bytes / size.bytes) * 100).toFixed(1)} % |`,
    ),
    '',
    '## Start-up',
    '',
    `Milliseconds, median of ${startup_ms.runs} runs in turns; sampled is all that the profiler`,
    `saw, active is that without waiting. Compared with a Worker that only imports`,
    `${compared_with.join(', ')}.`,
    '',
    '| | sampled | active |',
    '|---|---:|---:|',
    `| Atelier | ${atelier.sampled} | ${atelier.active} |`,
    `| libraries only | ${libraries.sampled} | ${libraries.active} |`,
    `| ratio | ${ratio('sampled')} | ${ratio('active')} |`,
  ].join('\n')
}

try {
  const result = await measure()
  console.log(values.json ? JSON.stringify(result, null, 2) : report(result))
} finally {
  await rm(folder, { recursive: true, force: true })
}
