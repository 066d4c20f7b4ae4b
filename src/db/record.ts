import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { Db } from './client.ts'

/** Inserts a row where `condition` holds at that moment, and nothing otherwise. */
export function insertIf<T extends SQLiteTable>(
  db: Db,
  table: T,
  row: T['$inferInsert'],
  condition: SQL,
) {
  return db.insert(table).select(rowIf(table, row, condition))
}

/**
 * Inserts a row where the statement just before it in the same batch changed something.
 * It must follow that statement directly: changes() speaks of the last write that was tried.
 */
export const recordIfChanged = <T extends SQLiteTable>(db: Db, table: T, row: T['$inferInsert']) =>
  insertIf(db, table, row, sql`changes() > 0`)

/** `SELECT <the row's values> WHERE <condition>`, in the order of the table's columns. */
export function rowIf<T extends SQLiteTable>(
  table: T,
  row: T['$inferInsert'],
  condition: SQL,
): SQL {
  const given: Record<string, unknown> = row
  const values = Object.entries(getTableColumns(table)).map(([name, column]) => {
    const value = name in given ? given[name] : column.default
    if (value !== null && typeof value === 'object') {
      throw new Error(`${name} needs a plain value`)
    }
    return sql`${sql.param(value ?? null, column)}`
  })
  return sql`select ${sql.join(values, sql`, `)} where ${condition}`
}
