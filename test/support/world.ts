import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import type { Bindings } from '../../src/env.ts'
import worker from '../../src/index.ts'
import { Faults, wrapBindings } from './faults.ts'
import { Outside } from './outside.ts'
import { newPerson, type Person, renewToken } from './people.ts'
import { TEST_SETTINGS, type TestSettings } from './settings.ts'

/** Nobody, an admin who needs no name, or somebody in particular. */
export type Caller = 'anonymous' | 'admin' | Person
type Options = { body?: unknown; raw?: BodyInit; headers?: Record<string, string>; from?: string }
type QueuedMessage = { id: string; body: unknown; attempts: number; dueAt: number }

/** Every answer that any world has seen, for promises that hold for all of them. */
export const seenResponses: { method: string; path: string; response: Response; text: string }[] =
  []

/**
 * The Worker with real D1, KV and R2, a queue whose deliveries the test decides, and a world outside
 * that is played by the test. Requests come in by the front door.
 */
export class World {
  readonly faults = new Faults()
  readonly outside = new Outside(this.faults)
  env: Cloudflare.Env & Record<string, unknown>
  readonly logs: string[] = []
  queued: QueuedMessage[] = []
  dead: QueuedMessage[] = []
  #admin: Promise<Person> | undefined

  constructor(settings: TestSettings = {}) {
    this.env = wrapBindings(
      { ...BINDINGS, JOBS: this.#queue(), ...TEST_SETTINGS, ...settings },
      this.faults,
    )
    vi.stubGlobal('fetch', this.outside.fetch)
    for (const level of ['log', 'warn', 'error'] as const) {
      vi.spyOn(console, level).mockImplementation((line) => void this.logs.push(String(line)))
    }
  }

  as(caller: Caller) {
    const send =
      (method: string) =>
      (path: string, options: Options = {}) =>
        this.request(method, path, caller, options)
    return {
      get: send('GET'),
      post: send('POST'),
      put: send('PUT'),
      patch: send('PATCH'),
      delete: send('DELETE'),
      head: send('HEAD'),
    }
  }

  async request(method: string, path: string, caller: Caller = 'anonymous', options: Options = {}) {
    const headers = new Headers({ 'cf-connecting-ip': options.from ?? '192.0.2.1' })
    const person = caller === 'admin' ? await this.admin() : caller
    if (person !== 'anonymous') headers.set('authorization', `Bearer ${person.token}`)
    if (options.body !== undefined) headers.set('content-type', 'application/json')
    for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value)
    const body =
      options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
    const url = TEST_SETTINGS.API_ORIGIN + path
    const request = new Request(url, { method, headers, ...(body !== undefined && { body }) })
    const ctx = createExecutionContext()
    const response = await worker.fetch(
      request as Parameters<typeof worker.fetch>[0],
      this.env,
      ctx,
    )
    await waitOnExecutionContext(ctx)
    const isPicture = response.headers.get('content-type')?.startsWith('image/')
    const text = isPicture ? '' : await response.clone().text()
    seenResponses.push({ method, path, response, text })
    return response
  }

  /** The admin of this world, signed in and stepped up. */
  admin(): Promise<Person> {
    this.#admin ??= this.person({
      email: 'admin@linden.test',
      username: 'admin',
      role: 'admin',
      steppedUp: true,
    })
    return this.#admin
  }

  person(wish: Parameters<typeof newPerson>[2] = {}): Promise<Person> {
    return newPerson(this.env as unknown as Bindings, env.DB, wish)
  }

  /** An access token lasts an hour at most; the same person with a new one. */
  async renew(person: Person): Promise<Person> {
    return { ...person, token: await renewToken(this.env as unknown as Bindings, person) }
  }

  /** Delivers what is due until nothing is; returns how many messages were handled. */
  async deliver(): Promise<number> {
    let handled = 0
    for (let due = this.#takeDue(); due.length > 0; due = this.#takeDue()) {
      handled += due.length
      await this.handle('atelier-jobs', due)
    }
    const dead = this.dead.splice(0)
    if (dead.length > 0) await this.handle('atelier-jobs-dead', dead)
    return handled + dead.length
  }

  /** Gives messages to the consumer as the platform does, and keeps those that are to come again. */
  async handle(queue: string, messages: QueuedMessage[]): Promise<void> {
    // createMessageBatch() of the test plugin forgets the delay that a retry asks for.
    const settled = new Map<QueuedMessage, number | null>()
    const settle = (message: QueuedMessage, delay: number | null) => {
      if (!settled.has(message)) settled.set(message, delay)
    }
    await worker.queue(
      {
        queue,
        metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
        messages: messages.map((message) => ({
          ...message,
          timestamp: new Date(),
          ack: () => settle(message, null),
          retry: (options) => settle(message, options?.delaySeconds ?? 0),
        })),
        ackAll: () => {
          for (const message of messages) settle(message, null)
        },
        retryAll: () => {
          for (const message of messages) settle(message, 0)
        },
      },
      this.env,
    )
    for (const [message, delay] of settled) {
      if (delay === null) continue
      const again = { ...message, attempts: message.attempts + 1, dueAt: Date.now() + delay * 1000 }
      if (queue.endsWith('-dead') || message.attempts > MAX_RETRIES) this.dead.push(again)
      else this.queued.push(again)
    }
  }

  /** Lets deliveries, retries and sweeps go on until every mail is sent or failed. */
  async settle(): Promise<void> {
    for (let round = 0; round < 60; round++) {
      await this.runCron('* * * * *')
      await this.deliver()
      const waiting = await env.DB.prepare(
        "select count(*) as count from outbox where status in ('queued', 'sending')",
      ).first<{ count: number }>()
      if (waiting?.count === 0 && this.queued.length === 0) return
      const coming = this.queued.map((message) => message.dueAt)
      const next = coming.length > 0 ? Math.min(...coming) : Date.now() + 180_000
      this.pass(Math.max(1000, next - Date.now()))
    }
    throw new Error('The mails do not settle')
  }

  async runCron(cron: string): Promise<void> {
    await worker.scheduled({ cron, scheduledTime: Date.now(), noRetry() {} }, this.env)
  }

  /** Lets time pass for the Worker. */
  pass(ms: number): void {
    vi.setSystemTime(Date.now() + ms)
  }

  /** A deploy: other settings from now on, the same stores. */
  useSettings(settings: TestSettings): void {
    this.env = { ...this.env, SECRET_KEY_PREVIOUS: undefined, ...settings }
  }

  async rows(table: string): Promise<Record<string, unknown>[]> {
    return (await env.DB.prepare(`select * from ${table} order by 1`).all()).results
  }

  async count(table: string): Promise<number> {
    return (await this.rows(table)).length
  }

  #takeDue(): QueuedMessage[] {
    const due = this.queued.filter((message) => message.dueAt <= Date.now())
    this.queued = this.queued.filter((message) => message.dueAt > Date.now())
    return due
  }

  #queue(): Queue {
    const push = (body: unknown) =>
      this.queued.push({
        id: crypto.randomUUID(),
        body: structuredClone(body),
        attempts: 1,
        dueAt: 0,
      })
    const answer = { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } }
    return {
      metrics: async () => answer.metadata.metrics,
      send: async (body) => {
        push(body)
        return answer
      },
      sendBatch: async (messages) => {
        for (const { body } of messages) push(body)
        return answer
      },
    }
  }
}

// The real shield counts by the wall clock, across tests; one test turns to it on purpose.
const SHIELD: RateLimit = { limit: async () => ({ success: true }) }

// Nothing else of `env`: a developer's .dev.vars stand in it too.
const { DB, CACHE, FILES, ASSETS, TEST_MIGRATIONS } = env
const BINDINGS = { DB, CACHE, FILES, ASSETS, SHIELD, TEST_MIGRATIONS }

/** As wrangler.toml says. */
const MAX_RETRIES = 5

const TABLES = [
  'discount_uses',
  'refunds',
  'discounts',
  'payment_events',
  'order_history',
  'order_lines',
  'stock_movements',
  'orders',
  'variants',
  'product_categories',
  'products',
  'categories',
  'login_guards',
  'login_attempts',
  'email_codes',
  'challenges',
  'recovery_codes',
  'totp_secrets',
  'devices',
  'comments',
  'reactions',
  'subscribers',
  'newsletters',
  'suppressions',
  'payment_events',
  'order_lines',
  'orders',
  'stock_movements',
  'products',
  'categories',
  'posts',
  'projects',
  'profiles',
  'images',
  'videos',
  'tags',
  'technologies',
  'search_terms',
  'slugs',
  'deleted_files',
  'audit_log',
  'items',
  'known_devices',
  'mailed_secrets',
  'refresh_tokens',
  'sessions',
  'users',
  'contact_replies',
  'contact_messages',
  'idempotency_keys',
  'rate_limits',
  'outbox',
  'payment_events',
  'stock_movements',
  'order_history',
  'order_lines',
  'orders',
  'variants',
  'products',
  'categories',
  // What the deletions above have counted.
  'sales_rollups',
  'product_rollups',
  'content_rollups',
]

/** A world with empty tables and a clock that only the test moves. */
export async function newWorld(settings: TestSettings = {}): Promise<World> {
  vi.restoreAllMocks()
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-05-04T09:30:00Z') })
  await env.DB.batch(
    [...TABLES, 'sqlite_sequence'].map((table) => env.DB.prepare(`delete from ${table}`)),
  )
  for (const { name } of (await env.CACHE.list()).keys) await env.CACHE.delete(name)
  await env.FILES.delete((await env.FILES.list()).objects.map(({ key }) => key))
  return new World(settings)
}
