import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeDevVars } from './dev-vars.ts'

// What stands between a fresh clone and a running Worker: settings, documents, migrations, demo
// data, and the cron, which never fires by itself in local development.

const ROOT = join(import.meta.dirname, '../..')
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
const SECOND = 1000
const MINUTE = 60 * SECOND
const STOP_AFTER_MS = 5 * SECOND

const given = process.argv.slice(2)
const { values } = parseArgs({
  args: given,
  options: { port: { type: 'string' }, 'persist-to': { type: 'string' } },
  strict: false,
})
const port = typeof values.port === 'string' ? values.port : '8787'
const portOption = values.port === undefined ? ['--port', port] : []
const address = `http://localhost:${port}`
// Pictures and documents name the address at which they are asked for.
const origin =
  values.port === undefined || given.some((option) => option.startsWith('API_ORIGIN:'))
    ? []
    : ['--var', `API_ORIGIN:${address}`]
const state = typeof values['persist-to'] === 'string' ? ['--persist-to', values['persist-to']] : []
// wrangler would look for Request.cf in the network and complain that there is none.
const env = {
  ...process.env,
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
}

writeDevVars(join(ROOT, '.dev.vars.example'), join(ROOT, '.dev.vars'))
await import('./build.ts')
await makeSureThatFree(Number(port))
migrate()
const wrangler = serve()
await answering(wrangler)
await loadDemo()
setInterval(() => void call('/cdn-cgi/handler/scheduled?cron=*+*+*+*+*'), MINUTE)

/** Another server on the port would be taken for ours: it answers, and gets the demo data. */
async function makeSureThatFree(wanted: number): Promise<void> {
  const probe = createServer()
  await new Promise<void>((resolve) => {
    probe.once('error', () => {
      console.error(`Port ${wanted} is in use. Choose another: npm run dev -- --port 9000`)
      process.exit(1)
    })
    probe.listen(wanted, () => probe.close(() => resolve()))
  })
}

function migrate(): void {
  const args = [WRANGLER, 'd1', 'migrations', 'apply', 'DB', '--local', ...state]
  const result = spawnSync(process.execPath, args, {
    cwd: ROOT,
    env: { ...env, CI: 'true' },
    encoding: 'utf8',
  })
  if (result.status === 0) return
  process.stderr.write(result.stdout + result.stderr)
  process.exit(1)
}

function serve(): ChildProcess {
  const args = [WRANGLER, 'dev', ...portOption, ...origin, '--define', '__DEV__:true', ...given]
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: 'inherit' })
  child.on('exit', (code, signal) => {
    process.exit(signal ? 0 : (code ?? 0))
  })
  const stop = () => {
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), STOP_AFTER_MS).unref()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  // npm's shell does not pass signals on; when it is gone, nobody waits for this process any more.
  const parent = process.ppid
  setInterval(() => process.ppid === parent || stop(), SECOND)
  return child
}

async function answering(child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const health = await call('/health')
    if (health?.ok) return
    if (health?.status === 503) {
      const { detail }: { detail?: string } = await health.json()
      console.error(`\n${detail}\nSettings stand in .dev.vars and behind --var.\n`)
      child.kill('SIGTERM')
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

async function loadDemo(): Promise<void> {
  const answer = await call('/dev/demo', { method: 'POST' })
  if (!answer) return
  if (!answer.ok) {
    console.error('The demo data could not be loaded:', await answer.text())
    return
  }
  const { admin }: { admin: { email: string; password: string; totp_secret: string } } =
    await answer.json()
  console.log(`
  Atelier    ${address}
  Mailbox    ${address}/dev/mail
  Reference  ${address}/docs and ${address}/redoc
  Admin      ${admin.email}, password ${admin.password}
             TOTP secret ${admin.totp_secret}, both until you change them
  Token      npm run --silent token -- ${admin.email}${values.port === undefined ? '' : ` --port ${port}`}
`)
}

async function call(path: string, init?: RequestInit): Promise<Response | null> {
  try {
    return await fetch(address + path, init)
  } catch {
    return null
  }
}
