import type { Context } from '../../context.ts'
import { callerOf, isAdmin } from '../../core/actor.ts'
import { untilFirst } from '../../core/again.ts'
import { profileKey, profilesKey } from '../../core/cache-keys.ts'
import { renderAnew } from '../../core/content.ts'
import { AppError, notFound, stale } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  etagOf,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import type { Found, Listed } from '../../core/found.ts'
import { RENDER_VERSION } from '../../core/markdown.ts'
import { readListed, readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import {
  accountNamed,
  deleteProfile,
  findOwner,
  findProfile,
  findProfileOf,
  keepHtml,
  listOutdated,
  listProfiles,
} from './repo.ts'
import { forgetProfile, makeProfile, replaceProfile } from './save.ts'
import type { ListProfiles, ProfileView, SaveProfile } from './schemas.ts'
import { type Owner, type ProfileRow, toView, voiceOf } from './show.ts'

export { toView as toProfileView } from './show.ts'

/** The statement that reads an account's profile, for a batch. */
export const profileStatement = (ctx: Context, account: number | { uid: string }) =>
  findProfileOf(ctx.db, typeof account === 'number' ? account : accountNamed(account.uid))

export const profilePath = (username: string): string => `/api/v1/profiles/${username}`

export const listPublicProfiles = (
  ctx: Context,
  filter: ListProfiles,
): Promise<Listed<ProfileView>> =>
  readListed<ProfileView>(ctx, profilesKey(), filter, (db) =>
    readPage<ProfileRow, ProfileView>({ db, settings: ctx.settings }, 'profiles', filter, {
      rows: (before) => listProfiles(db, before, filter.limit),
      view: (row) => toView(ctx, row),
    }),
  )

/** Throws `not_found` also for the profile of a banned account. */
export async function readProfile(ctx: Context, username: string): Promise<Found<ProfileView>> {
  const cached = await ctx.cache.rememberTagged(profileKey(username), async () => {
    const [row] = await findProfile(ctx.db, username.toLowerCase(), true)
    return row ? { view: toView(ctx, row), tag: String(row.version) } : null
  })
  if (!cached) throw notFound('Profile')
  return { cached }
}

type Saved = Tagged<ProfileView> & { isNew: boolean }

/** Makes or replaces the profile of an account: one's own, or for an admin anybody's. */
export async function saveProfile(
  ctx: Context,
  username: string,
  input: SaveProfile,
  ifMatch?: Precondition,
): Promise<Saved> {
  const key = username.toLowerCase()
  return await untilFirst(async () => {
    const [[owner], [present]] = await ctx.db.batch([
      findOwner(ctx.db, key),
      findProfile(ctx.db, key),
    ])
    requireOwn(ctx, owner)
    if (!owner) throw notFound('User')
    if (!present && ifMatch !== undefined) throw stale()
    if (present) checkPrecondition(String(present.version), ifMatch)
    const row = present
      ? await replaceProfile(ctx, owner, present, input)
      : await makeProfile(ctx, owner, input)
    if (!row) return undefined
    await forgetProfile(ctx, username)
    const view = toView(ctx, row)
    const tag = await etagOf(row.version, view)
    return { view, tag, isNew: !present }
  })
}

/** Throws `not_found`, or `stale` when the profile is not in a state that `ifMatch` allows. */
export async function removeProfile(
  ctx: Context,
  username: string,
  ifMatch?: Precondition,
): Promise<void> {
  const key = username.toLowerCase()
  const [owner] = await findOwner(ctx.db, key)
  requireOwn(ctx, owner)
  const [[present], deleted] = await ctx.db.batch([
    findProfile(ctx.db, key),
    deleteProfile(ctx.db, key, allowedVersions(ifMatch)),
    auditEntry(ctx, 'profile.delete', { entity: 'profile', id: owner?.uid ?? null }),
  ])
  if (!present) throw notFound('Profile')
  if (deleted.length === 0) throw stale()
  await forgetProfile(ctx, username)
}

const CHUNK = 50

/** Renders what was rendered by older rules, some at a time. */
export async function renderProfilesAnew(ctx: Context): Promise<void> {
  for (const { id, bio, rowVersion, role } of await listOutdated(ctx.db, RENDER_VERSION, CHUNK)) {
    const html = bio === null ? null : await renderAnew(ctx, bio, voiceOf({ role }))
    await keepHtml(ctx.db, id, rowVersion, html, RENDER_VERSION)
  }
}

// The same for a name that nobody has, so that it is no way to look for accounts.
function requireOwn(ctx: Context, owner: Owner | undefined): void {
  if (isAdmin(ctx.actor) || owner?.uid === callerOf(ctx.actor)) return
  throw new AppError('forbidden', 'Only your own profile is yours to change.')
}
