import type { Actor } from './core/actor.ts'
import { newUid } from './core/ids.ts'
import { SECOND } from './core/time.ts'
import { type Db, isBookmark, type Meter, newMeter, openDb } from './db/client.ts'
import { type Bindings, readSettings, type Settings } from './env.ts'
import { type Assets, openAssets } from './platform/assets.ts'
import { type Cache, openCache } from './platform/cache.ts'
import { type Files, openFiles } from './platform/files.ts'
import { type Jobs, openJobs } from './platform/jobs.ts'
import { type Mailer, openMailer } from './platform/mailer/index.ts'
import { openPayments, type Payments } from './platform/payments/index.ts'
import { openProbes, type Probes } from './platform/probes.ts'
import { openResizer, type Resizer } from './platform/resizer.ts'
import { createLog, type Log } from './platform/telemetry.ts'

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
  /** Null where nothing can be paid: no key of a provider is set. */
  payments: Payments | null
  assets: Assets
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

/** Throws `misconfigured` when a setting is missing or wrong. */
export function createContext(env: Bindings, actor: Actor, origin: Origin = {}): Context {
  return new LazyContext(env, readSettings(env), actor, origin)
}

/** The same context, in which something is different. */
export const contextWith = (ctx: Context, change: Partial<Context>): Context =>
  new Proxy(ctx, {
    get: (target, name) => Reflect.get(name in change ? change : target, name),
  })

/**
 * What a request may do without is made when it is first asked for: most read a text from memory and
 * nothing else. Accessors of a class cost nothing where those of an object would be made each time.
 */
class LazyContext implements Context {
  readonly settings: Settings
  actor: Actor
  readonly requestId: string
  readonly log: Log
  readonly meter: Meter = newMeter()
  quotas: Quota[] = []
  idempotent: IdempotentRequest | null = null
  readonly later: Context['later']
  readonly #env: Bindings
  readonly #origin: Origin
  readonly #mustBeNew: boolean
  #source: string | undefined
  #db: Db | undefined
  #publicDb: Db | undefined
  #cache: Cache | undefined

  constructor(env: Bindings, settings: Settings, actor: Actor, origin: Origin) {
    this.#env = env
    this.#origin = origin
    this.settings = settings
    this.actor = actor
    this.requestId = origin.requestId ?? newUid()
    this.log = createLog({ request_id: this.requestId })
    // Only its form counts: the primary has seen every write, so D1 need not be asked to wait for one
    // that a stranger may have made up.
    this.#mustBeNew = origin.bookmark !== undefined && isBookmark(origin.bookmark)
    const { waitUntil } = origin
    this.later = async (work) => {
      if (waitUntil) waitUntil(work())
      else await work()
    }
  }

  get source() {
    this.#source ??= this.#origin.source?.() ?? ''
    return this.#source
  }
  get network() {
    return this.#origin.network?.() ?? ''
  }
  get userAgent() {
    return this.#origin.userAgent?.() ?? ''
  }

  get db() {
    this.#db ??= this.#open('first-primary')
    return this.#db
  }
  get publicDb() {
    if (this.#mustBeNew) return this.db
    this.#publicDb ??= this.#open('first-unconstrained')
    return this.#publicDb
  }
  #open(read: 'first-primary' | 'first-unconstrained'): Db {
    const isJob = this.actor.type === 'system'
    return openDb(this.#env.DB, {
      read,
      meter: this.meter,
      ...(isJob && { patience: JOB_PATIENCE }),
    })
  }

  get cache() {
    this.#cache ??= openCache(this.#env.CACHE, {
      useKv: this.settings.KV_CACHE === 'on',
      bypass: this.#mustBeNew,
      log: this.log,
      later: this.later,
    })
    return this.#cache
  }
  get files() {
    return openFiles(this.#env.FILES)
  }
  get resizer() {
    return openResizer(this.#env.IMAGES)
  }
  get jobs() {
    return openJobs(this.#env.JOBS)
  }
  get mailer() {
    return openMailer(this.settings, this.#env)
  }
  get assets() {
    return openAssets(this.#env.ASSETS)
  }
  get payments() {
    return openPayments(this.settings, this.log)
  }
  get probes() {
    return openProbes(this.#env)
  }
}
