import type { Context } from '../../context.ts'
import { signedIn } from '../../core/actor.ts'
import { untilFirst } from '../../core/again.ts'
import { conflict, notFound } from '../../core/errors.ts'
import { iso } from '../../core/time.ts'
import { findWhole } from './repo.ts'
import { forgetProfile, makeProfile, replaceProfile } from './save.ts'
import type { ProfileTexts, ProfileView } from './schemas.ts'
import { type ProfileInput, type ProfileRow, toView } from './show.ts'

// For front ends of one person's site, which know the profile by its number.

export type WholeProfile = ProfileView & {
  user_id: number
  texts: ProfileTexts | null
  created_at: string
  updated_at: string
}

/** The oldest profile, which is that of whom the site is about; null where there is none. */
export async function readFirstProfile(ctx: Context): Promise<WholeProfile | null> {
  const [row] = await findWhole(ctx.db, 'oldest')
  return row ? toWholeProfile(ctx, row) : null
}

/** Throws `not_found`. */
export async function readProfileNumbered(ctx: Context, id: number): Promise<WholeProfile> {
  const [row] = await findWhole(ctx.db, id)
  if (!row) throw notFound('Profile')
  return toWholeProfile(ctx, row)
}

/** Makes the caller's profile. Throws `conflict` when there is one. */
export async function createOwnProfile(ctx: Context, input: ProfileInput): Promise<WholeProfile> {
  const { id, uid, role } = signedIn(ctx)
  const made = await makeProfile(ctx, { id, uid, role }, input)
  if (!made) throw conflict('This account has a profile.')
  await forgetProfile(ctx, made.username)
  return toWholeProfile(ctx, made)
}

/** Changes what is given of a profile; for admins. Throws `not_found`. */
export async function changeProfile(
  ctx: Context,
  id: number,
  change: Partial<ProfileInput>,
): Promise<WholeProfile> {
  return await untilFirst(async () => {
    const [present] = await findWhole(ctx.db, id)
    if (!present) throw notFound('Profile')
    const owner = { id: present.userId, uid: present.ownerUid, role: present.role }
    const input = { ...toInput(ctx, present), ...change }
    const changed = await replaceProfile(ctx, owner, present, input)
    if (!changed) return undefined
    await forgetProfile(ctx, changed.username)
    return toWholeProfile(ctx, changed)
  })
}

function toInput(ctx: Context, row: ProfileRow): ProfileInput {
  const { id: _, username: __, bio_html: ___, images: ____, ...same } = toView(ctx, row)
  return { ...same, texts: row.texts }
}

export const toWholeProfile = (ctx: Context, row: ProfileRow): WholeProfile => ({
  ...toView(ctx, row),
  user_id: row.userId,
  texts: row.texts,
  created_at: iso(row.profileMadeAt),
  updated_at: iso(row.profileChangedAt),
})
