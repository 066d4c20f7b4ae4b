import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { type Actor, signedIn, type UserActor } from '../../core/actor.ts'
import { digest, seal, unseal } from '../../core/crypto.ts'
import { AppError, notFound } from '../../core/errors.ts'
import type { Page } from '../../core/page.ts'
import { DAY, iso, SECOND } from '../../core/time.ts'
import { inChunks } from '../../db/chunks.ts'
import { readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import { spend } from '../limits/service.ts'
import { readUser } from '../users/service.ts'
import { readAccessToken } from './access-token.ts'
import { type Audience, digestFor, OWN } from './audience.ts'
import { deleteDeviceOf, deleteDevices } from './device-repo.ts'
import { deleteChallengesBefore } from './factor-repo.ts'
import { REFRESHES } from './limits.ts'
import { type SignedIn, signToken } from './open-session.ts'
import { deletePlacesBefore, deleteSecretsBefore, deleteUnprovenBefore } from './repo.ts'
import type { ListSessions, SessionView } from './schemas.ts'
import { newToken } from './secrets.ts'
import {
  deleteSession,
  deleteSessionByUid,
  deleteSessions,
  deleteSessionsBefore,
  findByRefresh,
  findRefresh,
  findSession,
  insertRefreshToken,
  listSessions,
  type Principal,
  spendRefresh,
  touchSession,
} from './session-repo.ts'
import type { SessionRow } from './table.ts'

const GRACE_MS = 10 * SECOND

const BEARER = /^bearer +([\x21-\x7e]{1,4096})$/i

/**
 * Who the Authorization header names; without one, where a route takes it, who holds the refresh
 * token. Throws `unauthorized`, with the same words for all reasons.
 */
export async function resolveActor(
  ctx: Context,
  authorization: string | undefined,
  refreshToken?: string,
): Promise<Actor> {
  const found = authorization
    ? await findByAccessToken(ctx, authorization)
    : refreshToken && (await findByRefresh(ctx.db, digest(refreshToken), Date.now()))
  if (!found) {
    throw new AppError('unauthorized', 'This needs a valid bearer token.', {
      headers: { 'www-authenticate': 'Bearer realm="atelier"' },
    })
  }
  return toActor(ctx, found)
}

/** The person behind a session, with the rights that the account has at this moment. */
export function toActor(ctx: Context, found: Principal): UserActor {
  const { sessionId, sessionUid, steppedUpAt, userId: id, userUid: uid } = found
  // Held back until then: nothing that asks for an admin sees one.
  const needsFactor =
    found.role === 'admin' && ctx.settings.REQUIRE_ADMIN_2FA && found.totpEnabledAt === null
  const role = needsFactor || found.verifiedAt === null ? 'user' : found.role
  return { type: 'user', id, uid, role, sessionId, sessionUid, steppedUpAt, needsFactor }
}

async function findByAccessToken(ctx: Context, authorization: string) {
  const token = BEARER.exec(authorization)?.[1]
  const claims = token ? await readAccessToken(ctx.settings, token) : null
  if (!claims) return null
  const { sessionUid, userUid } = claims
  const [session] = await findSession(ctx.db, { sessionUid, userUid, now: Date.now() })
  return session
}

/**
 * Trades a refresh token for its successor. Tabs that come within ten seconds of each other get the
 * same one; a token that comes back later was stolen or copied, and ends the session.
 */
export async function refreshSession(
  ctx: Context,
  token: string,
  audience: Audience = OWN,
): Promise<SignedIn> {
  const hash = digestFor(audience, token)
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
      { hash: digestFor(audience, candidate), createdAt: now },
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
  return {
    token: await signToken(ctx, audience, view, found.sessionUid),
    refreshToken,
    refreshSeconds: audience.lifetime[view.role].total / SECOND,
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
  await ctx.db.repeatable.batch([
    deleteSession(ctx.db, actor.id, actor.sessionUid),
    auditEntry(ctx, 'auth.logout', { entity: 'session', id: actor.sessionUid }),
  ])
}

export async function logoutAll(ctx: Context): Promise<void> {
  const actor = signedIn(ctx)
  await ctx.db.repeatable.batch([
    deleteSessions(ctx.db, actor.id, null, sql`true`),
    auditEntry(ctx, 'auth.logout_all', { entity: 'user', id: actor.uid }),
    deleteDevices(ctx.db, actor.id, null, sql`true`),
  ])
}

export function listOwnSessions(ctx: Context, query: ListSessions): Promise<Page<SessionView>> {
  const actor = signedIn(ctx)
  return readPage<SessionRow, SessionView>(ctx, 'sessions', query, {
    rows: (before) => listSessions(ctx.db, actor.id, Date.now(), query.limit, before),
    view: (row) => toSessionView(row, actor),
  })
}

/** Ends one of the caller's sessions; its browser is a stranger again. Throws `not_found` for anybody else's. */
export async function endSession(ctx: Context, uid: string): Promise<void> {
  const [, deleted] = await ctx.db.batch([
    deleteDeviceOf(ctx.db, signedIn(ctx).id, uid),
    deleteSession(ctx.db, signedIn(ctx).id, uid),
    auditEntry(ctx, 'auth.session_end', { entity: 'session', id: uid }),
  ])
  if (deleted.length === 0) throw notFound('Session')
}

const PLACE_DAYS = 90
const UNPROVEN_DAYS = 30

/** Sessions, challenges and mailed links that are over, and accounts that nobody ever proved. */
export async function forgetSessions(ctx: Context): Promise<void> {
  const now = Date.now()
  await inChunks((limit) => deleteSessionsBefore(ctx.db, now, limit))
  await inChunks((limit) => deleteChallengesBefore(ctx.db, now, limit))
  await inChunks((limit) => deleteSecretsBefore(ctx.db, now, limit))
  await inChunks((limit) => deletePlacesBefore(ctx.db, now - PLACE_DAYS * DAY, limit))
  await inChunks((limit) => deleteUnprovenBefore(ctx.db, now - UNPROVEN_DAYS * DAY, limit))
}

export const toSessionView = (row: SessionRow, actor: UserActor): SessionView => ({
  id: row.uid,
  current: row.uid === actor.sessionUid,
  user_agent: row.userAgent,
  source: row.source,
  created_at: iso(row.createdAt),
  last_used_at: iso(row.lastUsedAt),
  expires_at: iso(Math.min(row.expiresAt, row.lastUsedAt + row.idleMs)),
})
