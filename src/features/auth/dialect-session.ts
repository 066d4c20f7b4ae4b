import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { signedIn, type UserActor } from '../../core/actor.ts'
import { MINUTE } from '../../core/time.ts'
import { readUser } from '../users/service.ts'
import { type AccessClaims, readAccessToken } from './access-token.ts'
import type { Audience } from './audience.ts'
import { signToken } from './open-session.ts'
import { findAccountState } from './repo.ts'
import type { Token } from './schemas.ts'
import { findSession, touchSession } from './session-repo.ts'
import { toActor } from './sessions.ts'

/** Why a token opens nothing: it is not ours or over, or its account is deleted or banned. */
export type TokenFault = 'invalid' | 'gone' | 'inactive'

/** Front ends that know no step-up have it for so long behind their sign-in. */
const FRESH_MS = 15 * MINUTE

/** Who holds a token of this audience, or what is the matter with it. */
export async function resolveToken(
  ctx: Context,
  { name }: Audience,
  token: string,
): Promise<UserActor | TokenFault> {
  const claims = await readAccessToken(ctx.settings, token, name)
  return claims ? await resolveSession(ctx, claims) : 'invalid'
}

/** Who acts in a session, or why nobody does. */
export async function resolveSession(
  ctx: Context,
  claims: Pick<AccessClaims, 'userUid' | 'sessionUid'>,
): Promise<UserActor | TokenFault> {
  const now = Date.now()
  const { sessionUid, userUid } = claims
  const [found] = await findSession(ctx.db, { sessionUid, userUid, now })
  if (found) {
    const actor = toActor(ctx, found)
    return found.openedAt > now - FRESH_MS ? { ...actor, steppedUpAt: now } : actor
  }
  const [account] = await findAccountState(ctx.db, claims.userUid)
  if (!account) return 'gone'
  return account.isActive ? 'invalid' : 'inactive'
}

/** Another token for the session of the caller, which has been used by this. */
export async function renewToken(ctx: Context, audience: Audience): Promise<Token> {
  const { uid, sessionUid } = signedIn(ctx)
  await touchSession(ctx.db, sessionUid, Date.now(), sql`true`)
  const { view } = await readUser(ctx, uid)
  return await signToken(ctx, audience, view, sessionUid)
}
