import { seenStatements } from './statements.ts'

type When = 'before' | 'after'

/**
 * Counts every call that leaves the Worker (D1, KV, R2, queue, assets, shield, fetch) and breaks the one it is told
 * to: before its effect, so that nothing happened, or after it, so that only the answer is lost.
 */
export class Faults {
  /** What was called since the last plan, in order. */
  calls: string[] = []
  #failing: { call: number; when: When } | null = null

  /** Breaks call number `call` (from 1) from now on; starts to count anew. */
  failAt(call: number, when: When): void {
    this.calls = []
    this.#failing = { call, when }
  }

  /** Breaks nothing; starts to count anew. */
  heal(): void {
    this.calls = []
    this.#failing = null
  }

  async around<T>(name: string, run: () => Promise<T>): Promise<T> {
    this.calls.push(name)
    const failing = this.#failing?.call === this.calls.length ? this.#failing.when : null
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
  const real = new WeakMap<object, D1PreparedStatement>()

  function wrapStatement(statement: D1PreparedStatement): D1PreparedStatement {
    const wrapped = new Proxy(statement, {
      get(target, property) {
        const value = Reflect.get(target, property)
        if (property === 'bind')
          return (...values: unknown[]) => wrapStatement(target.bind(...values))
        if (typeof value !== 'function') return value
        return (...args: unknown[]) =>
          faults.around(`D1.${String(property)}`, async () => value.apply(target, args))
      },
    })
    real.set(wrapped, statement)
    return wrapped
  }

  function wrapSession(session: D1DatabaseSession): D1DatabaseSession {
    return {
      prepare: (sql) => {
        seenStatements.add(sql)
        return wrapStatement(session.prepare(sql))
      },
      batch: (statements) =>
        faults.around('D1.batch', () =>
          session.batch(statements.map((statement) => real.get(statement) ?? statement)),
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
