import type { Actor } from './core/actor.ts'
import { newUid } from './core/ids.ts'
import { lazily } from './core/lazily.ts'
import { SECOND } from './core/time.ts'
import { type Db, isBookmark, type Meter, newMeter, openDb } from './db/client.ts'
import { type Bindings, readSettings, type Settings } from './env.ts'
import { type Cache, openCache } from './platform/cache.ts'
import { type Files, openFiles } from './platform/files.ts'
import { type Jobs, openJobs } from './platform/jobs.ts'
import { type Mailer, openMailer } from './platform/mailer/index.ts'
import { openProbes, type Probes } from './platform/probes.ts'
import { openResizer, type Resizer } from './platform/resizer.ts'
import { createLog, type Log } from './platform/telemetry.ts'
import { openWords, type Words } from './platform/words.ts'

/** How far a limit is used up; shown in the RateLimit headers. */
export type Quota = {
  policy: string
  limit: number
  windowSeconds: number
  used: number
  resetsAt: number
}

/** An answer that was promised under an Idempotency-Key, to be kept in the batch of its effect. */
export type IdempotentRequest = { key: string; fingerprint: string }

/** All that a service needs. The same for requests, queue messages and timers. */
export type Context = {
  settings: Settings
  actor: Actor
  requestId: string
  /** The pseudonym of the address that the request came from; '' for jobs. */
  source: string
  /** That address shortened to /24 or /48, for people to recognise; '' for jobs. */
  network: string
  /** What the browser says of itself, 300 characters at most. */
  userAgent: string
  /** What D1 has cost so far. */
  meter: Meter
  db: Db
  /**
   * For public content that is not cached: it may come from a replica. What fills a cache is read
   * from `db`, or a replica that is behind could bring back what was just forgotten.
   */
  publicDb: Db
  cache: Cache
  files: Files
  /** Null where Cloudflare Images is not bound. */
  resizer: Resizer | null
  jobs: Jobs
  mailer: Mailer
  words: Words
  probes: Probes
  log: Log
  /** For what the caller need not wait for: a request answers meanwhile, a job does it at once. */
  later(work: () => Promise<void>): Promise<void>
  /** Filled by whoever counts a limit while the request runs. */
  quotas: Quota[]
  idempotent: IdempotentRequest | null
}

/** An answer that was given under an Idempotency-Key, or the row that it showed and when. */
export type KeptAnswer = { body: string } | { made: number; at: number }

type Origin = {
  requestId?: string
  source?: () => string
  network?: () => string
  userAgent?: () => string
  /** As the caller sent it: D1's bookmark of a write whose effect this request must see. */
  bookmark?: string | undefined
  waitUntil?: (work: Promise<void>) => void
}

/** Nobody waits for a job, and a sweep may have much to do: D1 itself stops after so long. */
const JOB_PATIENCE = 30 * SECOND

/**
 * Throws `misconfigured` when a setting is missing or wrong. What a request may do without is made when
 * it is first asked for: most read a text from memory and nothing else.
 */
export function createContext(env: Bindings, actor: Actor, origin: Origin = {}): Context {
  const settings = readSettings(env)
  const requestId = origin.requestId ?? newUid()
  const log = createLog({ request_id: requestId })
  // Only its form counts: the primary has seen every write, so D1 need not be asked to wait for one
  // that a stranger may have made up.
  const mustBeNew = isBookmark(origin.bookmark)
  const meter = newMeter()
  const source = lazily(() => origin.source?.() ?? '')
  const patience = actor.type === 'system' ? { patience: JOB_PATIENCE } : {}
  const db = lazily(() => openDb(env.DB, { meter, ...patience }))
  const publicDb = mustBeNew
    ? db
    : lazily(() => openDb(env.DB, { read: 'first-unconstrained', meter, ...patience }))
  const cache = lazily(() =>
    openCache(env.CACHE, { useKv: settings.KV_CACHE === 'on', bypass: mustBeNew, log, later }),
  )
  async function later(work: () => Promise<void>) {
    if (origin.waitUntil) origin.waitUntil(work())
    else await work()
  }
  return {
    settings,
    actor,
    requestId,
    get source() {
      return source()
    },
    get network() {
      return origin.network?.() ?? ''
    },
    get userAgent() {
      return origin.userAgent?.() ?? ''
    },
    meter,
    get db() {
      return db()
    },
    get publicDb() {
      return publicDb()
    },
    get cache() {
      return cache()
    },
    get files() {
      return openFiles(env.FILES)
    },
    get resizer() {
      return openResizer(env.IMAGES)
    },
    get jobs() {
      return openJobs(env.JOBS)
    },
    get mailer() {
      return openMailer(settings, env)
    },
    get words() {
      return openWords(env.ASSETS)
    },
    get probes() {
      return openProbes(env)
    },
    log,
    later,
    quotas: [],
    idempotent: null,
  }
}
