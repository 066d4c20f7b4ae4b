import { join } from 'node:path'
import { type Unstable_Config, unstable_readConfig } from 'wrangler'

export const ROOT = join(import.meta.dirname, '../..')

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
