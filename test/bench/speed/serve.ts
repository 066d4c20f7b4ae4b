import childProcess from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { createTestHarness } from 'wrangler'
import { bundle } from '../../../src/cli/bundle.ts'
import { configOf } from '../../support/bundle.ts'

/** As in production, but for names that lead nowhere. */
export const SETTINGS = {
  ENVIRONMENT: 'production',
  STUDIO_NAME: 'Studio Linden',
  API_ORIGIN: 'https://api.linden.test',
  SITE_ORIGIN: 'https://www.linden.test',
  SECRET_KEY: 'k8Zq1vY0pWm3RtXc7Bn5Ls9Hd2Fj4Ga6',
  OWNER_EMAIL: 'owner@linden.test',
  MAIL_FROM: 'Studio Linden <hello@linden.test>',
  MAIL_PROVIDER: 'resend',
  MAIL_API_KEY: 're_bench_0123456789',
  STRIPE_SECRET_KEY: 'sk_live_bench0123456789',
  STRIPE_WEBHOOK_SECRET: 'whsec_bench0123456789abcdef',
}

const { spawn } = childProcess

// The harness reads each line that a Worker logs in the process that makes the load, which would count
// as the Worker's slowness: the runtime writes its lines to nobody. What breaks stands in stderr.
childProcess.spawn = ((command: string, given: string[], options: childProcess.SpawnOptions) => {
  const { stdio } = options
  if (!command.endsWith('workerd') || !Array.isArray(stdio)) return spawn(command, given, options)
  const child = spawn(command, given, { ...options, stdio: stdio.with(1, 'ignore') })
  return Object.assign(child, { stdout: new PassThrough() })
}) as typeof spawn

export type Stores = { DB: D1Database; CACHE: KVNamespace; FILES: R2Bucket }

/** A Worker with its own database, and the process that runs it. */
export type Served = { port: number; pid: number; stores: Stores; close(): Promise<void> }

const MODULES = [{ type: 'ESModule' as const, globs: ['**/*.js'] }]
let bystander: Promise<string> | undefined

const folder = await mkdtemp(join(tmpdir(), 'atelier-bench-'))

export const removeAll = () => rm(folder, { recursive: true, force: true })

/** The production bundle's folder. */
export async function buildBundle(): Promise<string> {
  const target = join(folder, 'atelier')
  await bundle(target, '--env=')
  return target
}

/** A folder with that script, beside a copy of the bundle where it is asked for. */
export async function writeScript(name: string, script: string, bundle?: string): Promise<string> {
  const target = join(folder, name)
  await mkdir(target)
  if (bundle) await cp(join(bundle, 'index.js'), join(target, 'atelier.js'))
  await writeFile(join(target, 'index.js'), script)
  return target
}

/** The host of a Worker beside the one that is measured, in the same process; it answers nothing. */
export const BYSTANDER = 'bystander.test'

export async function serve(script: string, vars: Record<string, string> = {}): Promise<Served> {
  const known = new Set(runtimes())
  const config = { ...configOf(script, { ...SETTINGS, ...vars }), rules: MODULES }
  bystander ??= writeScript('bystander', 'export default { fetch: () => new Response() }')
  const beside = {
    compatibility_date: config.compatibility_date,
    name: 'bystander',
    main: join(await bystander, 'index.js'),
    no_bundle: true,
    rules: MODULES,
    routes: [{ pattern: `${BYSTANDER}/*`, zone_name: BYSTANDER }],
  }
  const server = createTestHarness({
    root: script,
    workers: [{ config }, { config: beside }],
  })
  const { url } = await server.listen()
  const worker = server.getWorker<Stores>()
  await worker.applyD1Migrations('DB')
  // The harness stands as a process of its own before the one that runs the Worker, and would hide
  // most of the differences: requests go past it.
  const own = runtimes()
    .filter((pid) => !known.has(pid))
    .map((pid) => ({ pid, port: portOf(pid) }))
    .find(({ port }) => port !== undefined && port !== Number(url.port))
  if (!own?.port)
    throw new Error('The process that runs the Worker is not found; this needs Linux.')
  const stores = await worker.getEnv()
  return { pid: own.pid, port: own.port, stores, close: () => server.close() }
}

/** The workerd processes that this one has started. */
function runtimes(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [, name, , parent] = /^\d+ \((.*)\) (\S) (\d+)/.exec(stat(pid)) ?? []
        return name === 'workerd' && Number(parent) === process.pid
      } catch {
        // It has ended meanwhile.
        return false
      }
    })
    .map(Number)
}

const stat = (pid: number | string) => readFileSync(`/proc/${pid}/stat`, 'utf8')

/** The only port that the process listens to. */
function portOf(pid: number): number | undefined {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]
      } catch {
        return undefined
      }
    }),
  )
  const lines = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n').slice(1)
  const listening = lines
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[3] === '0A' && sockets.has(fields[9] ?? ''))
  const port = listening?.[1]?.split(':')[1]
  return port === undefined ? undefined : Number.parseInt(port, 16)
}

const TICK_MS = 10

/** Milliseconds of processor time that a process has used so far. */
export function cpuOf(pid: number): number {
  const fields = stat(pid).split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}
