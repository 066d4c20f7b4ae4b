import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { mac } from '../../core/crypto.ts'
import { newUid } from '../../core/ids.ts'
import { SECOND } from '../../core/time.ts'
import { toUserView, type UserRow, type UserView } from '../users/service.ts'
import { signAccessToken } from './access-token.ts'
import { type Audience, digestFor, OWN } from './audience.ts'
import { type DeviceCookie, keepDevice } from './devices.ts'
import type { Token } from './schemas.ts'
import { newToken } from './secrets.ts'
import { insertRefreshToken, insertSession } from './session-repo.ts'
import type { DeviceRow } from './table.ts'

/** A session that has been opened: the answer, and what may go into cookies. */
export type SignedIn = {
  token: Token
  refreshToken: string
  refreshSeconds: number
  device?: DeviceCookie
}

/** For whom, in a browser that may be known already and may stand for the second factor from now on. */
type Opening = { audience?: Audience; known?: DeviceRow | null; remember?: boolean }

/** The statements that open a session for `user` where the one before them changed something. */
export async function openSession(
  ctx: Context,
  user: UserRow,
  { audience = OWN, known = null, remember = false }: Opening = {},
) {
  const now = Date.now()
  const uid = newUid()
  const refreshToken = newToken()
  const { total, idle } = audience.lifetime[user.role]
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
  const refresh = { hash: digestFor(audience, refreshToken), createdAt: now }
  const opened = sql`exists (select 1 from sessions where uid = ${uid})`
  const device = keepDevice(ctx, user, { uid, opened }, { known, remember })
  return {
    uid,
    statements: [
      insertSession(ctx.db, row, sql`changes() > 0`),
      insertRefreshToken(ctx.db, refresh, uid, sql`true`),
      ...device.statements,
    ] as const,
    opened,
    /** The answer, from the account as the batch has left it. */
    toSignedIn: async (saved: UserRow): Promise<SignedIn> => ({
      token: await toToken(ctx, audience, saved, uid),
      refreshToken,
      refreshSeconds: total / SECOND,
      device: device.cookie,
    }),
  }
}

const toToken = (ctx: Context, audience: Audience, user: UserRow, sessionUid: string) =>
  signToken(ctx, audience, toUserView(user), sessionUid)

/** A new access token for a session. */
export async function signToken(
  ctx: Context,
  { name, tokenSeconds, claimsOf, subjectOf }: Audience,
  user: UserView,
  sessionUid: string,
): Promise<Token> {
  const claims = {
    userUid: user.id,
    sessionUid,
    ...(subjectOf && { subject: subjectOf(user) }),
    ...(claimsOf && { more: claimsOf(user) }),
  }
  return {
    access_token: await signAccessToken(ctx.settings, claims, tokenSeconds, name),
    token_type: 'bearer',
    expires_in: tokenSeconds,
    user,
  }
}

/** A pseudonym of browser and network: enough to tell a new place, too little to track one. */
export const fingerprintOf = (ctx: Context): string =>
  mac(ctx.settings.SECRET_KEY, 'pseudonym', `device\n${ctx.userAgent}\n${ctx.network}`, 16)
