import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { users } from '../users/table.ts'

const owner = () =>
  integer()
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' })

/** One signed-in device. Deleting the row signs it out at once: every private request reads it. */
export const sessions = sqliteTable(
  'sessions',
  {
    id: integer().primaryKey(),
    uid: text().notNull().unique(),
    userId: owner(),
    userAgent: text().notNull(),
    /** Shortened to /24 or /48. */
    source: text().notNull(),
    createdAt: integer().notNull(),
    lastUsedAt: integer().notNull(),
    /** Absolute; the idle limit is counted from lastUsedAt. */
    expiresAt: integer().notNull(),
    idleMs: integer().notNull(),
    steppedUpAt: integer(),
  },
  (table) => [
    index('sessions_user_id').on(table.userId),
    index('sessions_expires_at').on(table.expiresAt),
  ],
)

/** The chain of refresh tokens of a session. A used one that comes back ends the session. */
export const refreshTokens = sqliteTable(
  'refresh_tokens',
  {
    id: integer().primaryKey(),
    sessionId: integer()
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    /** SHA-256 of the token. */
    hash: text().notNull().unique(),
    usedAt: integer(),
    /** The sealed token that came after it, for other tabs that refresh in the same moment. */
    successor: text(),
    createdAt: integer().notNull(),
  },
  (table) => [index('refresh_tokens_session_id').on(table.sessionId)],
)

/** Single-use secrets that were mailed. One of a kind lives per account: a newer one ends the older. */
export const mailedSecrets = sqliteTable(
  'mailed_secrets',
  {
    id: integer().primaryKey(),
    userId: owner(),
    kind: text().$type<'verify' | 'reset' | 'email_change' | 'invite'>().notNull(),
    /** SHA-256 of the secret. */
    hash: text().notNull().unique(),
    /** For an e-mail change: the address that the secret proves, as it was typed. */
    email: text(),
    /** For a registration: the names that came with it, as JSON. */
    wish: text(),
    createdAt: integer().notNull(),
    expiresAt: integer().notNull(),
  },
  (table) => [
    uniqueIndex('mailed_secrets_user').on(table.userId, table.kind),
    index('mailed_secrets_expires_at').on(table.expiresAt),
  ],
)

/** Where an account has signed in from before: a pseudonym of browser and network. */
export const knownDevices = sqliteTable(
  'known_devices',
  {
    id: integer().primaryKey(),
    userId: owner(),
    fingerprint: text().notNull(),
    lastSeenAt: integer().notNull(),
  },
  (table) => [
    uniqueIndex('known_devices_user').on(table.userId, table.fingerprint),
    index('known_devices_last_seen_at').on(table.lastSeenAt),
  ],
)

export type SessionRow = typeof sessions.$inferSelect
