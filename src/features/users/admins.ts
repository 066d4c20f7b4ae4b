import type { Context } from '../../context.ts'
import { notFound } from '../../core/errors.ts'
import { findAdmin, listAdmins } from './repo.ts'

/** An admin as front ends know one that have numbers and names, and no addresses. */
export type AdminView = { id: number; username: string }

const MOST_ADMINS = 1000

export const readAdmins = async (ctx: Context): Promise<AdminView[]> =>
  (await listAdmins(ctx.db, MOST_ADMINS)).map(toAdmin)

/** By username, or by address for one who has none. Throws `not_found`. */
export async function readAdmin(ctx: Context, name: string): Promise<AdminView> {
  const [row] = await findAdmin(ctx.db, name.toLowerCase())
  if (!row) throw notFound('Admin')
  return toAdmin(row)
}

export const adminName = ({ username, email }: Named): string => username ?? email ?? ''

type Named = { username: string | null; email: string | null }

const toAdmin = ({ id, ...named }: Named & { id: number }): AdminView => ({
  id,
  username: adminName(named),
})
