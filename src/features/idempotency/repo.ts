import { and, eq, gt, inArray, lte, type SQL } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertIf, type RowOf } from '../../db/record.ts'
import { idempotencyKeys } from './table.ts'

export function findAnswer(db: Db, key: string, now: number) {
  return db
    .select()
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.key, key), gt(idempotencyKeys.expiresAt, now)))
    .get()
}

/** Fails the whole batch when the key is there already: whoever loses the race changes nothing. */
export function insertAnswer(db: Db, row: RowOf<typeof idempotencyKeys>, condition: SQL) {
  return insertIf(db, idempotencyKeys, row, condition)
}

export function deleteExpired(db: Db, key: string, now: number) {
  return db
    .delete(idempotencyKeys)
    .where(and(eq(idempotencyKeys.key, key), lte(idempotencyKeys.expiresAt, now)))
}

export function deleteAnswer(db: Db, key: string) {
  return db.delete(idempotencyKeys).where(eq(idempotencyKeys.key, key))
}

export function deleteAnswersBefore(db: Db, now: number, limit: number) {
  const old = db
    .select({ key: idempotencyKeys.key })
    .from(idempotencyKeys)
    .where(lte(idempotencyKeys.expiresAt, now))
    .limit(limit)
  return db
    .delete(idempotencyKeys)
    .where(inArray(idempotencyKeys.key, old))
    .returning({ key: idempotencyKeys.key })
}
