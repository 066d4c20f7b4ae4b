import type { Context } from '../../context.ts'
import { notFound } from '../../core/errors.ts'
import { profileStatement } from '../profiles/service.ts'
import { toWholeProfile, type WholeProfile } from '../profiles/whole.ts'
import { accountStatement, type NumberedUser, toNumbered } from '../users/service.ts'

export type Self = { user: NumberedUser; profile: WholeProfile | null }

/** An account with its profile, for whoever has signed in to it. Throws `not_found`. */
export async function readSelf(ctx: Context, uid: string): Promise<Self> {
  const [[user], [profile]] = await ctx.db.batch([
    accountStatement(ctx, uid),
    profileStatement(ctx, { uid }),
  ])
  if (!user) throw notFound('User')
  return { user: toNumbered(user), profile: profile ? toWholeProfile(ctx, profile) : null }
}
