import type { Actor } from './core/actor.ts'
import { newUid } from './core/ids.ts'
import { type Db, openDb } from './db/client.ts'
import { type Bindings, readSettings, type Settings } from './env.ts'
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
  db: Db
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

/** An answer that was given under an Idempotency-Key. */
export type KeptAnswer = { body: string }

type Origin = {
  requestId?: string
  source?: string
  network?: string
  userAgent?: string
  waitUntil?: (work: Promise<void>) => void
}

/** Throws `misconfigured` when a setting is missing or wrong. */
export function createContext(env: Bindings, actor: Actor, origin: Origin = {}): Context {
  const settings = readSettings(env)
  const requestId = origin.requestId ?? newUid()
  return {
    settings,
    actor,
    requestId,
    source: origin.source ?? '',
    network: origin.network ?? '',
    userAgent: origin.userAgent ?? '',
    db: openDb(env.DB),
    files: openFiles(env.FILES),
    resizer: openResizer(env.IMAGES),
    jobs: openJobs(env.JOBS),
    mailer: openMailer(settings, env),
    words: openWords(env.ASSETS),
    probes: openProbes(env),
    log: createLog({ request_id: requestId }),
    async later(work) {
      if (origin.waitUntil) origin.waitUntil(work())
      else await work()
    },
    quotas: [],
    idempotent: null,
  }
}
