import { type SQL, sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Role } from './schemas.ts'

export const users = sqliteTable(
  'users',
  {
    id: integer().primaryKey(),
    uid: text().notNull().unique(),
    /** As it was typed: mail goes here. Null only for accounts that an admin made without one. */
    email: text(),
    /** Lower case: what must be unique and what look-ups use. */
    emailKey: text().unique(),
    username: text(),
    usernameKey: text().unique(),
    fullName: text(),
    role: text().$type<Role>().notNull(),
    /** PHC string; null until an invited person has chosen a password. */
    passwordHash: text(),
    isActive: integer({ mode: 'boolean' }).notNull().default(true),
    /** When the mailbox was proven; nobody signs in before. */
    verifiedAt: integer(),
    /** Folded name, username and address: what `q` looks through. */
    search: text().notNull(),
    version: integer().notNull().default(1),
    createdAt: integer().notNull(),
    lastLoginAt: integer(),
    /** Since when an authenticator app is asked for; null for not. */
    totpEnabledAt: integer(),
    /** Since when a code by mail is asked for; null for not. */
    emailCodesEnabledAt: integer(),
  },
  (table) => [
    index('users_role').on(table.role, table.id),
    index('users_unproven').on(table.createdAt).where(sql`verified_at is null`),
  ],
)

export type UserRow = typeof users.$inferSelect

/** What one JSON value of writerOf() holds. */
export type NestedWriter = Pick<
  UserRow,
  | 'id'
  | 'uid'
  | 'email'
  | 'username'
  | 'fullName'
  | 'role'
  | 'createdAt'
  | 'lastLoginAt'
  | 'verifiedAt'
  | 'totpEnabledAt'
  | 'emailCodesEnabledAt'
> & { isActive: 0 | 1 }

/**
 * The account that `id` names, as a column of the statement that reads what it wrote: JSON text of
 * NestedWriter, or null. `id` is written into the SQL as it stands.
 */
export const writerOf = (id: SQL): SQL<string | null> => sql<string | null>`(
  select json_object('id', w.id, 'uid', w.uid, 'email', w.email, 'username', w.username,
    'fullName', w.full_name, 'role', w.role, 'isActive', w.is_active, 'createdAt', w.created_at,
    'lastLoginAt', w.last_login_at, 'verifiedAt', w.verified_at, 'totpEnabledAt', w.totp_enabled_at,
    'emailCodesEnabledAt', w.email_codes_enabled_at)
  from users w where w.id = ${id})`
