import type { Context } from '../../context.ts'
import { isAdmin } from '../../core/actor.ts'
import {
  postKey,
  postsKey,
  profileKey,
  profilesKey,
  projectKey,
  projectsKey,
} from '../../core/cache-keys.ts'
import { AppError, conflict, invalid } from '../../core/errors.ts'
import { MEDIA_TARGETS, type MediaOwner, type Place } from './kinds.ts'
import { findAddress, findTarget } from './repo.ts'
import { type images, MOST_PER_PLACE, type videos } from './table.ts'

/**
 * Lets an admin put something anywhere, and others onto their own profile. Gives the position behind
 * all others. Throws `forbidden`, `validation` for a thing that is not there, `conflict` when full.
 */
export async function checkPlace(
  ctx: Context,
  place: Place | null,
  of: typeof images | typeof videos,
): Promise<{ next: number }> {
  // The same for a thing that is there and one that is not, so that no draft is given away.
  if (!isAdmin(ctx.actor) && place?.entityType !== 'profile') throw notYours()
  if (!place) return { next: 0 }
  const [target] = await findTarget(ctx.db, place, of)
  const callerId = ctx.actor.type === 'user' ? ctx.actor.id : null
  if (!isAdmin(ctx.actor) && target?.ownerId !== callerId) throw notYours()
  if (!target) {
    throw invalid([{ path: 'entity_id', code: 'not_found', message: 'There is no such thing.' }])
  }
  if (target.held >= MOST_PER_PLACE) throw conflict(`It has ${MOST_PER_PLACE} of them already.`)
  return { next: target.last === null ? 0 : Math.min(target.last + 1, 9999) }
}

const notYours = () => new AppError('forbidden', 'You may add pictures to your own profile.')

/** Forgets what is cached of the thing, as a reader would else see it without the change. */
export async function forgetPlace(
  ctx: Context,
  { entityType, entityId }: { entityType: MediaOwner | null; entityId: number | null },
): Promise<void> {
  const target = MEDIA_TARGETS.find((one) => one === entityType)
  if (!target || entityId === null) return
  const [address] = await findAddress(ctx.db, { entityType: target, entityId })
  if (address) await ctx.cache.forget(KEYS[target](entityId, address.name ?? ''))
}

const KEYS = {
  profile: (_: number, username: string) => [profileKey(username), profilesKey()],
  project: (id: number, slug: string) => [
    projectKey(id),
    projectKey(slug),
    projectsKey('newest'),
    projectsKey('position'),
  ],
  post: (id: number, slug: string) => [postKey(id), postKey(slug), postsKey()],
}
