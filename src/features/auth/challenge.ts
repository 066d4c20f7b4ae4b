import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { MINUTE, SECOND } from '../../core/time.ts'
import type { UserRow } from '../users/service.ts'
import { type Audience, digestFor, OWN } from './audience.ts'
import { signInStatements } from './enter.ts'
import {
  deleteChallenge,
  findChallenge,
  insertChallenge,
  spendChallengeTry,
} from './factor-repo.ts'
import type { FactorMethod } from './kinds.ts'
import { claimFactor } from './lockout.ts'
import { fingerprintOf, type SignedIn } from './open-session.ts'
import { findPlace, stillMaySignIn } from './repo.ts'
import {
  ACCEPTED,
  type Accepted,
  type Challenge,
  type ChallengeOnly,
  type VerifyFactor,
} from './schemas.ts'
import { mailCode, methodOf, methodsOf, refuseCode, spendFactor } from './second-factor.ts'
import { newToken } from './secrets.ts'

const LIFETIME_MS = 5 * MINUTE
const TRIES = 5

/** A sign-in that waits for its second factor. Its token opens that and nothing else. */
export function openChallenge(
  ctx: Context,
  user: UserRow,
  audience: Audience,
  mode: 'token' | 'cookie',
) {
  const token = newToken()
  const hash = digestFor(audience, token)
  const row = { userId: user.id, hash, mode, expiresAt: Date.now() + LIFETIME_MS }
  const view: Challenge = {
    requires_2fa: true,
    challenge_token: token,
    methods: methodsOf(user),
    expires_in: LIFETIME_MS / SECOND,
  }
  return {
    view,
    statement: insertChallenge(ctx.db, row, stillMaySignIn(ctx.db, user)),
    opened: sql`exists (select 1 from challenges where hash = ${hash})`,
  }
}

/** A front end may leave out which method the code is of. */
type Given = Omit<VerifyFactor, 'method'> & { method?: FactorMethod }

/**
 * Signs in with the second factor. Each call spends one of five tries before the code is looked at.
 * Throws `challenge_over` when the challenge is, and `invalid_code` for a wrong code.
 */
export async function verifyChallenge(
  ctx: Context,
  input: Given,
  cookies: string[],
  audience: Audience = OWN,
): Promise<SignedIn & { mode: 'token' | 'cookie' }> {
  const hash = digestFor(audience, input.challenge_token)
  const [[spent], [found]] = await ctx.db.batch([
    spendChallengeTry(ctx.db, hash, TRIES, Date.now()),
    findChallenge(ctx.db, hash, Date.now()),
  ])
  if (!spent || !found) throw challengeOver()
  const { user, mode } = found
  const attempt = await claimFactor(ctx, user, cookies)
  const [place] = await findPlace(ctx.db, user.id, fingerprintOf(ctx))
  const stands = sql`exists (select 1 from challenges where hash = ${hash}) and ${stillMaySignIn(ctx.db, user)}`
  const purpose = { boundTo: hash, condition: stands }
  const method = input.method ?? (await methodOf(ctx, found, input.code))
  const factor = await spendFactor(ctx, found, { method, code: input.code }, purpose)
  const signIn = await signInStatements(ctx, user, {
    audience,
    gate: sql`changes() > 0`,
    device: attempt.device,
    remember: input.remember_device,
    knowsPlace: Boolean(place),
    method,
  })
  if (!attempt.isOpen || !factor) throw await refuseCode(ctx, user)
  const [, , [saved]] = await ctx.db.batch([
    factor.statement,
    deleteChallenge(ctx.db, hash, sql`changes() > 0`),
    ...signIn.statements,
    attempt.forgive(signIn.opened),
    ...factor.notices(signIn.opened),
  ])
  if (!saved) throw await refuseCode(ctx, user)
  await factor.wake()
  return { ...(await signIn.finish(saved)), mode }
}

/** Mails a code, where the account takes codes by mail; the answer does not say whether it does. */
export async function mailChallengeCode(
  ctx: Context,
  input: ChallengeOnly,
  audience: Audience = OWN,
): Promise<Accepted> {
  const hash = digestFor(audience, input.challenge_token)
  const [found] = await findChallenge(ctx.db, hash, Date.now())
  if (!found) throw challengeOver()
  await mailCode(ctx, found.user, hash)
  return ACCEPTED
}

/** Gives the challenge up. */
export async function cancelChallenge(ctx: Context, input: ChallengeOnly): Promise<void> {
  const [deleted] = await deleteChallenge(ctx.db, digestFor(OWN, input.challenge_token), sql`true`)
  if (!deleted) throw challengeOver()
}

const challengeOver = () =>
  new AppError('challenge_over', 'This sign-in is over or was tried too often. Sign in again.')
