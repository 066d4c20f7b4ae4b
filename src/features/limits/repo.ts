import { eq, inArray, lt, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { rowIf } from '../../db/record.ts'
import { rateLimits } from './table.ts'

/**
 * Uses one of `quota` where any is left and `condition` holds: then it changes and returns a row.
 * One conditional statement, so that a burst cannot overspend, and a refusal writes nothing.
 */
export function takeOne(
  db: Db,
  key: string,
  quota: number,
  now: number,
  windowMs: number,
  condition: SQL,
) {
  const over = sql`${rateLimits.resetsAt} <= ${now}`
  return db
    .insert(rateLimits)
    .select(
      rowIf(
        rateLimits,
        { key, used: 1, resetsAt: now + windowMs },
        sql`${condition} and ${quota} > 0`,
      ),
    )
    .onConflictDoUpdate({
      target: rateLimits.key,
      set: {
        used: sql`case when ${over} then 1 else ${rateLimits.used} + 1 end`,
        resetsAt: sql`case when ${over} then excluded.resets_at else ${rateLimits.resetsAt} end`,
      },
      setWhere: sql`${over} or ${rateLimits.used} < ${quota}`,
    })
    .returning()
}

export function findLimit(db: Db, key: string) {
  return db.select().from(rateLimits).where(eq(rateLimits.key, key))
}

/** True while `key` has one left; for the condition of another take. */
export const hasOneLeft = (key: string, quota: number, now: number): SQL =>
  sql`not exists (select 1 from rate_limits where key = ${key} and resets_at > ${now} and used >= ${quota})`

export function deleteLimitsBefore(db: Db, now: number, limit: number) {
  const old = db
    .select({ key: rateLimits.key })
    .from(rateLimits)
    .where(lt(rateLimits.resetsAt, now))
    .limit(limit)
  return db
    .delete(rateLimits)
    .where(inArray(rateLimits.key, old))
    .returning({ key: rateLimits.key })
}
