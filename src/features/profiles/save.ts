import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { profileKey, profilesKey } from '../../core/cache-keys.ts'
import { changesOf } from '../../core/changes.ts'
import { briefly } from '../../core/content.ts'
import { isTaken } from '../../db/errors.ts'
import { auditEntry } from '../audit/service.ts'
import { keepImageUses } from '../media/uses.ts'
import { findProfileOf, insertProfile, isAt, profileOf, updateProfile } from './repo.ts'
import { type Owner, type ProfileInput, type ProfileRow, toColumns, toView } from './show.ts'

/** Nothing when another request has made it meanwhile. */
export async function makeProfile(ctx: Context, owner: Owner, input: ProfileInput) {
  const now = Date.now()
  const { columns, imageKeys } = await toColumns(ctx, owner, input, now)
  try {
    const [, , , , [made]] = await ctx.db.batch([
      insertProfile(ctx.db, { ...columns, userId: owner.id, createdAt: now }),
      auditEntry(ctx, 'profile.create', { entity: 'profile', id: owner.uid }),
      ...keepImageUses(ctx, 'profile', profileOf(owner.id), imageKeys),
      findProfileOf(ctx.db, owner.id),
    ])
    return made
  } catch (error) {
    if (isTaken(error, 'profiles.user_id')) return undefined
    throw error
  }
}

/** Nothing when another change came first. */
export async function replaceProfile(
  ctx: Context,
  owner: Owner,
  present: ProfileRow,
  input: ProfileInput,
) {
  const { columns, imageKeys, wanted } = await toColumns(ctx, owner, input, Date.now())
  const { texts } = present
  const changes = changesOf({ ...toView(ctx, present), texts }, wanted)
  if (!changes) return present
  const { id, version } = present
  const [, , updated, , [row]] = await ctx.db.batch([
    ...keepImageUses(ctx, 'profile', sql`${id}`, imageKeys, isAt(id, version)),
    updateProfile(ctx.db, id, version, columns),
    auditEntry(ctx, 'profile.update', { entity: 'profile', id: owner.uid, ...briefly(changes) }),
    findProfileOf(ctx.db, owner.id),
  ])
  return updated.length === 0 ? undefined : row
}

/** Where it has an address: an account without a name has none. */
export const forgetProfile = (ctx: Context, username: string | null) =>
  ctx.cache.forget(username === null ? [] : [profileKey(username), profilesKey()])
