import type { Context } from '../../context.ts'
import { callerOf, requireStepUp } from '../../core/actor.ts'
import { notFound } from '../../core/errors.ts'
import type { Precondition, Tagged } from '../../core/etag.ts'
import type { Page } from '../../core/page.ts'
import { fold } from '../../core/text.ts'
import { readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import { changeAccount, lastAdmin } from './change.ts'
import {
  countUsers,
  deleteUser,
  findUser,
  findUserByEmail,
  listUsers,
  mayStill,
  sliceUsers,
} from './repo.ts'
import type { ListUsers, UpdateMe, UpdateUser, UserView } from './schemas.ts'
import type { UserRow } from './table.ts'
import { profileKeys, toTagged, toUserView } from './view.ts'

export { type AccountChange, changeAccount, findAccount } from './change.ts'
export { mayStill } from './repo.ts'
export type { InviteUser, UserView } from './schemas.ts'
export type { UserRow } from './table.ts'
export { type NumberedUser, readWriter, searchOf, toNumbered, toUserView } from './view.ts'

export function listAccounts(ctx: Context, filter: ListUsers): Promise<Page<UserView>> {
  const folded = fold(filter.q ?? '')
  return readPage<UserRow, UserView>(ctx, 'users', filter, {
    rows: (before) => listUsers(ctx.db, filter, before, folded),
    count: () => countUsers(ctx.db, filter, folded),
    view: toUserView,
  })
}

/** A part of all accounts by its place, newest first, and how many there are in all. */
export async function sliceAccounts(ctx: Context, slice: { skip: number; limit: number }) {
  const everybody = { limit: slice.limit }
  const [rows, [counted]] = await ctx.db.batch([
    sliceUsers(ctx.db, slice),
    countUsers(ctx.db, everybody, ''),
  ])
  return { accounts: rows.map(toUserView), count: counted?.count ?? 0 }
}

export async function findAccountByEmail(ctx: Context, email: string): Promise<UserView | null> {
  const [row] = await findUserByEmail(ctx.db, email.toLowerCase())
  return row ? toUserView(row) : null
}

export async function readUser(ctx: Context, uid: string): Promise<Tagged<UserView>> {
  const [row] = await findUser(ctx.db, uid)
  return toTagged(row)
}

/** The statement that reads an account, for a batch; see toNumbered(). */
export const accountStatement = (ctx: Context, uid: string) => findUser(ctx.db, uid)

export const readMe = (ctx: Context) => readUser(ctx, callerOf(ctx.actor))

/** Throws `conflict` when the username is somebody else's. */
export const updateMe = (
  ctx: Context,
  input: UpdateMe,
  ifMatch?: Precondition,
): Promise<Tagged<UserView>> => changeAccount(ctx, callerOf(ctx.actor), input, { ifMatch })

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
  return await changeAccount(ctx, uid, input, { ifMatch })
}

/** Deletes an account with all that is its own. Throws `conflict` for the last admin. */
export async function deleteAccount(ctx: Context, uid: string): Promise<void> {
  const { view } = await readUser(ctx, uid)
  const before = { role: view.role, is_active: view.is_active }
  const [deleted, , [row]] = await ctx.db.batch([
    deleteUser(ctx.db, uid, mayStill(ctx.actor)),
    auditEntry(ctx, 'user.delete', { entity: 'user', id: uid, before }),
    findUser(ctx.db, uid),
  ])
  if (deleted.length > 0) return await ctx.cache.forget(profileKeys(view))
  if (!row) throw notFound('User')
  throw lastAdmin()
}
