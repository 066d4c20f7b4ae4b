import { and, desc, eq, gt, inArray, lt, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertIf } from '../../db/record.ts'
import { devices } from './table.ts'

export function findDevice(db: Db, userId: number, hashes: string[], since: number) {
  return db
    .select()
    .from(devices)
    .where(
      and(
        eq(devices.userId, userId),
        sql`${devices.hash} in (select value from json_each(${JSON.stringify(hashes)}))`,
        gt(devices.lastSeenAt, since),
      ),
    )
}

/** A browser that is seen for the first time; where `condition` holds. */
export function insertDevice(db: Db, row: typeof devices.$inferInsert, condition: SQL) {
  return insertIf(db, devices, row, condition)
}

type Seen = Pick<
  typeof devices.$inferInsert,
  'hash' | 'userAgent' | 'source' | 'lastSeenAt' | 'trustedUntil'
>

/** The same browser again: it gets a new cookie, and its failures are forgotten. */
export function renewDevice(db: Db, id: number, seen: Seen, condition: SQL) {
  return db
    .update(devices)
    .set({ ...seen, failures: 0 })
    .where(and(eq(devices.id, id), condition))
}

export function forgetDeviceFailures(db: Db, id: number, condition: SQL) {
  return db
    .update(devices)
    .set({ failures: 0 })
    .where(and(eq(devices.id, id), condition))
}

/** Where the second factor is asked for again. */
export function distrustDevices(db: Db, userId: number, condition: SQL) {
  return db
    .update(devices)
    .set({ trustedUntil: 0 })
    .where(and(eq(devices.userId, userId), condition))
}

/** All devices of an account but the newest `kept`. */
export function deleteOldestDevices(db: Db, userId: number, kept: number, condition: SQL) {
  return db.delete(devices).where(
    and(
      eq(devices.userId, userId),
      sql`${devices}.id not in (select d.id from devices d where d.user_id = ${userId}
            order by d.last_seen_at desc, d.id desc limit ${kept})`,
      condition,
    ),
  )
}

/** All devices of an account but the one that session `kept` was opened in. */
export function deleteDevices(db: Db, userId: number, kept: string | null, condition: SQL) {
  return db
    .delete(devices)
    .where(
      and(
        eq(devices.userId, userId),
        kept === null
          ? undefined
          : sql`${devices}.id is not (select s.device_id from sessions s where s.uid = ${kept})`,
        condition,
      ),
    )
}

/** The device that a session of the account was opened in. */
export function deleteDeviceOf(db: Db, userId: number, sessionUid: string) {
  return db
    .delete(devices)
    .where(
      and(
        eq(devices.userId, userId),
        sql`${devices}.id = (select s.device_id from sessions s where s.uid = ${sessionUid})`,
      ),
    )
}

export function listDevices(
  db: Db,
  userId: number,
  sessionUid: string,
  since: number,
  limit: number,
  before?: number,
) {
  return db
    .select({
      id: devices.id,
      uid: devices.uid,
      userAgent: devices.userAgent,
      source: devices.source,
      trustedUntil: devices.trustedUntil,
      createdAt: devices.createdAt,
      lastSeenAt: devices.lastSeenAt,
      isCurrent:
        sql<number>`${devices}.id is (select s.device_id from sessions s where s.uid = ${sessionUid})`.as(
          'is_current',
        ),
    })
    .from(devices)
    .where(
      and(
        eq(devices.userId, userId),
        gt(devices.lastSeenAt, since),
        before === undefined ? undefined : lt(devices.id, before),
      ),
    )
    .orderBy(desc(devices.id))
    .limit(limit + 1)
}

export function deleteDevice(db: Db, userId: number, uid: string) {
  return db
    .delete(devices)
    .where(and(eq(devices.userId, userId), eq(devices.uid, uid)))
    .returning({ uid: devices.uid })
}

export function deleteDevicesBefore(db: Db, before: number, limit: number) {
  const old = db
    .select({ id: devices.id })
    .from(devices)
    .where(lt(devices.lastSeenAt, before))
    .limit(limit)
  return db.delete(devices).where(inArray(devices.id, old)).returning({ id: devices.id })
}
