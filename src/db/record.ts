import { getTableColumns, is, SQL, sql } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { Db } from './client.ts'

/** A row to insert, whose values may be expressions that the batch works out. */
export type RowOf<T extends SQLiteTable> = {
  [Name in keyof T['$inferInsert']]: T['$inferInsert'][Name] | SQL
}

/** Inserts a row where `condition` holds at that moment, and nothing otherwise. */
export function insertIf<T extends SQLiteTable>(db: Db, table: T, row: RowOf<T>, condition: SQL) {
  return db.insert(table).select(rowIf(table, row, condition))
}

/**
 * Inserts a row where the statement just before it in the same batch changed something.
 * It must follow that statement directly: changes() speaks of the last write that was tried.
 */
export const recordIfChanged = <T extends SQLiteTable>(db: Db, table: T, row: RowOf<T>) =>
  insertIf(db, table, row, sql`changes() > 0`)

/**
 * Inserts those of many rows for which `condition` holds, in one statement with one parameter. In
 * `condition`, `given.value` is the row as JSON. Values must be plain, and all given.
 */
export function insertEach<T extends SQLiteTable>(
  db: Db,
  table: T,
  rows: T['$inferInsert'][],
  condition: SQL,
) {
  const values = Object.keys(getTableColumns(table)).map(
    (name) => sql`given.value ->> ${sql.raw(`'${name}'`)}`,
  )
  return db.insert(table).select(
    sql`select ${sql.join(values, sql`, `)} from json_each(${JSON.stringify(rows)}) given
        where ${condition}`,
  )
}

/** `SELECT <the row's values> WHERE <condition>`, in the order of the table's columns. */
export function rowIf<T extends SQLiteTable>(table: T, row: RowOf<T>, condition: SQL): SQL {
  const given: Record<string, unknown> = row
  const values = Object.entries(getTableColumns(table)).map(([name, column]) => {
    const value = name in given ? given[name] : column.default
    if (is(value, SQL)) return value
    if (value !== null && typeof value === 'object') {
      throw new Error(`${name} needs a plain value`)
    }
    return sql`${sql.param(value ?? null, column)}`
  })
  return sql`select ${sql.join(values, sql`, `)} where ${condition}`
}
