import { type Column, type SQL, sql, type Table } from 'drizzle-orm'
import { PART } from '../core/sitemap-parts.ts'
import type { Db } from './client.ts'

type Numbered = Table & { id: Column }

/** Rows whose ids lie in that part; without one all rows, and none where they are more than a part. */
export function inPart(table: Numbered, part?: number): SQL {
  const [first, last] =
    part === undefined
      ? [1, sql`iif((${highest(table)}) <= ${PART}, ${PART}, 0)`]
      : [(part - 1) * PART + 1, part * PART]
  return sql`${table.id} between ${first} and ${last}`
}

/** As a statement: 0 where there is no row. */
export const highestId = (db: Db, table: Numbered) =>
  db.select({ id: sql<number>`coalesce((${highest(table)}), 0)`.as('id') }).from(sql`(select 1)`)

/** SQLite looks only at the last row for it. */
const highest = (table: Numbered): SQL => sql`select max(id) from ${table}`
