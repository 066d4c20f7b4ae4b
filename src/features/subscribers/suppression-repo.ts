import { and, count, eq, gt, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { suppressions } from '../mail/table.ts'
import type { ListSuppressions } from './schemas.ts'

/** By their letters. */
export function listSuppressions(
  db: Db,
  filter: ListSuppressions,
  after: string | undefined,
  folded: string,
) {
  return db
    .select({
      // An address stands once: a page ends with it, and needs no number behind it.
      id: sql<number>`0`.as('no_number'),
      emailKey: suppressions.emailKey,
      reason: suppressions.reason,
      createdAt: suppressions.createdAt,
    })
    .from(suppressions)
    .where(and(matches(folded), after === undefined ? undefined : gt(suppressions.emailKey, after)))
    .orderBy(suppressions.emailKey)
    .limit(filter.limit + 1)
}

export function countSuppressions(db: Db, folded = '') {
  return db.select({ count: count() }).from(suppressions).where(matches(folded))
}

const matches = (folded: string) =>
  folded === '' ? undefined : sql`instr(${suppressions.emailKey}, ${folded}) > 0`

export function findSuppression(db: Db, emailKey: string) {
  return db.select().from(suppressions).where(eq(suppressions.emailKey, emailKey))
}

export function deleteSuppression(db: Db, emailKey: string) {
  return db
    .delete(suppressions)
    .where(eq(suppressions.emailKey, emailKey))
    .returning({ emailKey: suppressions.emailKey })
}

/** Of the address of an account. */
export function findByUser(db: Db, userId: number) {
  return db
    .select()
    .from(suppressions)
    .where(sql`email_key = (select email_key from users where users.id = ${userId})`)
}
