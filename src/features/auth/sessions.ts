import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import type { Actor, UserActor } from '../../core/actor.ts'
import { callerOf } from '../../core/actor.ts'
import { digest, mac, seal, unseal } from '../../core/crypto.ts'
import { AppError, notFound } from '../../core/errors.ts'
import { newUid } from '../../core/ids.ts'
import type { Page } from '../../core/page.ts'
import { DAY, HOUR, iso, MINUTE, SECOND } from '../../core/time.ts'
import { inChunks } from '../../db/chunks.ts'
import { readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import { spend } from '../limits/service.ts'
import { readUser, toUserView, type UserRow } from '../users/service.ts'
import { ACCESS_SECONDS, readAccessToken, signAccessToken } from './access-token.ts'
import { REFRESHES } from './limits.ts'
import {
  deleteDevicesBefore,
  deleteSecretsBefore,
  deleteSession,
  deleteSessionByUid,
  deleteSessions,
  deleteSessionsBefore,
  findRefresh,
  findSession,
  insertRefreshToken,
  insertSession,
  listSessions,
  spendRefresh,
  touchSession,
} from './repo.ts'
import type { ListSessions, SessionView, Token } from './schemas.ts'
import { newToken } from './secrets.ts'
import type { SessionRow } from './table.ts'

const GRACE_MS = 10 * SECOND

/** How long a session lasts: in all, and without being used. */
const LIFETIME = {
  user: { total: 30 * DAY, idle: 7 * DAY },
  admin: { total: 12 * HOUR, idle: 30 * MINUTE },
}

const BEARER = /^bearer +([\x21-\x7e]{1,4096})$/i

/** A session that has been opened: the answer, and the refresh token that may go into a cookie. */
export type SignedIn = { token: Token; refreshToken: string; refreshSeconds: number }

/** Who the Authorization header names. Throws `unauthorized`, with the same words for all reasons. */
export async function resolveActor(
  ctx: Context,
  authorization: string | undefined,
): Promise<Actor> {
  const token = BEARER.exec(authorization ?? '')?.[1]
  const claims = token ? await readAccessToken(ctx.settings, token) : null
  const found = claims && (await findSession(ctx.db, claims.sessionUid, claims.userUid, Date.now()))
  if (!found) {
    throw new AppError('unauthorized', 'This needs a valid bearer token.', {
      headers: { 'www-authenticate': 'Bearer realm="atelier"' },
    })
  }
  const { sessionId, steppedUpAt, userId, role } = found
  const { userUid, sessionUid } = claims
  return { type: 'user', id: userId, uid: userUid, role, sessionId, sessionUid, steppedUpAt }
}

/** The statements that open a session for `user` where the one before them changed something. */
export async function openSession(ctx: Context, user: UserRow) {
  const now = Date.now()
  const uid = newUid()
  const refreshToken = newToken()
  const { total, idle } = LIFETIME[user.role]
  const row = {
    uid,
    userId: user.id,
    userAgent: ctx.userAgent,
    source: ctx.network,
    createdAt: now,
    lastUsedAt: now,
    expiresAt: now + total,
    idleMs: idle,
  }
  const refresh = { hash: digest(refreshToken), createdAt: now }
  const opened = sql`exists (select 1 from sessions where uid = ${uid})`
  return {
    uid,
    statements: [
      insertSession(ctx.db, row, sql`changes() > 0`),
      insertRefreshToken(ctx.db, refresh, uid, sql`true`),
    ] as const,
    opened,
    /** The answer, from the account as the batch has left it. */
    toSignedIn: async (saved: UserRow): Promise<SignedIn> => ({
      token: await toToken(ctx, saved, uid),
      refreshToken,
      refreshSeconds: total / SECOND,
    }),
  }
}

async function toToken(ctx: Context, user: UserRow, sessionUid: string): Promise<Token> {
  return {
    access_token: await signAccessToken(ctx.settings, { userUid: user.uid, sessionUid }),
    token_type: 'bearer',
    expires_in: ACCESS_SECONDS,
    user: toUserView(user),
  }
}

/**
 * Trades a refresh token for its successor. Tabs that come within ten seconds of each other get the
 * same one; a token that comes back later was stolen or copied, and ends the session.
 */
export async function refreshSession(ctx: Context, token: string): Promise<SignedIn> {
  const hash = digest(token)
  const now = Date.now()
  const [found] = await findRefresh(ctx.db, hash, now)
  if (!found?.isLive) throw signInAgain()
  if (found.usedAt !== null && now - found.usedAt > GRACE_MS) throw await endStolen(ctx, found)
  await spend(ctx, [REFRESHES], found.sessionUid)
  const candidate = newToken()
  const sealed = await seal(ctx.settings.keys, hash, candidate)
  const [, , , [after]] = await ctx.db.batch([
    spendRefresh(ctx.db, hash, sealed, now),
    insertRefreshToken(
      ctx.db,
      { hash: digest(candidate), createdAt: now },
      found.sessionUid,
      sql`changes() > 0`,
    ),
    touchSession(ctx.db, found.sessionUid, now, sql`changes() > 0`),
    findRefresh(ctx.db, hash, now),
  ])
  if (!after?.isLive || after.usedAt === null || after.successor === null) throw signInAgain()
  if (now - after.usedAt > GRACE_MS) throw await endStolen(ctx, found)
  const refreshToken = await unseal(ctx.settings.keys, hash, after.successor)
  const { view } = await readUser(ctx, found.userUid)
  const claims = { userUid: found.userUid, sessionUid: found.sessionUid }
  return {
    token: {
      access_token: await signAccessToken(ctx.settings, claims),
      token_type: 'bearer',
      expires_in: ACCESS_SECONDS,
      user: view,
    },
    refreshToken,
    refreshSeconds: LIFETIME[view.role].total / SECOND,
  }
}

/** A token that was spent before somebody else's: one of the two is a thief. */
async function endStolen(
  ctx: Context,
  { sessionUid, userUid }: { sessionUid: string; userUid: string },
) {
  await ctx.db.batch([
    deleteSessionByUid(ctx.db, sessionUid),
    auditEntry(ctx, 'auth.refresh_reused', { entity: 'session', id: sessionUid, actor: userUid }),
  ])
  return signInAgain()
}

const signInAgain = () => new AppError('unauthorized', 'This session has ended. Sign in again.')

export async function logout(ctx: Context): Promise<void> {
  const actor = signedIn(ctx)
  await ctx.db.batch([
    deleteSession(ctx.db, actor.id, actor.sessionUid),
    auditEntry(ctx, 'auth.logout', { entity: 'session', id: actor.sessionUid }),
  ])
}

export async function logoutAll(ctx: Context): Promise<void> {
  const actor = signedIn(ctx)
  await ctx.db.batch([
    deleteSessions(ctx.db, actor.id, null, sql`true`),
    auditEntry(ctx, 'auth.logout_all', { entity: 'user', id: actor.uid }),
  ])
}

export function listOwnSessions(ctx: Context, query: ListSessions): Promise<Page<SessionView>> {
  const actor = signedIn(ctx)
  return readPage<SessionRow, SessionView>(ctx, 'sessions', query, {
    rows: (before) => listSessions(ctx.db, actor.id, Date.now(), query.limit, before),
    view: (row) => toSessionView(row, actor),
  })
}

/** Ends one of the caller's sessions. Throws `not_found` for anybody else's. */
export async function endSession(ctx: Context, uid: string): Promise<void> {
  const [deleted] = await ctx.db.batch([
    deleteSession(ctx.db, signedIn(ctx).id, uid),
    auditEntry(ctx, 'auth.session_end', { entity: 'session', id: uid }),
  ])
  if (deleted.length === 0) throw notFound('Session')
}

const DEVICE_DAYS = 90

/** Sessions and mailed links that are over, devices that were not seen for long. */
export async function forgetSessions(ctx: Context): Promise<void> {
  const now = Date.now()
  await inChunks((limit) => deleteSessionsBefore(ctx.db, now, limit))
  await inChunks((limit) => deleteSecretsBefore(ctx.db, now, limit))
  await inChunks((limit) => deleteDevicesBefore(ctx.db, now - DEVICE_DAYS * DAY, limit))
}

/** The person who acts; the guard of the route has made sure that there is one. */
export function signedIn(ctx: Context): UserActor {
  if (ctx.actor.type !== 'user') throw new Error(`Needs a person, not ${callerOf(ctx.actor)}`)
  return ctx.actor
}

/** A pseudonym of browser and network: enough to tell a new device, too little to track one. */
export const fingerprintOf = (ctx: Context): string =>
  mac(ctx.settings.SECRET_KEY, 'pseudonym', `device\n${ctx.userAgent}\n${ctx.network}`, 16)

export const toSessionView = (row: SessionRow, actor: UserActor): SessionView => ({
  id: row.uid,
  current: row.uid === actor.sessionUid,
  user_agent: row.userAgent,
  source: row.source,
  created_at: iso(row.createdAt),
  last_used_at: iso(row.lastUsedAt),
  expires_at: iso(Math.min(row.expiresAt, row.lastUsedAt + row.idleMs)),
})
