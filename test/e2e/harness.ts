import { inject } from 'vitest'
import { createTestHarness } from 'wrangler'
import type { Bindings } from '../../src/env.ts'
import { configOf } from '../support/bundle.ts'
import { Faults } from '../support/faults.ts'
import { Outside } from '../support/outside.ts'
import { newPerson } from '../support/people.ts'
import { TEST_SETTINGS, type TestSettings } from '../support/settings.ts'

const PROVIDER = { production: 'resend', development: 'mailbox' } as const

export type Kind = keyof typeof PROVIDER
export type LocalMail = {
  id: string
  to: string
  from: string
  subject: string
  html: string
  text: string
  created_at: string
}
type Options = {
  body?: unknown
  form?: FormData
  admin?: boolean
  from?: string
  bookmark?: string
  orderToken?: string
}
type Stores = { DB: D1Database; CACHE: KVNamespace }

/** A finished bundle in workerd behind a real port, with a real queue and a mail provider of ours. */
export type Site = {
  url: string
  outside: Outside
  stores: Stores
  request(method: string, path: string, options?: Options): Promise<Response>
  mailbox(query?: string): Promise<LocalMail[]>
  runCron(cron: string): Promise<string>
  close(): Promise<void>
}

/**
 * Serves the bundle that was built for `kind` with test settings. The developer's own .dev.vars is
 * not read. While it runs, only this machine and the provider that the test plays can be called.
 */
export async function startSite(kind: Kind, settings: TestSettings = {}): Promise<Site> {
  const folder = inject('bundles')[kind]
  const vars = { ...TEST_SETTINGS, MAIL_PROVIDER: PROVIDER[kind], ...settings }
  const server = createTestHarness({
    root: folder,
    workers: [{ config: configOf(folder, vars) }],
  })
  const { url } = await server.listen()
  const worker = server.getWorker<Stores>()
  await worker.applyD1Migrations('DB')
  const stores = await worker.getEnv()
  const outside = new Outside(new Faults())
  const bindings = { ...TEST_SETTINGS, ...settings } as unknown as Bindings
  const owner = await newPerson(bindings, stores.DB, { role: 'admin', steppedUp: true })
  const hangUp = interceptFetch(outside)

  const request: Site['request'] = (method, path, options = {}) => {
    const { body, form, admin, from, bookmark, orderToken } = options
    const headers = new Headers()
    if (admin) headers.set('authorization', `Bearer ${owner.token}`)
    if (from) headers.set('cf-connecting-ip', from)
    if (bookmark) headers.set('x-d1-bookmark', bookmark)
    if (orderToken) headers.set('x-order-token', orderToken)
    if (body !== undefined) headers.set('content-type', 'application/json')
    const sent = form ?? (body === undefined ? undefined : JSON.stringify(body))
    return fetch(url.origin + path, { method, headers, ...(sent !== undefined && { body: sent }) })
  }

  return {
    url: url.origin,
    outside,
    stores,
    request,
    async mailbox(query = '') {
      const response = await request('GET', `/dev/mail.json${query}`)
      return (await response.json()) as LocalMail[]
    },
    async runCron(cron) {
      return (await worker.scheduled({ cron })).outcome
    },
    async close() {
      await server.close()
      hangUp()
    },
  }
}

/** So long a timer of this process may be late by itself. */
const LATE_MS = 100
const TICK_MS = 25

/** A clock that stands still while the machine does: what this process got no turn in does not count. */
function startClock() {
  const start = performance.now()
  let last = start
  let still = 0
  const tick = () => {
    const now = performance.now()
    still += Math.max(0, now - last - TICK_MS - LATE_MS)
    last = now
  }
  const ticking = setInterval(tick, TICK_MS)
  return { passed: () => performance.now() - start - still, stop: () => clearInterval(ticking) }
}

/** Asks until `answer` is there, and then gives it with the milliseconds that it took. */
export async function waitFor<T>(
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs: number,
  what: string,
): Promise<{ answer: T; ms: number }> {
  const clock = startClock()
  try {
    for (;;) {
      const answer = await ask()
      const ms = clock.passed()
      if (answer !== undefined && answer !== false) return { answer, ms }
      if (ms > withinMs) throw new Error(`${what}: not within ${withinMs} ms`)
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
    }
  } finally {
    clock.stop()
  }
}

/** The harness sends what the Worker fetches through the fetch of this process. */
function interceptFetch(outside: Outside): () => void {
  const original = globalThis.fetch
  globalThis.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input))
    return url.hostname === '127.0.0.1' ? original(input, init) : outside.fetch(input, init)
  }
  return () => {
    globalThis.fetch = original
  }
}
