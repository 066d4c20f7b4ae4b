import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { build, bundle } from '../../src/cli/bundle.ts'

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
      bundle(bundles.production, '--env='),
      build(bundles.development, '--env=', '--define', '__DEV__:true'),
    ])
  } catch (error) {
    await remove()
    throw error
  }
  project.provide('bundles', bundles)
  return remove
}
