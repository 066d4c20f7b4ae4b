import { and, count, desc, eq, lt, ne, or, type SQL, sql } from 'drizzle-orm'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../db/client.ts'
import { challenges, devices, mailedSecrets, sessions } from '../auth/table.ts'
import type { ListUsers } from './schemas.ts'
import { type UserRow, users } from './table.ts'

export function findUser(db: Db, uid: string) {
  return db.select().from(users).where(eq(users.uid, uid))
}

export function findUserByEmail(db: Db, emailKey: string) {
  return db.select().from(users).where(eq(users.emailKey, emailKey))
}

export function listUsers(db: Db, filter: ListUsers, before: number | undefined, folded: string) {
  return db
    .select()
    .from(users)
    .where(and(matches(filter, folded), before === undefined ? undefined : lt(users.id, before)))
    .orderBy(desc(users.id))
    .limit(filter.limit + 1)
}

export function sliceUsers(db: Db, { skip, limit }: { skip: number; limit: number }) {
  return db.select().from(users).orderBy(desc(users.id)).limit(limit).offset(skip)
}

export function countUsers(db: Db, filter: ListUsers, folded: string) {
  return db.select({ count: count() }).from(users).where(matches(filter, folded))
}

/** Admins who may sign in, the first made first. */
export function listAdmins(db: Db, limit: number) {
  return db
    .select(adminColumns)
    .from(users)
    .where(and(eq(users.role, 'admin'), eq(users.isActive, true)))
    .orderBy(users.id)
    .limit(limit)
}

/** An admin by username or address, in lower case. */
export function findAdmin(db: Db, key: string) {
  return db
    .select(adminColumns)
    .from(users)
    .where(
      and(
        or(eq(users.usernameKey, key), eq(users.emailKey, key)),
        eq(users.role, 'admin'),
        eq(users.isActive, true),
      ),
    )
}

const adminColumns = { id: users.id, username: users.username, email: users.email }

type Change = Partial<Omit<UserRow, 'id' | 'uid' | 'version'>>

/** Changes nothing when the account is gone, has another version, or `guard` does not hold. */
export function updateUser(db: Db, uid: string, change: Change, versions?: number[], guard?: SQL) {
  return db
    .update(users)
    .set({ ...change, version: sql`${users.version} + 1` })
    .where(and(isAt(uid, versions), guard))
    .returning()
}

export function deleteUser(db: Db, uid: string, guard: SQL) {
  return db
    .delete(users)
    .where(and(eq(users.uid, uid), anotherAdmin(uid), guard))
    .returning({ uid: users.uid })
}

/** Signs an account out everywhere but in session `kept`, where `condition` holds. */
export function endSessions(db: Db, uid: string, condition: SQL, kept: string | null) {
  const others = kept === null ? undefined : ne(sessions.uid, kept)
  return db.delete(sessions).where(and(sql`${sessions.userId} = ${idOf(uid)}`, others, condition))
}

/** Ends the links that an account was mailed. */
export function endMailedSecrets(db: Db, uid: string, condition: SQL) {
  return db.delete(mailedSecrets).where(and(sql`${mailedSecrets.userId} = ${idOf(uid)}`, condition))
}

/** Ends the sign-ins of an account that wait for their second factor. */
export function endChallenges(db: Db, uid: string, condition: SQL) {
  return db.delete(challenges).where(and(sql`${challenges.userId} = ${idOf(uid)}`, condition))
}

/** Makes every browser of an account a stranger. */
export function endDevices(db: Db, uid: string, condition: SQL) {
  return db.delete(devices).where(and(sql`${devices.userId} = ${idOf(uid)}`, condition))
}

const idOf = (uid: string): SQL => sql`(select id from users where uid = ${uid})`

/**
 * True while the caller's session and role still stand, for the WHERE of a change: somebody may be
 * signed out or demoted while the body is on its way.
 */
export const mayStill = (actor: Actor): SQL =>
  actor.type === 'user'
    ? sql`exists (select 1 from sessions s join users a on a.id = s.user_id
        where s.uid = ${actor.sessionUid} and a.is_active = 1 and (a.role = ${actor.role} or a.role = 'admin'))`
    : sql`true`

/**
 * True unless `uid` is the last admin who can sign in. It stands in the WHERE of the change itself,
 * so that two admins who demote each other cannot both succeed.
 */
export const anotherAdmin = (uid: string): SQL => sql`(
  not exists (select 1 from users where uid = ${uid} and role = 'admin' and is_active = 1 and verified_at is not null)
  or exists (select 1 from users where uid <> ${uid} and role = 'admin' and is_active = 1 and verified_at is not null)
)`

const isAt = (uid: string, versions: number[] | undefined) =>
  and(
    eq(users.uid, uid),
    versions && sql`${users.version} in (select value from json_each(${JSON.stringify(versions)}))`,
  )

const matches = (filter: ListUsers, folded: string) =>
  and(
    filter.role && eq(users.role, filter.role),
    filter.active === undefined ? undefined : eq(users.isActive, filter.active),
    folded === '' ? undefined : sql`instr(${users.search}, ${folded}) > 0`,
  )
