import {
  and,
  desc,
  eq,
  gt,
  inArray,
  isNotNull,
  isNull,
  lt,
  ne,
  or,
  type SQL,
  sql,
} from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertIf } from '../../db/record.ts'
import { type UserRow, users } from '../users/table.ts'
import { knownDevices, mailedSecrets, refreshTokens, sessions } from './table.ts'

export type SecretKind = (typeof mailedSecrets.$inferSelect)['kind']

/** The account that signs in, and whether it is known on this device. */
export function findForLogin(db: Db, key: string, fingerprint: string) {
  return db
    .select({
      user: users,
      knowsDevice:
        sql<number>`exists (select 1 from known_devices d where d.user_id = ${users}.id and d.fingerprint = ${fingerprint})`.as(
          'knows_device',
        ),
    })
    .from(users)
    .where(or(eq(users.emailKey, key), eq(users.usernameKey, key)))
}

export function findByEmail(db: Db, emailKey: string) {
  return db.select().from(users).where(eq(users.emailKey, emailKey))
}

export function findByUsername(db: Db, usernameKey: string) {
  return db.select({ uid: users.uid }).from(users).where(eq(users.usernameKey, usernameKey))
}

/** Does nothing when the address or the username is taken. */
export function insertUser(db: Db, row: typeof users.$inferInsert) {
  return db.insert(users).values(row).onConflictDoNothing().returning()
}

type UserChange = Partial<Omit<UserRow, 'id' | 'uid' | 'version'>>

/** Changes the account that a live secret was mailed to, as long as `guard` holds for it. */
export function updateBySecret(
  db: Db,
  kind: SecretKind,
  hash: string,
  now: number,
  change: UserChange | { [Name in keyof UserChange]: SQL },
  guard?: SQL,
) {
  return db
    .update(users)
    .set({ ...change, version: sql`${users.version} + 1` })
    .where(and(sql`${users.id} = ${ownerOf(kind, hash, now)}`, guard))
    .returning()
}

const ownerOf = (kind: SecretKind, hash: string, now: number): SQL =>
  sql`(select user_id from mailed_secrets where hash = ${hash} and kind = ${kind} and expires_at > ${now})`

/** An account that never proved `emailKey` gives way to whoever holds a live secret that does. */
export function deleteUnproven(db: Db, emailKey: string, hash: string, now: number, guard: SQL) {
  return db
    .delete(users)
    .where(
      and(
        eq(users.emailKey, emailKey),
        isNull(users.verifiedAt),
        sql`exists (select 1 from users where id = ${ownerOf('email_change', hash, now)} and ${guard})`,
      ),
    )
}

export function updateUserById(db: Db, id: number, change: UserChange, guard?: SQL) {
  return db
    .update(users)
    .set({ ...change, version: sql`${users.version} + 1` })
    .where(and(eq(users.id, id), guard))
    .returning()
}

/**
 * Notes a sign-in, as long as the account is still as it was when the password was compared: a
 * reset or a ban in between wins.
 */
export function touchLogin(db: Db, user: UserRow, now: number, passwordHash?: string) {
  return db
    .update(users)
    .set({ lastLoginAt: now, ...(passwordHash && { passwordHash }) })
    .where(
      and(
        eq(users.id, user.id),
        eq(users.isActive, true),
        isNotNull(users.verifiedAt),
        eq(users.role, user.role),
        sql`${users.passwordHash} is ${user.passwordHash}`,
      ),
    )
    .returning()
}

export function findSecret(db: Db, kind: SecretKind, hash: string, now: number) {
  return db
    .select({
      secretEmail: sql<string | null>`${mailedSecrets.email}`.as('secret_email'),
      wish: mailedSecrets.wish,
      user: users,
    })
    .from(mailedSecrets)
    .innerJoin(users, eq(users.id, mailedSecrets.userId))
    .where(
      and(
        eq(mailedSecrets.hash, hash),
        eq(mailedSecrets.kind, kind),
        gt(mailedSecrets.expiresAt, now),
      ),
    )
}

/** A newer secret of the same kind takes the place of the older. Does nothing without an owner. */
export function replaceSecret(
  db: Db,
  owner: SQL | number,
  row: Omit<typeof mailedSecrets.$inferInsert, 'userId'>,
  condition: SQL,
) {
  const { kind, hash, email, wish, createdAt, expiresAt } = row
  return db
    .insert(mailedSecrets)
    .select(
      sql`select null, o.id, ${kind}, ${hash}, ${email}, ${wish}, ${createdAt}, ${expiresAt}
          from (select ${owner} as id) o where o.id is not null and ${condition}`,
    )
    .onConflictDoUpdate({
      target: [mailedSecrets.userId, mailedSecrets.kind],
      set: {
        hash,
        email: email ?? null,
        wish: sql`coalesce(excluded.wish, ${mailedSecrets.wish})`,
        createdAt,
        expiresAt,
      },
    })
}

export function deleteSecrets(db: Db, userId: SQL | number, kinds: SecretKind[], condition: SQL) {
  return db
    .delete(mailedSecrets)
    .where(
      and(
        sql`${mailedSecrets.userId} = ${userId}`,
        sql`${mailedSecrets.kind} in (select value from json_each(${JSON.stringify(kinds)}))`,
        condition,
      ),
    )
}

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

/** The session and its account, when both still hold: one read for every private request. */
export function findSession(db: Db, sessionUid: string, userUid: string, now: number) {
  return db
    .select({
      sessionId: sql<number>`${sessions.id}`.as('session_id'),
      steppedUpAt: sessions.steppedUpAt,
      userId: sql<number>`${users.id}`.as('user_id'),
      role: users.role,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(
        eq(sessions.uid, sessionUid),
        eq(users.uid, userUid),
        eq(users.isActive, true),
        isLive(now),
      ),
    )
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

export function stepUpSession(db: Db, id: number, now: number) {
  return db
    .update(sessions)
    .set({ steppedUpAt: now })
    .where(eq(sessions.id, id))
    .returning({ id: sessions.id })
}

export function rememberDevice(
  db: Db,
  userId: number,
  fingerprint: string,
  now: number,
  condition: SQL,
) {
  return db
    .insert(knownDevices)
    .select(sql`select null, ${userId}, ${fingerprint}, ${now} where ${condition}`)
    .onConflictDoUpdate({
      target: [knownDevices.userId, knownDevices.fingerprint],
      set: { lastSeenAt: now },
    })
}

export function deleteSessionsBefore(db: Db, now: number, limit: number) {
  const old = db
    .select({ id: sessions.id })
    .from(sessions)
    .where(lt(sessions.expiresAt, now))
    .limit(limit)
  return db.delete(sessions).where(inArray(sessions.id, old)).returning({ id: sessions.id })
}

export function deleteSecretsBefore(db: Db, now: number, limit: number) {
  const old = db
    .select({ id: mailedSecrets.id })
    .from(mailedSecrets)
    .where(lt(mailedSecrets.expiresAt, now))
    .limit(limit)
  return db
    .delete(mailedSecrets)
    .where(inArray(mailedSecrets.id, old))
    .returning({ id: mailedSecrets.id })
}

export function deleteDevicesBefore(db: Db, before: number, limit: number) {
  const old = db
    .select({ id: knownDevices.id })
    .from(knownDevices)
    .where(lt(knownDevices.lastSeenAt, before))
    .limit(limit)
  return db
    .delete(knownDevices)
    .where(inArray(knownDevices.id, old))
    .returning({ id: knownDevices.id })
}

const isLive = (now: number): SQL =>
  sql`${sessions.expiresAt} > ${now} and ${sessions.lastUsedAt} + ${sessions.idleMs} > ${now}`
