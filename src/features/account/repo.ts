import { and, desc, eq, getTableColumns, or, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { auditLog } from '../audit/table.ts'
import { devices, loginAttempts, mailedSecrets, sessions } from '../auth/table.ts'
import { comments } from '../comments/table.ts'
import { contactMessages } from '../contact/table.ts'
import { items } from '../items/table.ts'
import { outbox } from '../mail/table.ts'
import { reactions } from '../reactions/table.ts'
import { users } from '../users/table.ts'

const MOST = 1000

export function findSessions(db: Db, userId: number) {
  return db
    .select()
    .from(sessions)
    .where(eq(sessions.userId, userId))
    .orderBy(desc(sessions.id))
    .limit(MOST)
}

export function findItems(db: Db, userId: number) {
  return db
    .select()
    .from(items)
    .where(eq(items.ownerId, userId))
    .orderBy(desc(items.id))
    .limit(MOST)
}

/**
 * The address of an account, in the statement that needs it. As an expression, which has no affinity:
 * a column's would keep the indexes on lower(...) from being used.
 */
const emailKeyOf = (userId: number) => sql`(select email_key || '' from users where id = ${userId})`

export function findMessages(db: Db, userId: number) {
  return db
    .select()
    .from(contactMessages)
    .where(sql`lower(${contactMessages.email}) = ${emailKeyOf(userId)}`)
    .orderBy(desc(contactMessages.id))
    .limit(MOST)
}

/** Those of the account, and of guests who gave its address. */
export function findComments(db: Db, userId: number) {
  return db
    .select()
    .from(comments)
    .where(sql`${comments.userId} = ${userId} or lower(${comments.email}) = ${emailKeyOf(userId)}`)
    .orderBy(desc(comments.id))
    .limit(MOST)
}

export function findReactions(db: Db, userUid: string) {
  return db
    .select()
    .from(reactions)
    .where(eq(reactions.person, `user:${userUid}`))
    .orderBy(desc(reactions.createdAt))
    .limit(MOST)
}

export function findMails(db: Db, userId: number) {
  return db
    .select({ uid: outbox.uid, subject: outbox.subject, createdAt: outbox.createdAt })
    .from(outbox)
    .where(sql`lower(${outbox.recipient}) = ${emailKeyOf(userId)}`)
    .orderBy(desc(outbox.id))
    .limit(MOST)
}

export function findDevices(db: Db, userId: number) {
  return db
    .select({ ...getTableColumns(devices), isCurrent: sql<number>`0`.as('is_current') })
    .from(devices)
    .where(eq(devices.userId, userId))
    .orderBy(desc(devices.id))
    .limit(MOST)
}

export function findAttempts(db: Db, userId: number) {
  return db
    .select()
    .from(loginAttempts)
    .where(eq(loginAttempts.userId, userId))
    .orderBy(desc(loginAttempts.id))
    .limit(MOST)
}

/** The address that an account has asked for and not confirmed yet. */
export function findPendingEmail(db: Db, userId: number) {
  return db
    .select({ email: mailedSecrets.email })
    .from(mailedSecrets)
    .where(and(eq(mailedSecrets.userId, userId), eq(mailedSecrets.kind, 'email_change')))
}

/** What the person did, and what was done to the account. */
export function findDeeds(db: Db, userUid: string) {
  return db
    .select()
    .from(auditLog)
    .where(
      or(
        eq(auditLog.actorId, userUid),
        and(eq(auditLog.entityType, 'user'), eq(auditLog.entityId, userUid)),
      ),
    )
    .orderBy(desc(auditLog.id))
    .limit(MOST)
}

export function findUser(db: Db, userId: number) {
  return db.select().from(users).where(eq(users.id, userId))
}
