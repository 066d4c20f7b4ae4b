import { fillPlaceholders, type Query } from 'drizzle-orm'
import type { Db, Statement } from './client.ts'
import type { Session, ToObject } from './session.ts'

/** A statement that may be awaited or put into a batch. */
export type Ready<Rows> = Statement & PromiseLike<Rows>

type Kept = { query: Query; toObject: ToObject }

/** By name, for the life of the isolate. */
const kept = new Map<string, Kept>()

/**
 * A hot read whose SQL is built once. `build` makes the statement with `sql.placeholder(name)` where
 * `values` belong; it is called at the first use of `name`, so each form of a statement needs its own.
 */
export function built<Rows>(
  db: Db,
  name: string,
  values: Record<string, unknown>,
  build: () => Ready<Rows>,
): Ready<Rows> {
  if (db.builds === 'each time') return filled(build(), values)
  let known = kept.get(name)
  if (!known) {
    known = keep(build())
    kept.set(name, known)
  }
  const { query, toObject } = known
  const params = fillPlaceholders(query.params, values)
  const session = sessionOf(db)
  const toRows = (rows: unknown[][]) => rows.map(toObject)
  const prepared = session.prepareQuery({ sql: query.sql, params }, undefined, 'all', true, toRows)
  // What drizzle asks of a statement: to be prepared for a batch, or to be run by await.
  const statement = {
    _prepare: () => prepared,
    // biome-ignore lint/suspicious/noThenProperty: as drizzle's own statements, which are lazy
    then: (resolve: (rows: Rows) => unknown, reject: (error: unknown) => unknown) =>
      prepared.all().then(resolve as (rows: unknown) => unknown, reject),
  }
  return statement as unknown as Ready<Rows>
}

/** Drizzle's own way from its builder to rows. */
const filled = <Rows>(statement: Ready<Rows>, values: Record<string, unknown>): Ready<Rows> =>
  (statement as unknown as { prepare(): { execute(values: object): Ready<Rows> } })
    .prepare()
    .execute(values)

/** Nothing of it may belong to the request that it was first built in. */
function keep(statement: Statement): Kept {
  const { query, toObject } = prepare(statement)
  if (!toObject) throw new Error('Only flat rows can be built once')
  return { query: { sql: query.sql, params: query.params }, toObject }
}

/** Not in Drizzle's types. */
const prepare = (statement: Statement) =>
  (statement as unknown as { _prepare(): { query: Query; toObject?: ToObject } })._prepare()

/** Not in Drizzle's types. */
const sessionOf = (db: Db) => (db as unknown as { session: Session }).session
