import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Unstable_Config, unstable_readConfig } from 'wrangler'

export const ROOT = join(import.meta.dirname, '../..')
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')

/** Builds what `npm run deploy` would upload. */
export async function build(folder: string, ...options: string[]): Promise<void> {
  await promisify(execFile)(
    process.execPath,
    [WRANGLER, 'deploy', '--dry-run', '--env=', '--outdir', folder, '--metafile', ...options],
    { cwd: ROOT, env: { ...process.env, WRANGLER_SEND_METRICS: 'false' } },
  )
}

/** wrangler.toml with settings of a test, and a finished script in `folder`. */
export function configOf(folder: string, vars: Record<string, string>) {
  const config: Unstable_Config = unstable_readConfig(
    { config: join(ROOT, 'wrangler.toml') },
    { hideWarnings: true },
  )
  return {
    ...config,
    main: join(folder, 'index.js'),
    base_dir: folder,
    no_bundle: true,
    d1_databases: config.d1_databases.map((database) => ({
      ...database,
      migrations_dir: join(ROOT, 'migrations'),
    })),
    assets: { ...config.assets, directory: join(ROOT, 'dist/assets') },
    vars,
  }
}
