import { sql } from 'drizzle-orm'
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
