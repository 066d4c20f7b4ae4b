import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { cloneTree, DevServer } from './dev-server.ts'
import { type LocalMail, waitFor } from './harness.ts'

const GONE_MS = 15_000
const MAIL_MS = 2000
/** 32 bytes in base64url. */
const SECRET = /^[\w-]{43}$/

let folder: string
let server: DevServer | undefined
beforeAll(() => {
  folder = cloneTree()
})
afterAll(() => {
  server?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const settings = () => parseEnv(readFileSync(join(folder, '.dev.vars'), 'utf8'))

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, ...init.headers }
  return await fetch(`${server?.url}${path}`, { ...init, headers })
}

async function countMessages(): Promise<number> {
  const response = await call('/api/v1/contact/messages?count=true')
  return ((await response.json()) as { count: number }).count
}

let messages = 0
let token = ''

/** By the command that the server prints. */
function mintToken(): string {
  const env = { ...process.env, PATH: `${join(folder, 'node_modules/.bin')}:${process.env.PATH}` }
  const [, given = ''] = /npm run --silent token -- (.+)/.exec(server?.output ?? '') ?? []
  const args = ['run', '--silent', 'token', '--', ...given.trim().split(' ')]
  return execFileSync('npm', args, { cwd: folder, env, encoding: 'utf8' }).trim()
}

describe('npm run dev on a fresh clone', () => {
  beforeAll(async () => {
    server = await DevServer.start(folder)
    token = mintToken()
  })

  it('serves the API and its reference', async ({ expect }) => {
    expect((await call('/health')).status).toBe(200)
    expect(await (await call('/health/ready')).json()).toMatchObject({ status: 'ready' })
    expect((await call('/docs/swagger-ui-bundle.js')).status).toBe(200)
  })

  it('makes settings with secrets of their own, for nobody else to read', async ({ expect }) => {
    const { SECRET_KEY } = settings()
    expect(statSync(join(folder, '.dev.vars')).mode & 0o777).toBe(0o600)
    expect(SECRET_KEY).toMatch(SECRET)
    expect(server?.output).toContain('npm run --silent token')
  })

  it('has messages in the inbox to look at', async ({ expect }) => {
    const response = await call('/api/v1/contact/messages')
    expect(response.status).toBe(200)
    const { data } = (await response.json()) as { data: { status: string; replies: unknown[] }[] }
    expect(new Set(data.map((one) => one.status))).toEqual(
      new Set(['unread', 'read', 'archived', 'spam']),
    )
    expect(data.some((one) => one.replies.length > 0)).toBe(true)
    messages = await countMessages()
  })

  it('brings both mails of a message to the mailbox within two seconds', async ({ expect }) => {
    const response = await call('/api/v1/contact', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Ann', email: 'ann@casa.test', message: 'Hello' }),
    })
    expect(response.status).toBe(202)
    messages += 1
    const twoMails = async () => {
      const mails = (await (await call('/dev/mail.json')).json()) as LocalMail[]
      return mails.length === 2
    }
    await waitFor(twoMails, MAIL_MS, 'Both mails')
  })

  it('runs the timed tasks when they are asked for', async ({ expect }) => {
    const response = await call('/cdn-cgi/handler/scheduled?cron=*+*+*+*+*')
    expect(response.status).toBe(200)
  })

  it('leaves no process behind after Ctrl-C', async ({ expect }) => {
    const before = server?.processes() ?? []
    expect(before.map((row) => row.command).join('\n')).toContain('workerd')
    server?.interrupt()
    expect(await server?.left(before, GONE_MS)).toEqual([])
  })
})

describe('npm run dev the second time', () => {
  beforeAll(async () => {
    server = await DevServer.start(folder, '--var', 'STUDIO_NAME:Other')
    token = mintToken()
  })

  it('keeps what is there and loads nothing twice', async ({ expect }) => {
    expect(messages).toBeGreaterThan(1)
    expect(await countMessages()).toBe(messages)
  })

  it('hands its options on to wrangler', async ({ expect }) => {
    expect(await (await call('/health')).json()).toMatchObject({ app: 'Other' })
  })

  it('leaves no process behind when only npm is told to end', async ({ expect }) => {
    const before = server?.processes() ?? []
    expect(before.map((row) => row.command).join('\n')).toContain('workerd')
    server?.terminate()
    expect(await server?.left(before, GONE_MS)).toEqual([])
  })
})
