import { type Placeholder, sql } from 'drizzle-orm'
import { statements } from '#statements'
import { type Db, openDb, type Statement } from './client.ts'
import { toWritten, type Written } from './written.ts'

/** A statement that may be awaited or put into a batch. */
export type Ready<Rows> = Statement & PromiseLike<Rows>

type Build = (db: Db) => Ready<unknown[]>
type Values = Record<string, string | number | null>

const builders = new Map<string, Build>()

/** In development, where what is written may be older than the source. */
const kept = new Map<string, Written>()

/**
 * A hot read, whose SQL `npm run build` writes: making it with Drizzle is a tenth of what an isolate's
 * first answer takes. `build` gets a placeholder for each of the values.
 */
export function built<Name extends string, Row>(
  name: string,
  values: Name[],
  build: (db: Db, values: Record<Name, Placeholder<Name>>) => Ready<Row[]>,
): (db: Db, values: Record<Name, Values[string]>) => Ready<Row[]> {
  if (builders.has(name)) throw new Error(`Two statements are called ${name}`)
  const buildWith = (db: Db) => {
    const holders = values.map((value) => [value, sql.placeholder(value)])
    return build(db, Object.fromEntries(holders))
  }
  builders.set(name, buildWith)
  return (db, given) =>
    db.builds === 'each time'
      ? filled(buildWith(db), given)
      : (ready(db, find(name, buildWith, db), given) as Ready<Row[]>)
}

function find(name: string, build: Build, db: Db): Written {
  const known = __DEV__ ? kept.get(name) : statements[name]
  if (known) return known
  if (!__DEV__) throw new Error(`npm run build has not written ${name}`)
  const made = toWritten(build(db))
  kept.set(name, made)
  return made
}

/** Every statement that is built once, by its name. */
export function writeAll(): Record<string, Written> {
  const db = openDb({ withSession: () => null } as unknown as D1Database)
  return Object.fromEntries(Array.from(builders, ([name, build]) => [name, toWritten(build(db))]))
}

/** What drizzle asks of a statement: to be prepared for a batch, or to be run by await. */
function ready(db: Db, { sql, params, columns }: Written, values: Values): Ready<unknown[]> {
  const query = {
    sql,
    params: params.map((param) => (Array.isArray(param) ? pick(param[0], values) : param)),
    method: 'all' as const,
  }
  const toObjects = ({ rows }: { rows: unknown[][] }) => rows.map((row) => toObject(row, columns))
  const statement = {
    _prepare: () => ({ getQuery: () => query, mapResult: toObjects }),
    // biome-ignore lint/suspicious/noThenProperty: as drizzle's own statements, which are lazy
    then: (resolve: (rows: unknown[]) => unknown, reject: (error: unknown) => unknown) =>
      db.ask(query).then(toObjects).then(resolve, reject),
  }
  return statement as unknown as Ready<unknown[]>
}

function pick(name: string, values: Values): string | number | null {
  const value = values[name]
  if (value === undefined) throw new Error(`No value for ${name}`)
  return value
}

function toObject(row: unknown[], columns: Written['columns']): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index]
    const value = row[index]
    if (typeof column === 'string') object[column] = value
    else if (column) object[column[0]] = value === null ? null : value === 1
  }
  return object
}

/** Drizzle's own way from its builder to rows. */
const filled = <Rows>(statement: Ready<Rows>, values: Values): Ready<Rows> =>
  (statement as unknown as { prepare(): { execute(values: object): Ready<Rows> } })
    .prepare()
    .execute(values)
