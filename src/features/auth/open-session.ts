import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { digest, mac } from '../../core/crypto.ts'
import { newUid } from '../../core/ids.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../../core/time.ts'
import { toUserView, type UserRow } from '../users/service.ts'
import { ACCESS_SECONDS, signAccessToken } from './access-token.ts'
import { type DeviceCookie, keepDevice } from './devices.ts'
import type { Token } from './schemas.ts'
import { newToken } from './secrets.ts'
import { insertRefreshToken, insertSession } from './session-repo.ts'
import type { DeviceRow } from './table.ts'

/** How long a session lasts: in all, and without being used. */
export const LIFETIME = {
  user: { total: 30 * DAY, idle: 7 * DAY },
  admin: { total: 12 * HOUR, idle: 30 * MINUTE },
}

/** A session that has been opened: the answer, and what may go into cookies. */
export type SignedIn = {
  token: Token
  refreshToken: string
  refreshSeconds: number
  device?: DeviceCookie
}

/** A browser that is known already, and whether it is to stand for the second factor from now on. */
type Browser = { known?: DeviceRow | null; remember?: boolean }

/** The statements that open a session for `user` where the one before them changed something. */
export async function openSession(
  ctx: Context,
  user: UserRow,
  { known = null, remember = false }: Browser = {},
) {
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
      token: await toToken(ctx, saved, uid),
      refreshToken,
      refreshSeconds: total / SECOND,
      device: device.cookie,
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

/** A pseudonym of browser and network: enough to tell a new place, too little to track one. */
export const fingerprintOf = (ctx: Context): string =>
  mac(ctx.settings.SECRET_KEY, 'pseudonym', `device\n${ctx.userAgent}\n${ctx.network}`, 16)
