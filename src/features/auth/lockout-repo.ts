import { and, eq, gt, inArray, lt, lte, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { rowIf } from '../../db/record.ts'
import { devices, loginAttempts, loginGuards } from './table.ts'

/** After how many failures a key waits, and for how long. */
export type GuardRule = {
  /** Failures within `windowMs` that are let through before the first wait. */
  most: number
  windowMs: number
  /** Doubled with each further failure, up to `longestWaitMs`. */
  waitMs: number
  longestWaitMs: number
  /** Whether the count begins anew behind a wait. */
  startsAnew: boolean
  /** Failures in a row after which only unlocking helps; null for no such end. */
  mostInARow: number | null
}

const KEEP_MS = 12 * 3_600_000
const KEEP_STREAK_MS = 90 * 86_400_000

/**
 * Counts a try before it is checked, so that a burst cannot overspend. Changes and returns nothing
 * while the key waits, or where `condition` does not hold.
 */
export function claimTry(db: Db, key: string, rule: GuardRule, now: number, condition: SQL) {
  const { most, windowMs, waitMs, longestWaitMs, mostInARow } = rule
  const isOver = sql`(${loginGuards.windowEndsAt} <= ${now} or ${rule.startsAnew ? sql`${loginGuards.blockedUntil} > 0` : sql`false`})`
  const failures = sql`(case when ${isOver} then 1 else ${loginGuards.failures} + 1 end)`
  const row = {
    key,
    failures: 1,
    windowEndsAt: now + windowMs,
    streak: 1,
    forgetAt: now + (mostInARow === null ? KEEP_MS : KEEP_STREAK_MS),
  }
  return db
    .insert(loginGuards)
    .select(rowIf(loginGuards, row, condition))
    .onConflictDoUpdate({
      target: loginGuards.key,
      set: {
        failures,
        windowEndsAt: sql`case when ${isOver} then excluded.window_ends_at else ${loginGuards.windowEndsAt} end`,
        streak: sql`${loginGuards.streak} + 1`,
        // More than six doublings are past the longest wait, and a long shift would overflow.
        blockedUntil: sql`case when ${failures} >= ${most}
          then ${now} + min(${longestWaitMs}, cast(${waitMs} as integer) << min(${failures} - ${most}, 6)) else 0 end`,
        forgetAt: sql`excluded.forget_at`,
      },
      setWhere: sql`${loginGuards.blockedUntil} <= ${now}
        and (${mostInARow} is null or ${loginGuards.streak} < ${mostInARow})`,
    })
    .returning()
}

export function findGuard(db: Db, key: string) {
  return db.select().from(loginGuards).where(eq(loginGuards.key, key))
}

/** Takes a counted try back: it was no failure. */
export function refundTry(db: Db, key: string, condition: SQL) {
  return db
    .update(loginGuards)
    .set({ failures: sql`max(${loginGuards.failures} - 1, 0)`, streak: 0, blockedUntil: 0 })
    .where(and(eq(loginGuards.key, key), condition))
}

/** Forgets failures and waits; when the owner was mailed stays known. */
export function clearGuard(db: Db, key: string, condition: SQL) {
  return db
    .update(loginGuards)
    .set({ failures: 0, streak: 0, blockedUntil: 0 })
    .where(and(eq(loginGuards.key, key), condition))
}

export function deleteGuard(db: Db, key: string, condition: SQL) {
  return db.delete(loginGuards).where(and(eq(loginGuards.key, key), condition))
}

/** Notes that the owner is told, where the key waits and nothing was said for `silenceMs`. */
export function markMailed(
  db: Db,
  key: string,
  now: number,
  silenceMs: number,
  mostInARow: number,
  condition: SQL,
) {
  return db
    .update(loginGuards)
    .set({ mailedAt: now })
    .where(
      and(
        eq(loginGuards.key, key),
        lte(loginGuards.mailedAt, now - silenceMs),
        sql`(${loginGuards.blockedUntil} > ${now} or ${loginGuards.streak} >= ${mostInARow})`,
        condition,
      ),
    )
    .returning({ key: loginGuards.key })
}

/** Holds where one of the cookies is a device of the account of that name, and has not failed too often. */
export const hasDevice = (name: string, hashes: string[], most: number, since: number): SQL =>
  sql`exists (select 1 from devices b join users o on o.id = b.user_id
    where (o.email_key = ${name} or o.username_key = ${name})
      and b.hash in (select value from json_each(${JSON.stringify(hashes)}))
      and b.failures < ${most} and b.last_seen_at > ${since})`

/** Counts a try from a device of the account; nothing when none of the cookies is one, or it has failed too often. */
export function claimDevice(db: Db, userId: number, hashes: string[], most: number, since: number) {
  return db
    .update(devices)
    .set({ failures: sql`${devices.failures} + 1` })
    .where(
      and(
        eq(devices.userId, userId),
        sql`${devices.hash} in (select value from json_each(${JSON.stringify(hashes)}))`,
        lt(devices.failures, most),
        gt(devices.lastSeenAt, since),
      ),
    )
    .returning()
}

export function insertAttempt(db: Db, row: typeof loginAttempts.$inferInsert, condition: SQL) {
  return db.insert(loginAttempts).select(rowIf(loginAttempts, row, condition))
}

export function listAttempts(
  db: Db,
  userUid: string,
  since: number,
  limit: number,
  before?: number,
) {
  return db
    .select()
    .from(loginAttempts)
    .where(
      and(
        sql`${loginAttempts.userId} = (select id from users where uid = ${userUid})`,
        gt(loginAttempts.createdAt, since),
        before === undefined ? undefined : lt(loginAttempts.id, before),
      ),
    )
    .orderBy(sql`${loginAttempts.id} desc`)
    .limit(limit + 1)
}

export function deleteAttemptsBefore(db: Db, before: number, limit: number) {
  const old = db
    .select({ id: loginAttempts.id })
    .from(loginAttempts)
    .where(lt(loginAttempts.createdAt, before))
    .limit(limit)
  return db
    .delete(loginAttempts)
    .where(inArray(loginAttempts.id, old))
    .returning({ id: loginAttempts.id })
}

export function deleteGuardsBefore(db: Db, now: number, limit: number) {
  const old = db
    .select({ key: loginGuards.key })
    .from(loginGuards)
    .where(lt(loginGuards.forgetAt, now))
    .limit(limit)
  return db
    .delete(loginGuards)
    .where(inArray(loginGuards.key, old))
    .returning({ key: loginGuards.key })
}
