import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { UserRow } from '../users/service.ts'
import { type Audience, OWN } from './audience.ts'
import { openChallenge } from './challenge.ts'
import { signInStatements } from './enter.ts'
import {
  attemptStatement,
  claimName,
  claimPassword,
  forgetSource,
  noteFailure,
  type PasswordTry,
} from './lockout.ts'
import { fingerprintOf, type SignedIn } from './open-session.ts'
import { hashPassword, isOutdated, verifyPassword } from './password.ts'
import { hasNoFactor, isTrusted } from './repo.ts'
import type { Challenge, Login } from './schemas.ts'
import type { DeviceRow } from './table.ts'

/**
 * Opens a session, or asks for the second factor. Throws `invalid_credentials` alike for a wrong
 * password, an unknown, an unverified, a banned and a locked account, after one hash run each.
 * `cookies` are those of the browser that may belong to devices. Throws `forbidden` for a banned account
 * where the audience tells it.
 */
export async function login(
  ctx: Context,
  input: Login,
  cookies: string[],
  audience: Audience = OWN,
): Promise<SignedIn | Challenge> {
  const name = nameOf(input.identifier)
  const found = await claimName(ctx, name, fingerprintOf(ctx), cookies)
  const user = found?.user
  const attempt = await claimPassword(ctx, user, cookies)
  const compared = attempt.isOpen ? (user?.passwordHash ?? null) : null
  const isRight = verifyPassword(ctx.settings, input.password, compared)
  if (!user || !isRight || !user.isActive || !isAdmitted(user, audience)) {
    await noteFailure(ctx, user, attempt.isOpen ? 'wrong_password' : 'locked')
    if (isRight && user?.isActive === false && audience.tellsBan) throw banned()
    throw wrongPair()
  }
  const right = { user, name, attempt, audience, knowsPlace: Boolean(found?.knowsPlace) }
  if (asksForFactor(user, attempt.device)) return await askForFactor(ctx, input, right)
  return await enter(ctx, input, right)
}

type Right = {
  user: UserRow
  name: string
  attempt: PasswordTry
  audience: Audience
  knowsPlace: boolean
}

/** Somebody else may have claimed an address that nobody has proven; such an account is no admin's. */
const isAdmitted = (user: UserRow, { admitsUnproven, adminsOnly }: Audience): boolean =>
  (user.role === 'admin' || !adminsOnly) &&
  (user.verifiedAt !== null || (admitsUnproven && user.role === 'user'))

const asksForFactor = (user: UserRow, device: DeviceRow | null): boolean =>
  (user.totpEnabledAt !== null || user.emailCodesEnabledAt !== null) &&
  (device?.trustedUntil ?? 0) <= Date.now()

async function askForFactor(ctx: Context, input: Login, right: Right): Promise<Challenge> {
  const { user, name, attempt, audience } = right
  const challenge = openChallenge(ctx, user, audience, input.session)
  const [opened] = await ctx.db.batch([
    challenge.statement,
    attemptStatement(ctx, user, 'second_factor_asked', sql`changes() > 0`),
    forgetSource(ctx, name, challenge.opened),
    // A device is forgiven behind the second factor only, or a right password would buy ten codes.
    attempt.forgive(attempt.device ? sql`false` : challenge.opened),
  ])
  if (opened.length === 0) throw wrongPair()
  return challenge.view
}

async function enter(ctx: Context, input: Login, right: Right): Promise<SignedIn> {
  const { user, name, attempt, audience, knowsPlace } = right
  const { device } = attempt
  const passwordHash = isOutdated(ctx.settings, user.passwordHash ?? '')
    ? hashPassword(ctx.settings, input.password)
    : undefined
  const gate = device
    ? sql`(${hasNoFactor} or ${isTrusted(device.id, Date.now())})`
    : sql`${hasNoFactor}`
  const signIn = await signInStatements(ctx, user, {
    audience,
    gate,
    passwordHash,
    device,
    knowsPlace,
  })
  const [[saved]] = await ctx.db.batch([
    ...signIn.statements,
    forgetSource(ctx, name, signIn.opened),
    attempt.forgive(signIn.opened),
  ])
  if (!saved) throw wrongPair()
  return await signIn.finish(saved)
}

export const banned = () => new AppError('forbidden', 'This account is switched off.')

const wrongPair = () =>
  new AppError('invalid_credentials', 'This name and password do not belong together.')

/** Letters beyond ASCII are nobody's: some of them become ASCII letters in lower case. */
const nameOf = (identifier: string): string =>
  /^[\x21-\x7e]+$/.test(identifier) ? identifier.toLowerCase() : ''
