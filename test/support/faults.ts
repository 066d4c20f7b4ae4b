import { seenStatements } from './statements.ts'

type When = 'before' | 'after'

const READS = /^(KV|R2)\.(get|head|list)/

const isSelect = (sql: string): boolean => /^select\b/i.test(sql)

/** What SQLite can prepare and cannot run: it fails at its turn, when those before it have had their effect. */
const UNRUNNABLE = 'select abs(-9223372036854775807 - 1)'

/**
 * Counts every call that leaves the Worker (D1, KV, R2, queue, assets, shield, fetch) and breaks the one it is told
 * to: before its effect, so that nothing happened, or after it, so that only the answer is lost. It counts the
 * statements that D1 is sent too, also those of one batch, and can let one of them fail.
 */
export class Faults {
  /** What was called since the last plan, in order. */
  calls: string[] = []
  /** The numbers of those that only read. */
  reads = new Set<number>()
  /** The SQL that D1 was sent since the last plan, in order. */
  statements: string[] = []
  /** Whether it came to what is to fail; true where nothing is. */
  hasStruck = true
  #failing: { call: number; when: When } | null = null
  #failingStatement = 0

  /** Breaks call number `call` (from 1) from now on; starts to count anew. */
  failAt(call: number, when: When): void {
    this.heal()
    this.#failing = { call, when }
    this.hasStruck = false
  }

  /** Lets SQLite fail at statement number `statement` (from 1) from now on; starts to count anew. */
  failAtStatement(statement: number): void {
    this.heal()
    this.#failingStatement = statement
    this.hasStruck = false
  }

  /** Breaks nothing; starts to count anew. */
  heal(): void {
    this.calls = []
    this.reads = new Set()
    this.statements = []
    this.#failing = null
    this.#failingStatement = 0
    this.hasStruck = true
  }

  /** The statement that is sent in the place of this one: itself, or one that fails. */
  sent(sql: string, statement: D1PreparedStatement, session: D1DatabaseSession) {
    this.statements.push(sql)
    if (this.#failingStatement !== this.statements.length) return statement
    this.hasStruck = true
    return session.prepare(UNRUNNABLE)
  }

  async around<T>(name: string, run: () => Promise<T>, isRead = READS.test(name)): Promise<T> {
    this.calls.push(name)
    if (isRead) this.reads.add(this.calls.length)
    const failing = this.#failing?.call === this.calls.length ? this.#failing.when : null
    if (failing) this.hasStruck = true
    if (failing === 'before') throw new Error(`Injected fault before ${name}`)
    const result = await run()
    if (failing === 'after') throw new Error(`Injected fault after ${name}`)
    return result
  }
}

/** A binding whose every method goes through `faults`. */
function wrap<T extends object>(binding: T, name: string, faults: Faults): T {
  return new Proxy(binding, {
    get(target, property) {
      const value = Reflect.get(target, property)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) =>
        faults.around(`${name}.${String(property)}`, async () => value.apply(target, args))
    },
  })
}

function wrapD1(binding: D1Database, faults: Faults): D1Database {
  function wrapSession(session: D1DatabaseSession): D1DatabaseSession {
    /** What is sent for each statement that the Worker holds. */
    const sending = new WeakMap<object, { sql: string; send: () => D1PreparedStatement }>()

    function wrapStatement(sql: string, statement: D1PreparedStatement): D1PreparedStatement {
      const send = () => faults.sent(sql, statement, session)
      const wrapped = new Proxy(statement, {
        get(target, property) {
          const value = Reflect.get(target, property)
          if (property === 'bind')
            return (...values: unknown[]) => wrapStatement(sql, target.bind(...values))
          if (typeof value !== 'function') return value
          return (...args: unknown[]) =>
            faults.around(
              `D1.${String(property)}`,
              async () => value.apply(send(), args),
              isSelect(sql),
            )
        },
      })
      sending.set(wrapped, { sql, send })
      return wrapped
    }

    return {
      prepare: (sql) => {
        seenStatements.add(sql)
        return wrapStatement(sql, session.prepare(sql))
      },
      batch: (statements) =>
        faults.around(
          'D1.batch',
          () => session.batch(statements.map((one) => sending.get(one)?.send() ?? one)),
          statements.every((one) => isSelect(sending.get(one)?.sql ?? '')),
        ),
      getBookmark: () => session.getBookmark(),
    }
  }

  return new Proxy(binding, {
    get(target, property) {
      if (property === 'withSession') {
        return (constraint?: string) => wrapSession(target.withSession(constraint))
      }
      const value = Reflect.get(target, property)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

type Stores = Pick<Cloudflare.Env, 'DB' | 'CACHE' | 'FILES' | 'JOBS' | 'SHIELD' | 'ASSETS'>

/** The same bindings, with every call counted and breakable. */
export function wrapBindings<T extends Stores>(env: T, faults: Faults): T {
  return {
    ...env,
    DB: wrapD1(env.DB, faults),
    CACHE: wrap(env.CACHE, 'KV', faults),
    FILES: wrap(env.FILES, 'R2', faults),
    JOBS: wrap(env.JOBS, 'Queue', faults),
    SHIELD: wrap(env.SHIELD, 'Shield', faults),
    ASSETS: wrap(env.ASSETS, 'Assets', faults),
  }
}
