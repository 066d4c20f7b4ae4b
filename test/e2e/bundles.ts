import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'

const ROOT = join(import.meta.dirname, '../..')
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')

declare module 'vitest' {
  interface ProvidedContext {
    /** Folders of finished bundles: what `npm run deploy` uploads and what `npm run dev` serves. */
    bundles: { production: string; development: string }
  }
}

/** Builds both bundles once for all files. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'atelier-bundles-'))
  const bundles = {
    production: join(folder, 'production'),
    development: join(folder, 'development'),
  }
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    await Promise.all([
      build(bundles.production),
      build(bundles.development, '--define', '__DEV__:true'),
    ])
  } catch (error) {
    await remove()
    throw error
  }
  project.provide('bundles', bundles)
  return remove
}

async function build(folder: string, ...options: string[]): Promise<void> {
  await promisify(execFile)(
    process.execPath,
    [WRANGLER, 'deploy', '--dry-run', '--env=', '--outdir', folder, '--metafile', ...options],
    { cwd: ROOT, env: { ...process.env, WRANGLER_SEND_METRICS: 'false' } },
  )
}
