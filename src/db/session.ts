import { Column, is, SQL, Subquery } from 'drizzle-orm'
import { type SelectedFieldsOrdered, SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core'
import {
  type PreparedQueryConfig,
  type RemotePreparedQuery,
  SQLiteRemoteSession,
} from 'drizzle-orm/sqlite-proxy'

/** One for the isolate: it remembers how columns are called. */
export const dialect = new SQLiteAsyncDialect({ casing: 'snake_case' })

type Callbacks = ConstructorParameters<typeof SQLiteRemoteSession>
type Preparation = Parameters<
  SQLiteRemoteSession<Record<string, never>, Record<string, never>>['prepareQuery']
>

/** Drizzle's session, which maps flat rows by a list made once and not by a look at each value. */
export class Session extends SQLiteRemoteSession<Record<string, never>, Record<string, never>> {
  readonly #isQuick: boolean

  constructor(one: Callbacks[0], batch: Callbacks[3], isQuick: boolean) {
    super(one, dialect, undefined, batch)
    this.#isQuick = isQuick
  }

  override prepareQuery<T extends Omit<PreparedQueryConfig, 'run'>>(
    ...[query, fields, method, isArray, mapper, ...rest]: Preparation
  ): RemotePreparedQuery<T> {
    const prepared = super.prepareQuery<T>(query, fields, method, isArray, mapper, ...rest)
    const toObject = mapper || !this.#isQuick ? undefined : fields && mapperOf(fields)
    return toObject ? Object.assign(prepared, mapping(toObject)) : prepared
  }
}

/** What turns the values of a row into an object. */
type ToObject = (row: unknown[]) => Record<string, unknown>

/** What drizzle's prepared query does with the rows of an answer. */
const mapping = (toObject: ToObject) => ({
  mapAllResult: (answer: unknown, isFromBatch?: boolean) =>
    (isFromBatch ? (answer as { rows: unknown[][] }).rows : (answer as unknown[][])).map(toObject),
  mapGetResult(answer: unknown, isFromBatch?: boolean) {
    const row = isFromBatch ? (answer as { rows: unknown[] }).rows : (answer as unknown[])
    return row && toObject(row)
  },
})

/** Nothing where rows hold objects of their own. */
function mapperOf(fields: SelectedFieldsOrdered): ToObject | undefined {
  if (fields.some(({ path }) => path.length !== 1)) return undefined
  const columns = fields.map(({ path: [name = ''], field }) => ({
    name,
    decoder: decoderOf(field),
  }))
  return (row) => {
    const object: Record<string, unknown> = {}
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index]
      const value = row[index]
      if (column)
        object[column.name] = value === null ? null : column.decoder.mapFromDriverValue(value)
    }
    return object
  }
}

export function decoderOf(field: SelectedFieldsOrdered[number]['field']) {
  if (is(field, Column)) return field
  if (is(field, SQL)) return decoderIn(field)
  return decoderIn(is(field, Subquery) ? field._.sql : field.sql)
}

/** Not in Drizzle's types. */
const decoderIn = (expression: SQL) =>
  (expression as unknown as { decoder: Pick<Column, 'mapFromDriverValue'> }).decoder
