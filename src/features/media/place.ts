import type { Context } from '../../context.ts'
import { isAdmin } from '../../core/actor.ts'
import {
  postKey,
  postsKey,
  productKeys,
  profileKey,
  profilesKey,
  projectKey,
  projectsKey,
} from '../../core/cache-keys.ts'
import { AppError, conflict, invalid } from '../../core/errors.ts'
import type { MediaOwner, Place } from './kinds.ts'
import { findAddress, findTarget } from './place-repo.ts'
import { type images, mostAt, type videos } from './table.ts'

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
  const most = mostAt(place.entityType)
  if (target.held >= most) throw conflict(`It has ${most} of them already.`)
  return { next: target.last === null ? 0 : Math.min(target.last + 1, 9999) }
}

const notYours = () => new AppError('forbidden', 'You may add pictures to your own profile.')

/** Forgets what is cached of the thing, as a reader would else see it without the change. */
export async function forgetPlace(
  ctx: Context,
  { entityType, entityId }: { entityType: MediaOwner | null; entityId: number | null },
): Promise<void> {
  if (entityType === null || entityId === null) return
  const [address] = await findAddress(ctx.db, { entityType, entityId })
  if (address) await ctx.cache.forget(KEYS[entityType](address.id, address.name ?? ''))
}

const ofProduct = (id: number, slug: string) => productKeys({ id, slug })

const KEYS: Record<MediaOwner, (id: number, name: string) => string[]> = {
  profile: (_, username) => [profileKey(username), profilesKey()],
  project: (id, slug) => [
    projectKey(id),
    projectKey(slug),
    projectsKey('newest'),
    projectsKey('position'),
  ],
  post: (id, slug) => [postKey(id), postKey(slug), postsKey()],
  product: ofProduct,
  variant: ofProduct,
}
