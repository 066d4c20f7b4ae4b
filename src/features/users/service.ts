import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { callerOf, requireStepUp } from '../../core/actor.ts'
import { profileKey, profilesKey } from '../../core/cache-keys.ts'
import { changesOf } from '../../core/changes.ts'
import { conflict, notFound } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import type { Page } from '../../core/page.ts'
import { fold } from '../../core/text.ts'
import { iso, isoOrNull } from '../../core/time.ts'
import { isTaken } from '../../db/errors.ts'
import { readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import {
  anotherAdmin,
  countUsers,
  deleteUser,
  endSessions,
  findUser,
  listUsers,
  updateUser,
} from './repo.ts'
import type { ListUsers, UpdateMe, UpdateUser, UserView } from './schemas.ts'
import type { UserRow } from './table.ts'

export type { InviteUser, UserView } from './schemas.ts'
export type { UserRow } from './table.ts'

/** The account's row, for services that decide over it. Throws `not_found`. */
export async function findAccount(ctx: Context, uid: string): Promise<UserRow> {
  const [row] = await findUser(ctx.db, uid)
  if (!row) throw notFound('User')
  return row
}

export function listAccounts(ctx: Context, filter: ListUsers): Promise<Page<UserView>> {
  const folded = fold(filter.q ?? '')
  return readPage<UserRow, UserView>(ctx, 'users', filter, {
    rows: (before) => listUsers(ctx.db, filter, before, folded),
    count: () => countUsers(ctx.db, filter, folded),
    view: toUserView,
  })
}

export async function readUser(ctx: Context, uid: string): Promise<Tagged<UserView>> {
  const [row] = await findUser(ctx.db, uid)
  return toTagged(row)
}

export const readMe = (ctx: Context) => readUser(ctx, callerOf(ctx.actor))

/** Throws `conflict` when the username is somebody else's. */
export async function updateMe(
  ctx: Context,
  input: UpdateMe,
  ifMatch?: Precondition,
): Promise<Tagged<UserView>> {
  const uid = callerOf(ctx.actor)
  return applyChange(ctx, uid, input, ifMatch)
}

/**
 * Changes role, name or access of an account. Whoever loses access or changes role is signed out.
 * Throws `conflict` when nobody could administer any more.
 */
export async function updateAccount(
  ctx: Context,
  uid: string,
  input: UpdateUser,
  ifMatch?: Precondition,
): Promise<Tagged<UserView>> {
  if (input.role !== undefined) requireStepUp(ctx.actor)
  return applyChange(ctx, uid, input, ifMatch)
}

async function applyChange(
  ctx: Context,
  uid: string,
  input: UpdateMe & UpdateUser,
  ifMatch: Precondition | undefined,
): Promise<Tagged<UserView>> {
  const present = await readUser(ctx, uid)
  checkPrecondition(present.tag, ifMatch)
  const changes = changesOf(present.view, input)
  if (!changes) return present
  // Only what differs is written: what it asks for and what it guards are then the same.
  const { role, is_active, username, full_name } = changes.after as UpdateMe & UpdateUser
  const change = {
    ...(role !== undefined && { role }),
    ...(is_active !== undefined && { isActive: is_active }),
    ...(full_name !== undefined && { fullName: full_name }),
    ...(username !== undefined && { username, usernameKey: username?.toLowerCase() ?? null }),
  }
  const losesRights = role !== undefined || is_active === false
  const guard = role === 'user' || is_active === false ? anotherAdmin(uid) : undefined
  const search = searchOf({ ...present.view, ...input })
  try {
    const [changed, , , [row]] = await ctx.db.batch([
      updateUser(ctx.db, uid, { ...change, search }, allowedVersions(ifMatch), guard),
      auditEntry(ctx, 'user.update', { entity: 'user', id: uid, ...changes }),
      endSessions(ctx.db, uid, losesRights ? sql`changes() > 0` : sql`false`),
      findUser(ctx.db, uid),
    ])
    const current = toTagged(row)
    if (changed.length > 0) {
      await ctx.cache.forget([present.view, current.view].flatMap(profileKeys))
      return current
    }
    checkPrecondition(current.tag, ifMatch)
    throw lastAdmin()
  } catch (error) {
    if (isTaken(error, 'users.username_key')) throw conflict('This username is taken.')
    throw error
  }
}

const lastAdmin = () => conflict('This is the last admin. Make somebody else an admin first.')

/** Deletes an account with all that is its own. Throws `conflict` for the last admin. */
export async function deleteAccount(ctx: Context, uid: string): Promise<void> {
  const { view } = await readUser(ctx, uid)
  const before = { role: view.role, is_active: view.is_active }
  const [deleted, , [row]] = await ctx.db.batch([
    deleteUser(ctx.db, uid),
    auditEntry(ctx, 'user.delete', { entity: 'user', id: uid, before }),
    findUser(ctx.db, uid),
  ])
  if (deleted.length > 0) return await ctx.cache.forget(profileKeys(view))
  if (!row) throw notFound('User')
  throw lastAdmin()
}

/** What shows the person to visitors. */
const profileKeys = ({ username }: UserView): string[] =>
  username === null ? [] : [profileKey(username), profilesKey()]

export const searchOf = (user: {
  email?: string | null | undefined
  username?: string | null | undefined
  full_name?: string | null | undefined
}): string => fold([user.full_name, user.username, user.email].filter(Boolean).join('\n'))

function toTagged(row: UserRow | undefined): Tagged<UserView> {
  if (!row) throw notFound('User')
  return { view: toUserView(row), tag: String(row.version) }
}

export const toUserView = (row: Omit<UserRow, 'id' | 'version'>): UserView => ({
  id: row.uid,
  email: row.email,
  username: row.username,
  full_name: row.fullName,
  role: row.role,
  is_active: row.isActive,
  is_verified: row.verifiedAt !== null,
  totp_enabled: false,
  email_2fa_enabled: false,
  created_at: iso(row.createdAt),
  last_login_at: isoOrNull(row.lastLoginAt),
})
