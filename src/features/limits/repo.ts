import { eq, inArray, lt, type SQL, sql } from 'drizzle-orm'
import { built } from '../../db/built.ts'
import type { Db } from '../../db/client.ts'
import { rowIf } from '../../db/record.ts'
import { rateLimits } from './table.ts'

/** So much of a quota that starts anew every `windowMs`. */
export type Use = { key: string; quota: number; amount: number; windowMs: number }

/**
 * Uses `amount` of `quota` where so much is left and `condition` holds: then it changes and returns
 * a row. One conditional statement, so that a burst cannot overspend, and a refusal writes nothing.
 */
export function takeUse(db: Db, use: Use, now: number, condition: SQL) {
  const { key, quota, amount, windowMs } = use
  const over = sql`${rateLimits.resetsAt} <= ${now}`
  return db
    .insert(rateLimits)
    .select(
      rowIf(
        rateLimits,
        { key, used: amount, resetsAt: now + windowMs },
        sql`${condition} and ${amount} <= ${quota}`,
      ),
    )
    .onConflictDoUpdate({
      target: rateLimits.key,
      set: {
        used: sql`case when ${over} then ${amount} else ${rateLimits.used} + ${amount} end`,
        resetsAt: sql`case when ${over} then excluded.resets_at else ${rateLimits.resetsAt} end`,
      },
      setWhere: sql`${over} or ${rateLimits.used} + ${amount} <= ${quota}`,
    })
    .returning()
}

export function deleteLimits(db: Db, keys: string[], condition: SQL) {
  return db
    .delete(rateLimits)
    .where(
      sql`${rateLimits.key} in (select value from json_each(${JSON.stringify(keys)})) and ${condition}`,
    )
}

export const findLimit = built('limits.by key', ['key'], (db, { key }) =>
  db.select().from(rateLimits).where(eq(rateLimits.key, key)),
)

/** True while so much is left; for the condition of another take. */
export const hasLeft = ({ key, quota, amount }: Use, now: number): SQL =>
  sql`(${amount} <= ${quota} and not exists (select 1 from rate_limits where key = ${key} and resets_at > ${now} and used + ${amount} > ${quota}))`

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
