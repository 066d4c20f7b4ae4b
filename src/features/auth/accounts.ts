import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { requireStepUp, signedIn } from '../../core/actor.ts'
import { AppError, taken } from '../../core/errors.ts'
import { newUid } from '../../core/ids.ts'
import { type Action, auditEntry } from '../audit/service.ts'
import { spend } from '../limits/service.ts'
import { mailStatement, type PreparedMail, wakeMailer } from '../mail/service.ts'
import {
  type AccountChange,
  changeAccount,
  findAccount,
  mayStill,
  searchOf,
  toUserView,
  type UserView,
} from '../users/service.ts'
import { type Audience, OWN } from './audience.ts'
import { ADDRESS_CHANGES } from './limits.ts'
import { checkPassword, hashPassword } from './password.ts'
import { findByEmail, findByUsername, insertUser } from './repo.ts'

// For front ends of other back ends, in which a password is given rather than chosen behind a mailed link.

type NewAccount = {
  email: string | null
  password: string
  username?: string | null | undefined
  full_name?: string | null | undefined
  role?: 'user' | 'admin'
  is_active?: boolean
  /** Whether a code by mail is asked for from the first sign-in on. */
  email_codes?: boolean
}

/**
 * Makes an account whose address nobody has proven: it opens audiences that admit such, and nothing
 * else. Throws `conflict` when the address or the username is taken.
 */
export async function signUp(
  ctx: Context,
  input: Omit<NewAccount, 'role' | 'is_active' | 'email_codes'>,
  audience: Audience,
): Promise<UserView> {
  const { email, username, password } = input
  await checkPassword(ctx, password, ownerOf({ email, username }), audience)
  return await insertAccount(ctx, input, 'auth.register')
}

/**
 * Makes an account as an admin who vouches for its address, or for a person without one. An admin's needs
 * a step-up. `letter` tells its owner. Throws `conflict` as signUp() does.
 */
export async function makeAccount(
  ctx: Context,
  input: NewAccount,
  audience: Audience,
  letter?: PreparedMail,
): Promise<UserView> {
  if (input.role === 'admin') requireStepUp(ctx.actor)
  await checkPassword(ctx, input.password, ownerOf(input), audience)
  return await insertAccount(ctx, input, 'user.create', letter)
}

/** Makes an account with any password at all, for tests of front ends; never in production. */
export async function makeTestAccount(ctx: Context, input: NewAccount): Promise<UserView> {
  if (!ctx.settings.isDevelopment) throw new AppError('forbidden', 'This is for tests.')
  return await insertAccount(ctx, input, 'auth.register')
}

async function insertAccount(
  ctx: Context,
  input: NewAccount,
  action: Extract<Action, 'auth.register' | 'user.create'>,
  letter?: PreparedMail,
): Promise<UserView> {
  const { email, username = null, full_name = null, role = 'user', is_active = true } = input
  const now = Date.now()
  const row = {
    uid: newUid(),
    email,
    emailKey: email?.toLowerCase() ?? null,
    username,
    usernameKey: username?.toLowerCase() ?? null,
    fullName: full_name,
    role,
    passwordHash: hashPassword(ctx.settings, input.password),
    isActive: is_active,
    verifiedAt: action === 'user.create' ? now : null,
    search: searchOf({ email, username, full_name }),
    createdAt: now,
    lastLoginAt: null,
    totpEnabledAt: null,
    emailCodesEnabledAt: input.email_codes ? now : null,
  }
  const made = sql`exists (select 1 from users where uid = ${row.uid})`
  const after = { email, role }
  const [inserted] = await ctx.db.batch([
    insertUser(ctx.db, row, mayStill(ctx.actor)),
    auditEntry(ctx, action, { entity: 'user', id: row.uid, after }),
    ...(letter ? [mailStatement(ctx, letter, made)] : []),
  ])
  if (inserted.length === 0) throw await whyNot(ctx, row)
  if (letter) await wakeMailer(ctx, [letter.uid])
  return toUserView(row)
}

/** A name that somebody has, or an admin who was signed out or demoted while the body was on its way. */
async function whyNot(
  ctx: Context,
  { emailKey, usernameKey }: { emailKey: string | null; usernameKey: string | null },
): Promise<AppError> {
  const [[holder], [namesake]] = await ctx.db.batch([
    findByEmail(ctx.db, emailKey ?? ''),
    findByUsername(ctx.db, usernameKey ?? ''),
  ])
  if (holder) return taken('email', 'This address has an account.')
  if (namesake) return taken('username', 'This username is taken.')
  return new AppError('unauthorized', 'This session has ended. Sign in again.')
}

const ownerOf = ({
  email,
  username,
  role = 'user',
}: Pick<NewAccount, 'email' | 'username' | 'role'>) => ({
  email,
  username: username ?? null,
  role,
})

type Override = Omit<AccountChange, 'passwordHash'> & { password?: string | undefined }

/**
 * Changes the caller's names, and address and password at once, of which the latter signs out every
 * other session. Throws `rate_limited`, and as changeAccount() does.
 */
export async function changeOwnAccount(
  ctx: Context,
  { password, ...input }: Pick<Override, 'email' | 'full_name' | 'username' | 'password'>,
  audience: Audience = OWN,
): Promise<UserView> {
  const { uid } = signedIn(ctx)
  const { email } = await findAccount(ctx, uid)
  if (input.email !== undefined && input.email !== email) await spend(ctx, [ADDRESS_CHANGES], uid)
  const given = password === undefined ? {} : await hashFor(ctx, uid, password, input, audience)
  return (await changeAccount(ctx, uid, { ...input, ...given })).view
}

/**
 * Changes an account as an admin, address and password too. Whoever becomes an admin keeps the password.
 * Throws as changeAccount() does.
 */
export async function overrideAccount(
  ctx: Context,
  uid: string,
  { password, ...input }: Override,
  audience: Audience,
): Promise<UserView> {
  const given = password === undefined ? {} : await hashFor(ctx, uid, password, input, audience)
  const { view } = await changeAccount(ctx, uid, { ...input, ...given }, { keepsPassword: true })
  return view
}

async function hashFor(
  ctx: Context,
  uid: string,
  password: string,
  { role, email }: Override,
  audience: Audience,
) {
  requireStepUp(ctx.actor)
  const account = await findAccount(ctx, uid)
  const owner = { ...account, role: role ?? account.role, email: email ?? account.email }
  await checkPassword(ctx, password, owner, audience)
  return { passwordHash: hashPassword(ctx.settings, password) }
}
