import { sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'

/** One row when this migration has been applied. */
export function findMigration(db: Db, name: string) {
  return db.all(sql`select 1 as found from d1_migrations where name = ${name}`)
}
