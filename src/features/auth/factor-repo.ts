import { and, eq, gt, inArray, lt, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertIf } from '../../db/record.ts'
import { users } from '../users/table.ts'
import { challenges, emailCodes, recoveryCodes, totpSecrets } from './table.ts'

export function insertChallenge(db: Db, row: typeof challenges.$inferInsert, condition: SQL) {
  return insertIf(db, challenges, row, condition).returning({ id: challenges.id })
}

/** Spends one of the tries of a live challenge before its code is looked at. */
export function spendChallengeTry(db: Db, hash: string, most: number, now: number) {
  return db
    .update(challenges)
    .set({ tries: sql`${challenges.tries} + 1` })
    .where(
      and(eq(challenges.hash, hash), lt(challenges.tries, most), gt(challenges.expiresAt, now)),
    )
    .returning({ id: challenges.id })
}

export function findChallenge(db: Db, hash: string, now: number) {
  return db
    .select({
      mode: challenges.mode,
      user: users,
      secret: totpSecrets.secret,
    })
    .from(challenges)
    .innerJoin(users, eq(users.id, challenges.userId))
    .leftJoin(totpSecrets, eq(totpSecrets.userId, challenges.userId))
    .where(and(eq(challenges.hash, hash), gt(challenges.expiresAt, now)))
}

export function deleteChallenge(db: Db, hash: string, condition: SQL) {
  return db
    .delete(challenges)
    .where(and(eq(challenges.hash, hash), condition))
    .returning({ id: challenges.id })
}

export function deleteChallenges(db: Db, userId: number, condition: SQL) {
  return db.delete(challenges).where(and(eq(challenges.userId, userId), condition))
}

export function findTotp(db: Db, userId: number) {
  return db.select().from(totpSecrets).where(eq(totpSecrets.userId, userId))
}

/** Keeps a secret that was shown; the one in use stays until a code confirms the new one. */
export function keepPending(db: Db, userId: number, pending: string, condition: SQL) {
  return db
    .insert(totpSecrets)
    .select(sql`select ${userId}, null, ${pending}, 0 where ${condition}`)
    .onConflictDoUpdate({ target: totpSecrets.userId, set: { pending } })
    .returning({ userId: totpSecrets.userId })
}

type Confirmed = { userId: number; pending: string; secret: string; lastStep: number }

/** The pending secret becomes the one in use, from the step behind the code that confirmed it. */
export function confirmTotp(
  db: Db,
  { userId, pending, secret, lastStep }: Confirmed,
  condition: SQL,
) {
  return db
    .update(totpSecrets)
    .set({ secret, pending: null, lastStep })
    .where(and(eq(totpSecrets.userId, userId), eq(totpSecrets.pending, pending), condition))
    .returning({ userId: totpSecrets.userId })
}

/** Accepts the code of a step once: only a later one than the last is (RFC 6238, 5.2). */
export function acceptStep(db: Db, userId: number, step: number, condition: SQL) {
  return db
    .update(totpSecrets)
    .set({ lastStep: step })
    .where(and(eq(totpSecrets.userId, userId), lt(totpSecrets.lastStep, step), condition))
    .returning({ userId: totpSecrets.userId })
}

export function deleteTotp(db: Db, userId: number, condition: SQL) {
  return db.delete(totpSecrets).where(and(eq(totpSecrets.userId, userId), condition))
}

/** The one live code of an account: a newer one takes its place. */
export function keepEmailCode(
  db: Db,
  { userId, hash, expiresAt }: typeof emailCodes.$inferInsert,
  condition: SQL,
) {
  return db
    .insert(emailCodes)
    .select(sql`select ${userId}, ${hash}, ${expiresAt} where ${condition}`)
    .onConflictDoUpdate({ target: emailCodes.userId, set: { hash, expiresAt } })
}

export function spendEmailCode(db: Db, userId: number, hash: string, now: number, condition: SQL) {
  return db
    .delete(emailCodes)
    .where(
      and(
        eq(emailCodes.userId, userId),
        eq(emailCodes.hash, hash),
        gt(emailCodes.expiresAt, now),
        condition,
        // Whoever has switched the codes off meanwhile is not asked for one.
        sql`exists (select 1 from users u where u.id = ${userId} and u.email_codes_enabled_at is not null)`,
      ),
    )
    .returning({ userId: emailCodes.userId })
}

export function spendRecoveryCode(db: Db, userId: number, hashes: string[], condition: SQL) {
  return db
    .delete(recoveryCodes)
    .where(and(eq(recoveryCodes.userId, userId), inArray(recoveryCodes.hash, hashes), condition))
    .returning({ userId: recoveryCodes.userId })
}

export function deleteRecoveryCodes(db: Db, userId: number, condition: SQL) {
  return db.delete(recoveryCodes).where(and(eq(recoveryCodes.userId, userId), condition))
}

export function insertRecoveryCodes(db: Db, userId: number, hashes: string[], condition: SQL) {
  return db
    .insert(recoveryCodes)
    .select(
      sql`select ${userId}, value from json_each(${JSON.stringify(hashes)}) where ${condition}`,
    )
    .returning({ userId: recoveryCodes.userId })
}

export function deleteChallengesBefore(db: Db, now: number, limit: number) {
  const old = db
    .select({ id: challenges.id })
    .from(challenges)
    .where(lt(challenges.expiresAt, now))
    .limit(limit)
  return db.delete(challenges).where(inArray(challenges.id, old)).returning({ id: challenges.id })
}
