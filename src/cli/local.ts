import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

// What command-line tools share: the settings of .dev.vars, and D1 through wrangler.

export const ROOT = join(import.meta.dirname, '../..')
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')

/** A value for SQL text: nothing but a string, a number or NULL ever gets there. */
export function quote(value: string | number | null): string {
  if (value === null) return 'NULL'
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`
}

/** Runs statements on D1 and gives the rows of the last one. Throws what wrangler says. */
export function runSql(sql: string, options: string[]): Record<string, unknown>[] {
  const args = [WRANGLER, 'd1', 'execute', 'DB', '--json', '--command', sql, ...options]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    // The answer is printed as a log message.
    env: { ...process.env, CI: 'true', WRANGLER_LOG: 'log', WRANGLER_SEND_METRICS: 'false' },
  })
  if (status !== 0) throw new Error(stderr || stdout)
  const answers: { results: Record<string, unknown>[] }[] = JSON.parse(stdout)
  return answers.at(-1)?.results ?? []
}

/** A setting of .dev.vars. Throws when there is no such line. */
export function devVar(name: string): string {
  const text = readFileSync(join(ROOT, '.dev.vars'), 'utf8')
  const value = new RegExp(`^${name}="?(.*?)"?$`, 'm').exec(text)?.[1]
  if (!value) throw new Error(`${name} is not in .dev.vars; run npm run dev once`)
  return value
}

/** A setting of wrangler.toml, as the deployed Worker has it; in production without an environment. */
export function deployedVar(name: string, environment: string | undefined): string {
  const text = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')
  const section = environment === undefined ? '[vars]' : `[env.${environment}.vars]`
  const [, lines = ''] = text.split(`\n${section}\n`)
  const value = new RegExp(`^${name} = "(.*)"$`, 'm').exec(lines.split('\n[')[0] ?? '')?.[1]
  if (!value) throw new Error(`${name} is not in ${section} of wrangler.toml`)
  return value
}

/** Prints what went wrong, without a stack, and ends with a failure. */
export function fail(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error)
  const isFresh = /no such table|ENOENT.*\.dev\.vars/s.test(message)
  console.error(
    isFresh ? 'The database is missing or behind: start npm run dev once, or deploy.' : message,
  )
  process.exit(1)
}
