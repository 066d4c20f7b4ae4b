import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { bundle } from './bundle.ts'

// Migrations only add, so they go first: the old code runs on the new tables, not the other way
// round. Only the very first deploy makes the database before it is migrated.

const ROOT = join(import.meta.dirname, '../..')
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
const BUNDLE = join(ROOT, 'dist/worker')
const given = process.argv.slice(2)

await import('./build.ts')
await bundle(BUNDLE, ...given)
const migrated = wrangler('d1', 'migrations', 'apply', 'DB', '--remote')
if (migrated.ok) {
  stopUnless(deploy())
} else {
  if (!migrated.output.includes("Couldn't find a D1 DB")) stopUnless(migrated)
  console.log('There is no database yet. The deploy makes it, then it is migrated.')
  stopUnless(deploy())
  stopUnless(wrangler('d1', 'migrations', 'apply', 'DB', '--remote'))
}

type Result = { ok: boolean; output: string }

/** As it is. Wrangler makes no finished bundle smaller, and would complain that it is asked to. */
function deploy(): Result {
  return wrangler('deploy', join(BUNDLE, 'index.js'), '--no-bundle', '--minify=false')
}

function wrangler(...args: string[]): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [WRANGLER, ...args, ...given], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['inherit', 'pipe', 'pipe'],
  })
  process.stdout.write(stdout)
  process.stderr.write(stderr)
  return { ok: status === 0, output: stdout + stderr }
}

function stopUnless({ ok }: Result): void {
  if (!ok) process.exit(1)
}
