import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import remapping from '@jridgewell/remapping'
import { arrange } from './arrange.ts'

// What is uploaded: Wrangler's own bundle, arranged so that it starts sooner.

const ROOT = join(import.meta.dirname, '../..')
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
const FIRST_USE = join(import.meta.dirname, 'first-use.ts')

/** Writes `index.js`, its source map and esbuild's `bundle-meta.json` into the folder. */
export async function bundle(folder: string, ...options: string[]): Promise<void> {
  await build(folder, ...options)
  const file = join(folder, 'index.js')
  const script = await readFile(file, 'utf8')
  const { stdout } = await run(FIRST_USE, file)
  const arranged = arrange(script, new Set(JSON.parse(stdout) as string[]))
  const moved = arranged.generateMap({ hires: 'boundary' }).toString()
  const map = remapping([moved, await readFile(`${file}.map`, 'utf8')], () => null)
  // Traces of errors need not say where this folder is.
  map.sources = map.sources.map((source) => source && relative(ROOT, source))
  await writeFile(file, arranged.toString())
  await writeFile(`${file}.map`, map.toString())
}

/** The same as Wrangler makes it. */
export async function build(folder: string, ...options: string[]): Promise<void> {
  await run(WRANGLER, 'deploy', '--dry-run', '--outdir', folder, '--metafile', ...options)
}

const run = (script: string, ...options: string[]) =>
  promisify(execFile)(process.execPath, [script, ...options], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
    maxBuffer: 2 ** 26,
  })
