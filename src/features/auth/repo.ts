import { and, eq, gt, inArray, isNull, lt, or, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertIf } from '../../db/record.ts'
import { type UserRow, users } from '../users/table.ts'
import { knownDevices, mailedSecrets } from './table.ts'

export type SecretKind = (typeof mailedSecrets.$inferSelect)['kind']

/** The account that signs in, and whether it has done so from this place and in this browser. */
export function findForLogin(db: Db, key: string, fingerprint: string, hasDevice: SQL) {
  return db
    .select({
      user: users,
      knowsDevice: sql<number>`${hasDevice}`.as('knows_device'),
      knowsPlace:
        sql<number>`exists (select 1 from known_devices d where d.user_id = ${users}.id and d.fingerprint = ${fingerprint})`.as(
          'knows_place',
        ),
    })
    .from(users)
    .where(or(eq(users.emailKey, key), eq(users.usernameKey, key)))
}

export function findPlace(db: Db, userId: number, fingerprint: string) {
  return db
    .select({ id: knownDevices.id })
    .from(knownDevices)
    .where(and(eq(knownDevices.userId, userId), eq(knownDevices.fingerprint, fingerprint)))
}

export function findByEmail(db: Db, emailKey: string) {
  return db.select().from(users).where(eq(users.emailKey, emailKey))
}

export function findAccountId(db: Db, uid: string) {
  return db.select({ id: users.id }).from(users).where(eq(users.uid, uid))
}

export function findAccountState(db: Db, uid: string) {
  return db.select({ isActive: users.isActive }).from(users).where(eq(users.uid, uid))
}

export function findByUsername(db: Db, usernameKey: string) {
  return db.select({ uid: users.uid }).from(users).where(eq(users.usernameKey, usernameKey))
}

/** Does nothing when the address or the username is taken, or `condition` does not hold. */
export function insertUser(db: Db, row: typeof users.$inferInsert, condition: SQL = sql`true`) {
  return insertIf(db, users, row, condition).onConflictDoNothing().returning()
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
 * reset or a ban in between wins. `gate` says how the second factor was met.
 */
export function touchLogin(
  db: Db,
  user: UserRow,
  now: number,
  { gate, passwordHash }: { gate: SQL; passwordHash?: string | undefined },
) {
  return db
    .update(users)
    .set({ lastLoginAt: now, ...(passwordHash && { passwordHash }) })
    .where(and(isStill(user), gate))
    .returning()
}

/** True while the account may sign in, as it was when the password was compared. */
const isStill = (user: UserRow) =>
  and(
    eq(users.id, user.id),
    eq(users.isActive, true),
    sql`${users.verifiedAt} is ${user.verifiedAt}`,
    eq(users.role, user.role),
    sql`${users.passwordHash} is ${user.passwordHash}`,
  )

/** The same as a condition for another statement. */
export const stillMaySignIn = (db: Db, user: UserRow): SQL =>
  sql`exists ${db.select({ id: users.id }).from(users).where(isStill(user))}`

/** Holds for an account that asks for no second factor. */
export const hasNoFactor: SQL = sql`(${users.totpEnabledAt} is null and ${users.emailCodesEnabledAt} is null)`

/** Holds where the device may stand for the second factor. */
export const isTrusted = (deviceId: number, now: number): SQL =>
  sql`exists (select 1 from devices where id = ${deviceId} and trusted_until > ${now})`

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
    .returning({ id: mailedSecrets.id })
}

export function rememberPlace(
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

export function deletePlacesBefore(db: Db, before: number, limit: number) {
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

/** Accounts that were never proven nor used, and that no live link can prove any more. */
export function deleteUnprovenBefore(db: Db, before: number, limit: number) {
  const old = db
    .select({ id: users.id })
    .from(users)
    .where(
      and(
        isNull(users.verifiedAt),
        isNull(users.lastLoginAt),
        lt(users.createdAt, before),
        sql`not exists (select 1 from mailed_secrets s where s.user_id = ${users}.id)`,
      ),
    )
    .limit(limit)
  return db.delete(users).where(inArray(users.id, old)).returning({ id: users.id })
}
