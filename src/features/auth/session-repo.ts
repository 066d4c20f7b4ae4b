import {
  and,
  desc,
  eq,
  inArray,
  isNull,
  lt,
  ne,
  type Placeholder,
  type SQL,
  sql,
} from 'drizzle-orm'
import { built } from '../../db/built.ts'
import type { Db } from '../../db/client.ts'
import { insertIf } from '../../db/record.ts'
import { users } from '../users/table.ts'
import { refreshTokens, sessions } from './table.ts'

export function insertSession(db: Db, row: typeof sessions.$inferInsert, condition: SQL) {
  return insertIf(db, sessions, row, condition)
}

export function insertRefreshToken(
  db: Db,
  row: Omit<typeof refreshTokens.$inferInsert, 'sessionId'>,
  sessionUid: string,
  condition: SQL,
) {
  return db.insert(refreshTokens).select(
    sql`select null, s.id, ${row.hash}, null, null, ${row.createdAt} from sessions s
        where s.uid = ${sessionUid} and ${condition}`,
  )
}

const principal = {
  sessionId: sql<number>`${sessions.id}`.as('session_id'),
  sessionUid: sql<string>`${sessions.uid}`.as('session_uid'),
  steppedUpAt: sessions.steppedUpAt,
  openedAt: sql<number>`${sessions.createdAt}`.as('opened_at'),
  userId: sql<number>`${users.id}`.as('user_id'),
  userUid: sql<string>`${users.uid}`.as('user_uid'),
  role: users.role,
  verifiedAt: users.verifiedAt,
  totpEnabledAt: users.totpEnabledAt,
}

export type Principal = NonNullable<Awaited<ReturnType<typeof findByRefresh>>>

/** The session and its account, when both still hold: one read for every private request. */
export const findSession = built(
  'sessions.live',
  ['sessionUid', 'userUid', 'now'],
  (db, { sessionUid, userUid, now }) =>
    db
      .select(principal)
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
      .where(
        and(
          eq(sessions.uid, sessionUid),
          eq(users.uid, userUid),
          eq(users.isActive, true),
          isLive(now),
        ),
      ),
)

/** The same for a refresh token, whether it was spent or not. */
export function findByRefresh(db: Db, hash: string, now: number) {
  return db
    .select(principal)
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(refreshTokens.hash, hash), eq(users.isActive, true), isLive(now)))
    .get()
}

export function findRefresh(db: Db, hash: string, now: number) {
  return db
    .select({
      usedAt: refreshTokens.usedAt,
      successor: refreshTokens.successor,
      sessionUid: sql<string>`${sessions.uid}`.as('session_uid'),
      userUid: sql<string>`${users.uid}`.as('user_uid'),
      isLive: sql<number>`(${isLive(now)}) and ${users.isActive}`.as('is_live'),
    })
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(refreshTokens.hash, hash))
}

/** Spends a refresh token that nobody has spent. */
export function spendRefresh(db: Db, hash: string, successor: string, now: number) {
  return db
    .update(refreshTokens)
    .set({ usedAt: now, successor })
    .where(and(eq(refreshTokens.hash, hash), isNull(refreshTokens.usedAt)))
    .returning({ id: refreshTokens.id })
}

export function touchSession(db: Db, sessionUid: string, now: number, condition: SQL) {
  return db
    .update(sessions)
    .set({ lastUsedAt: now })
    .where(and(eq(sessions.uid, sessionUid), condition))
}

export function listSessions(db: Db, userId: number, now: number, limit: number, before?: number) {
  return db
    .select()
    .from(sessions)
    .where(
      and(
        eq(sessions.userId, userId),
        isLive(now),
        before === undefined ? undefined : lt(sessions.id, before),
      ),
    )
    .orderBy(desc(sessions.id))
    .limit(limit + 1)
}

export function deleteSession(db: Db, userId: number, uid: string) {
  return db
    .delete(sessions)
    .where(and(eq(sessions.userId, userId), eq(sessions.uid, uid)))
    .returning({ uid: sessions.uid })
}

export function deleteSessionByUid(db: Db, uid: string) {
  return db.delete(sessions).where(eq(sessions.uid, uid)).returning({ uid: sessions.uid })
}

/** Signs an account out everywhere but in session `kept`. */
export function deleteSessions(db: Db, userId: SQL | number, kept: string | null, condition: SQL) {
  return db
    .delete(sessions)
    .where(
      and(
        sql`${sessions.userId} = ${userId}`,
        kept === null ? undefined : ne(sessions.uid, kept),
        condition,
      ),
    )
}

/** Notes in which browser a session was opened. */
export function linkDevice(db: Db, sessionUid: string, deviceHash: string) {
  return db
    .update(sessions)
    .set({ deviceId: sql`(select d.id from devices d where d.hash = ${deviceHash})` })
    .where(eq(sessions.uid, sessionUid))
}

export function stepUpSession(db: Db, id: number, now: number, condition: SQL) {
  return db
    .update(sessions)
    .set({ steppedUpAt: now })
    .where(and(eq(sessions.id, id), condition))
    .returning({ id: sessions.id })
}

export function deleteSessionsBefore(db: Db, now: number, limit: number) {
  const old = db
    .select({ id: sessions.id })
    .from(sessions)
    .where(lt(sessions.expiresAt, now))
    .limit(limit)
  return db.delete(sessions).where(inArray(sessions.id, old)).returning({ id: sessions.id })
}

const isLive = (now: number | Placeholder): SQL =>
  sql`${sessions.expiresAt} > ${now} and ${sessions.lastUsedAt} + ${sessions.idleMs} > ${now}`
