import type { BatchItem } from 'drizzle-orm/batch'
import { SqliteRemoteDatabase } from 'drizzle-orm/sqlite-proxy'
import { lazily } from '../core/lazily.ts'
import { SECOND } from '../core/time.ts'
import { patiently } from './patience.ts'
import { dialect, Session } from './session.ts'

export type Statement = BatchItem<'sqlite'>

/** What this request or job has cost so far: round trips, rows as D1 bills them, waiting time. */
export type Meter = { calls: number; rowsRead: number; rowsWritten: number; ms: number }

export type Db = SqliteRemoteDatabase & {
  meter: Meter
  /** The same, for writes that may be done twice: like reads, they are tried again when D1 falters. */
  repeatable: Db
  builds: 'once' | 'each time'
  /** The rows of one statement that needs nothing of drizzle. */
  ask(query: Query): Promise<{ rows: unknown[][] }>
  /** The D1 bookmark after a write, null when nothing was written. */
  bookmark(): string | null
}

export type Method = 'run' | 'all' | 'values' | 'get'
export type Query = { sql: string; params: unknown[]; method: Method }

export const newMeter = (): Meter => ({ calls: 0, rowsRead: 0, rowsWritten: 0, ms: 0 })

const BOOKMARK = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/

/** Whether a text has the form of D1's bookmarks. */
export const isBookmark = (text: string | undefined): boolean => BOOKMARK.test(text ?? '')

type Options = {
  read?: 'first-primary' | 'first-unconstrained'
  meter?: Meter
  /** Milliseconds until a call is given up: its answer comes too late for whoever waits. */
  patience?: number
  /** `each time` leaves all to Drizzle, so that a test can compare. */
  builds?: 'once' | 'each time'
}

/** So long a visitor waits for D1, all attempts together. */
const PATIENCE = 3 * SECOND

/**
 * Drizzle over one D1 session. On the primary, reads see everything that was ever written;
 * unconstrained, they may come from a replica that is a moment behind.
 *
 * The proxy driver is used so that each answer's `meta` is seen, which drizzle's D1 driver drops.
 * D1 gives rows as objects: columns of one statement need distinct names, or one hides the other.
 */
export function openDb(
  binding: D1Database,
  {
    read = 'first-primary',
    meter = newMeter(),
    patience = PATIENCE,
    builds = 'once',
  }: Options = {},
): Db {
  const session = binding.withSession(read)

  const prepare = ({ sql, params }: Query) => session.prepare(sql).bind(...params)

  async function measured<T extends D1Result | D1Result[]>(run: () => Promise<T>): Promise<T> {
    const start = Date.now()
    meter.calls++
    try {
      const answer = await run()
      for (const { meta } of Array.isArray(answer) ? answer : [answer]) {
        meter.rowsRead += meta.rows_read
        meter.rowsWritten += meta.rows_written
      }
      return answer
    } finally {
      meter.ms += Date.now() - start
    }
  }

  function open(mayRepeat: (queries: Query[]) => boolean) {
    const call = <T extends D1Result | D1Result[]>(queries: Query[], run: () => Promise<T>) =>
      patiently(() => measured(run), { patience, mayRepeat: mayRepeat(queries) })

    async function ask(query: Query) {
      return toRows(await call([query], () => prepare(query).all()), query.method)
    }

    async function batch(queries: Query[]) {
      const answers = await call(queries, () => session.batch(queries.map(prepare)))
      return answers.map((answer, index) => toRows(answer, queries[index]?.method ?? 'all'))
    }

    const one = (sql: string, params: unknown[], method: Method) => ask({ sql, params, method })
    const own = new Session(one, batch, builds === 'once')
    return Object.assign(new SqliteRemoteDatabase('async', dialect, own, undefined), { ask })
  }

  const more = {
    meter,
    builds,
    bookmark: () => (meter.rowsWritten > 0 ? session.getBookmark() : null),
  }
  const db = Object.assign(open(areReads), more)
  return Object.defineProperty(db, 'repeatable', {
    get: lazily(() =>
      Object.assign(
        open(() => true),
        more,
      ),
    ),
  }) as Db
}

const areReads = (queries: Query[]): boolean => queries.every(({ sql }) => /^select\b/i.test(sql))

/** Rows as arrays of values, which is what the proxy driver maps from. */
function toRows(answer: D1Result, method: Method) {
  const rows = answer.results.map((row) => Object.values(row as object))
  // The driver wants nothing at all for a missing single row, though its type says an array.
  return { rows: method === 'get' ? (rows[0] as unknown[]) : rows }
}
