import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { isAdmin, requireStepUp } from '../../core/actor.ts'
import { changesOf } from '../../core/changes.ts'
import { AppError, conflict, notFound, taken } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import { stamp } from '../../core/time.ts'
import { isTaken } from '../../db/errors.ts'
import { auditEntry } from '../audit/service.ts'
import { mailStatement, type PreparedMail, prepareMail, wakeMailer } from '../mail/service.ts'
import {
  anotherAdmin,
  endChallenges,
  endDevices,
  endMailedSecrets,
  endSessions,
  findUser,
  mayStill,
  updateUser,
} from './repo.ts'
import type { UpdateMe, UpdateUser, UserView } from './schemas.ts'
import type { UserRow } from './table.ts'
import { profileKeys, searchOf, toTagged } from './view.ts'

type Shown = UpdateMe &
  UpdateUser & { email?: string | undefined; is_verified?: boolean | undefined }

/** All that can be changed of an account; which of it a caller may, its verb says. */
export type AccountChange = Shown & {
  /** Of a new password. An admin who gives it thereby vouches for the address. */
  passwordHash?: string
}

type Options = {
  ifMatch?: Precondition | undefined
  /** Whoever becomes an admin without an authenticator app need not choose a new password. */
  keepsPassword?: boolean
}

/** The account's row, for services that decide over it. Throws `not_found`. */
export async function findAccount(ctx: Context, uid: string): Promise<UserRow> {
  const [row] = await findUser(ctx.db, uid)
  if (!row) throw notFound('User')
  return row
}

/**
 * Changes an account in one batch. Whoever loses access, changes role or is given a password is signed
 * out, and a new address is told to the old one; role, address, its proof and password need a step-up.
 * Throws `conflict` when a name or an address is taken, and when nobody could administer any more.
 */
export async function changeAccount(
  ctx: Context,
  uid: string,
  { passwordHash, ...input }: AccountChange,
  { ifMatch, keepsPassword = false }: Options = {},
): Promise<Tagged<UserView>> {
  const account = await findAccount(ctx, uid)
  const present = toTagged(account)
  checkPrecondition(present.tag, ifMatch)
  const changes = changesOf(present.view, input)
  if (!changes && passwordHash === undefined) return present
  // Only what differs is written: what it asks for and what it guards are then the same.
  const after: Shown = changes?.after ?? {}
  const { role, is_active, is_verified, email } = after
  const isGiven = passwordHash !== undefined
  if (isGiven || [role, email, is_verified].some((one) => one !== undefined)) {
    requireStepUp(ctx.actor)
  }
  // Who signed up first with an address that nobody has proven may be anybody.
  const keeps = keepsPassword && account.verifiedAt !== null
  const dropsPassword = role === 'admin' && account.totpEnabledAt === null && !keeps && !isGiven
  const change = {
    ...columnsOf(ctx, account, after, isGiven),
    ...(dropsPassword && { passwordHash: null }),
    ...(isGiven && { passwordHash }),
    search: searchOf({ ...present.view, ...input }),
  }
  const takesRights = role === 'user' || is_active === false || is_verified === false
  const guard = sql`${mayStill(ctx.actor)} and ${takesRights ? anotherAdmin(uid) : sql`true`}`
  const isSo = isNow(account, after, passwordHash)
  const losesRole = role !== undefined || is_active === false || is_verified === false
  const ended = losesRole || isGiven ? isSo : sql`false`
  const kept = ctx.actor.type === 'user' && !losesRole ? ctx.actor.sessionUid : null
  const moved = email !== undefined || is_verified === false || isGiven ? isSo : sql`false`
  const record = { entity: 'user', id: uid } as const
  const mails = await noticesOf(ctx, account, after, { dropsPassword, isGiven })
  try {
    const [changed, , [row]] = await ctx.db.batch([
      updateUser(ctx.db, uid, change, allowedVersions(ifMatch), guard),
      changes
        ? auditEntry(ctx, 'user.update', { ...record, ...changes })
        : auditEntry(ctx, 'auth.password_change', record),
      findUser(ctx.db, uid),
      endSessions(ctx.db, uid, ended, kept),
      endChallenges(ctx.db, uid, ended),
      endDevices(ctx.db, uid, ended),
      endMailedSecrets(ctx.db, uid, moved),
      ...(changes && passwordHash ? [auditEntry(ctx, 'auth.password_change', record, isSo)] : []),
      ...mails.map((mail) => mailStatement(ctx, mail, isSo)),
    ])
    const current = toTagged(row)
    if (changed.length === 0) {
      checkPrecondition(current.tag, ifMatch)
      throw takesRights ? lastAdmin() : sessionOver()
    }
    await ctx.cache.forget([present.view, current.view].flatMap(profileKeys))
    if (mails.length > 0) {
      await wakeMailer(
        ctx,
        mails.map((mail) => mail.uid),
      )
    }
    return current
  } catch (error) {
    if (isTaken(error, 'users.username_key')) throw taken('username', 'This username is taken.')
    if (isTaken(error, 'users.email_key')) throw taken('email', 'This address has an account.')
    throw error
  }
}

function columnsOf(ctx: Context, account: UserRow, after: Shown, hasPassword: boolean) {
  const { role, is_active, is_verified, username, full_name, email } = after
  // Nobody has proven a new address; that of an admin, or one that an admin gives, counts all the same.
  const isVouchedFor = isAdmin(ctx.actor) || account.role === 'admin'
  const provenAt = account.verifiedAt ?? Date.now()
  return {
    ...(role !== undefined && { role }),
    // An admin has a second factor, and a mailbox is none for an admin.
    ...(role === 'admin' && { emailCodesEnabledAt: null }),
    ...(is_active !== undefined && { isActive: is_active }),
    ...(full_name !== undefined && { fullName: full_name }),
    ...(username !== undefined && { username, usernameKey: username?.toLowerCase() ?? null }),
    ...(email !== undefined && {
      email,
      emailKey: email.toLowerCase(),
      ...(!isVouchedFor && { verifiedAt: null }),
    }),
    ...(hasPassword && isAdmin(ctx.actor) && { verifiedAt: provenAt }),
    ...(is_verified !== undefined && { verifiedAt: is_verified ? provenAt : null }),
  }
}

/** True once the account is as the change wants it. */
const isNow = (account: UserRow, after: Shown, passwordHash: string | undefined): SQL =>
  sql`exists (select 1 from users where uid = ${account.uid}
    and role = ${after.role ?? account.role}
    and is_active = ${(after.is_active ?? account.isActive) ? 1 : 0}
    and email is ${after.email ?? account.email}
    and ${after.is_verified === undefined ? sql`true` : sql`(verified_at is not null) = ${after.is_verified ? 1 : 0}`}
    and password_hash is ${passwordHash === undefined ? sql`password_hash` : sql`${passwordHash}`})`

/** What the owner is mailed at the address that the account had until now. */
async function noticesOf(
  ctx: Context,
  { email: to }: UserRow,
  after: Shown,
  { dropsPassword, isGiven }: { dropsPassword: boolean; isGiven: boolean },
): Promise<PreparedMail[]> {
  if (to === null) return []
  const at = stamp(Date.now())
  const promotion = { at, ...(dropsPassword && { new_password: true as const }) }
  const { role, email: new_email } = after
  return await Promise.all([
    ...(role === 'admin' ? [prepareMail(ctx, 'auth.role_changed', { to, model: promotion })] : []),
    ...(new_email === undefined
      ? []
      : [prepareMail(ctx, 'auth.email_changed', { to, model: { at, new_email } })]),
    ...(isGiven ? [prepareMail(ctx, 'auth.password_changed', { to, model: { at } })] : []),
  ])
}

const sessionOver = () => new AppError('unauthorized', 'This session has ended. Sign in again.')

export const lastAdmin = () =>
  conflict('This is the last admin. Make somebody else an admin first.')
