import { Column, is, Param, Placeholder, type Query } from 'drizzle-orm'
import type { SelectedFieldsOrdered } from 'drizzle-orm/sqlite-core'
import type { Statement } from './client.ts'
import { decoderOf } from './session.ts'

/** A statement as data. */
export type Written = {
  sql: string
  /** Constants, and names of values in brackets. */
  params: (string | number | null | [name: string])[]
  /** Names of columns, those of booleans in brackets. */
  columns: (string | [name: string])[]
}

/** Throws when a value or a column needs more than a copy. */
export function toWritten(statement: Statement): Written {
  const { query, fields } = prepare(statement)
  return { sql: query.sql, params: query.params.map(toParam), columns: fields.map(toColumn) }
}

/** Not in Drizzle's types. */
const prepare = (statement: Statement) =>
  (
    statement as unknown as { _prepare(): { query: Query; fields: SelectedFieldsOrdered } }
  )._prepare()

function toParam(param: unknown): Written['params'][number] {
  if (is(param, Placeholder)) return [param.name]
  if (is(param, Param) && is(param.value, Placeholder)) {
    const { encoder, value } = param
    if (copies((probe) => encoder.mapToDriverValue(probe))) return [value.name]
  }
  if (param === null || typeof param === 'string' || typeof param === 'number') return param
  throw new Error(`A parameter that cannot be written: ${JSON.stringify(param)}`)
}

function toColumn({ path, field }: SelectedFieldsOrdered[number]): Written['columns'][number] {
  const [name] = path
  if (name === undefined || path.length > 1) throw new Error('Only flat rows can be written')
  if (is(field, Column) && field.dataType === 'boolean') return [name]
  const decoder = decoderOf(field)
  if (copies((probe) => decoder.mapFromDriverValue(probe))) return name
  throw new Error(`A column that cannot be written: ${name}`)
}

function copies(map: (value: unknown) => unknown): boolean {
  const probe = '{"a":1}'
  return map(probe) === probe
}
