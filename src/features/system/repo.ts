import { sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'

/** True when this migration has been applied. */
export async function hasMigration(db: Db, name: string): Promise<boolean> {
  const found = await db.all(sql`select 1 as found from d1_migrations where name = ${name}`)
  return found.length > 0
}
