import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { waitFor } from './harness.ts'

const ROOT = join(import.meta.dirname, '../..')
const READY_MS = 90_000
/** What a clone does not have. */
const LOCAL = new Set(['node_modules', '.git', '.wrangler', '.dev.vars', 'dist', 'coverage'])

type Row = { pid: number; parent: number; group: number; state: string; command: string }

/** A copy of the working tree as a newcomer has it after `npm ci`. */
export function cloneTree(): string {
  const folder = mkdtempSync(join(tmpdir(), 'atelier-clone-'))
  cpSync(ROOT, folder, { recursive: true, filter: (source) => !LOCAL.has(basename(source)) })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** `npm run dev` in a process group of its own, as a shell would start it. */
export class DevServer {
  readonly url: string
  output = ''
  readonly #npm: ChildProcess

  private constructor(folder: string, port: number, options: string[]) {
    this.url = `http://localhost:${port}`
    this.#npm = spawn('npm', ['run', 'dev', '--', '--port', String(port), ...options], {
      cwd: folder,
      env: cleanEnvironment(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#npm.stdout, this.#npm.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk
      })
    }
  }

  /** Resolves when it has said where it is to be found. */
  static async start(folder: string, ...options: string[]): Promise<DevServer> {
    const server = new DevServer(folder, await freePort(), options)
    const isUp = () => server.output.includes('--silent token')
    try {
      await waitFor(isUp, READY_MS, 'npm run dev')
      return server
    } catch (error) {
      server.kill('SIGKILL')
      throw new Error(server.output, { cause: error })
    }
  }

  /** Everything that descends from npm, or is in its group. */
  processes(): Row[] {
    const rows = listProcesses()
    const family = new Set([this.#pid])
    for (let size = 0; size !== family.size; ) {
      size = family.size
      for (const { pid, parent, group } of rows) {
        if (family.has(parent) || group === this.#pid) family.add(pid)
      }
    }
    return rows.filter(({ pid }) => family.has(pid))
  }

  /** Those of `before` that have not ended within `withinMs`, and newcomers to the group. */
  async left(before: Row[], withinMs: number): Promise<string[]> {
    const pids = new Set(before.map((row) => row.pid))
    const find = () =>
      listProcesses().filter(({ pid, group }) => pids.has(pid) || group === this.#pid)
    await waitFor(() => find().length === 0, withinMs, '').catch(() => null)
    return find().map(({ command }) => command)
  }

  /** To the whole group, as Ctrl-C does. */
  interrupt(): void {
    this.kill('SIGINT')
  }

  /** To npm alone, as an editor or a supervisor does. */
  terminate(): void {
    process.kill(this.#pid, 'SIGTERM')
  }

  kill(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.#pid, signal)
    } catch {
      // The group is gone already.
    }
  }

  get #pid(): number {
    if (this.#npm.pid === undefined) throw new Error('npm did not start')
    return this.#npm.pid
  }
}

/** Living processes; one that has ended and waits to be collected is none. */
function listProcesses(): Row[] {
  const columns = ['pid', 'ppid', 'pgid', 'state', 'args'].map((name) => `${name}=`).join(',')
  const lines = execFileSync('ps', ['-A', '-o', columns], { encoding: 'utf8' }).split('\n')
  return lines.flatMap((line) => {
    const [, pid, parent, group, state, command] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
    if (!state || !command || state.startsWith('Z')) return []
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), state, command }]
  })
}

/** Without what npm and vitest have set for this process. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|NODE_ENV$|NODE_OPTIONS$|WRANGLER_|TEST$|MODE$)/i.test(name),
  )
  return Object.fromEntries(inherited)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port')
  return address.port
}
