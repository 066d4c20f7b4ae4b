import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { users } from '../users/table.ts'
import type { LoginOutcome } from './kinds.ts'

const owner = () =>
  integer()
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' })

/**
 * A browser in which an account has signed in to the end: its cookie keeps it out of what attackers
 * do to the account, and may stand for the second factor.
 */
export const devices = sqliteTable(
  'devices',
  {
    id: integer().primaryKey(),
    uid: text().notNull().unique(),
    userId: owner(),
    /** SHA-256 of the cookie; a new one at each sign-in. */
    hash: text().notNull().unique(),
    userAgent: text().notNull(),
    /** Shortened to /24 or /48. */
    source: text().notNull(),
    /** Wrong passwords from here since the last right one. */
    failures: integer().notNull().default(0),
    /** Until when no second factor is asked for here; 0 for always asked. */
    trustedUntil: integer().notNull().default(0),
    createdAt: integer().notNull(),
    lastSeenAt: integer().notNull(),
  },
  (table) => [
    index('devices_user_id').on(table.userId),
    index('devices_last_seen_at').on(table.lastSeenAt),
  ],
)

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
    /** The browser that it was opened in, where that keeps a device cookie. */
    deviceId: integer().references(() => devices.id, { onDelete: 'set null' }),
  },
  (table) => [
    index('sessions_user_id').on(table.userId),
    index('sessions_expires_at').on(table.expiresAt),
    // Deleting a device asks for its sessions.
    index('sessions_device_id').on(table.deviceId),
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
    kind: text().$type<'verify' | 'reset' | 'email_change' | 'invite' | 'unlock'>().notNull(),
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

/** The authenticator app of an account. Secrets are sealed to the account. */
export const totpSecrets = sqliteTable('totp_secrets', {
  userId: integer()
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  /** Null until a code has confirmed the first one. */
  secret: text(),
  /** One that was shown and waits for a code. */
  pending: text(),
  /** The step of 30 s whose code was accepted last; only later ones are. */
  lastStep: integer().notNull().default(0),
})

export const recoveryCodes = sqliteTable(
  'recovery_codes',
  {
    userId: owner(),
    /** SHA-256 of the code, which has 120 random bits. */
    hash: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.hash] })],
)

/** A sign-in whose password was right and whose second factor is to come. */
export const challenges = sqliteTable(
  'challenges',
  {
    id: integer().primaryKey(),
    userId: owner(),
    /** SHA-256 of the challenge token. */
    hash: text().notNull().unique(),
    /** How the session is to be handed out. */
    mode: text().$type<'token' | 'cookie'>().notNull(),
    tries: integer().notNull().default(0),
    expiresAt: integer().notNull(),
  },
  (table) => [
    index('challenges_user_id').on(table.userId),
    index('challenges_expires_at').on(table.expiresAt),
  ],
)

/** The one live code that was mailed to an account, for one challenge or one session's step-up. */
export const emailCodes = sqliteTable('email_codes', {
  userId: integer()
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  /** HMAC of code, account and what it is bound to. */
  hash: text().notNull(),
  expiresAt: integer().notNull(),
})

/** Failures by key, and until when that key has to wait. */
export const loginGuards = sqliteTable(
  'login_guards',
  {
    key: text().primaryKey(),
    /** Within the window. */
    failures: integer().notNull(),
    windowEndsAt: integer().notNull(),
    /** In a row. */
    streak: integer().notNull(),
    blockedUntil: integer().notNull().default(0),
    /** When the owner was mailed a link to unlock. */
    mailedAt: integer().notNull().default(0),
    forgetAt: integer().notNull(),
  },
  (table) => [index('login_guards_forget_at').on(table.forgetAt)],
)

/** Who tried to sign in to an account, for its owner to see. */
export const loginAttempts = sqliteTable(
  'login_attempts',
  {
    id: integer().primaryKey(),
    uid: text().notNull().unique(),
    userId: owner(),
    outcome: text().$type<LoginOutcome>().notNull(),
    userAgent: text().notNull(),
    /** Shortened to /24 or /48. */
    source: text().notNull(),
    createdAt: integer().notNull(),
  },
  (table) => [
    index('login_attempts_user_id').on(table.userId, table.id),
    index('login_attempts_created_at').on(table.createdAt),
  ],
)

export type DeviceRow = typeof devices.$inferSelect
export type SessionRow = typeof sessions.$inferSelect
