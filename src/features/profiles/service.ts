import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { callerOf, isAdmin } from '../../core/actor.ts'
import { profileKey, profilesKey } from '../../core/cache-keys.ts'
import { changesOf } from '../../core/changes.ts'
import { briefly, renderAnew } from '../../core/content.ts'
import { AppError, conflict, notFound, stale } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  etagOf,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import type { Found, Listed } from '../../core/found.ts'
import { RENDER_VERSION } from '../../core/markdown.ts'
import { isTaken } from '../../db/errors.ts'
import { readListed, readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import { keepImageUses } from '../media/uses.ts'
import {
  deleteProfile,
  findOwner,
  findProfile,
  findProfileOf,
  insertProfile,
  isAt,
  keepHtml,
  listOutdated,
  listProfiles,
  profileOf,
  updateProfile,
} from './repo.ts'
import type { ListProfiles, ProfileView, SaveProfile } from './schemas.ts'
import { type Owner, type ProfileRow, toColumns, toView, voiceOf } from './show.ts'

export { toView as toProfileView } from './show.ts'

/** The statement that reads an account's profile, for a batch. */
export const profileStatement = (ctx: Context, userId: number) => findProfileOf(ctx.db, userId)

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

/** So often a change is tried again when another comes in between. */
const TRIES = 30

type Saved = Tagged<ProfileView> & { isNew: boolean }

/** Makes or replaces the profile of an account: one's own, or for an admin anybody's. */
export async function saveProfile(
  ctx: Context,
  username: string,
  input: SaveProfile,
  ifMatch?: Precondition,
): Promise<Saved> {
  const key = username.toLowerCase()
  for (let tries = 0; tries < TRIES; tries++) {
    const [[owner], [present]] = await ctx.db.batch([
      findOwner(ctx.db, key),
      findProfile(ctx.db, key),
    ])
    requireOwn(ctx, owner)
    if (!owner) throw notFound('User')
    if (!present && ifMatch !== undefined) throw stale()
    if (present) checkPrecondition(String(present.version), ifMatch)
    const row = present
      ? await replace(ctx, key, owner, present, input)
      : await make(ctx, key, owner, input)
    if (!row) continue
    await forgetProfile(ctx, username)
    const view = toView(ctx, row)
    const tag = await etagOf(String(row.version), JSON.stringify(view))
    return { view, tag, isNew: !present }
  }
  throw conflict('Too many changes at once. Try again.')
}

/** Nothing when another request has made it meanwhile. */
async function make(ctx: Context, key: string, owner: Owner, input: SaveProfile) {
  const now = Date.now()
  const { columns, imageKeys } = await toColumns(ctx, owner, input, now)
  try {
    const [, , , , [made]] = await ctx.db.batch([
      insertProfile(ctx.db, { ...columns, userId: owner.id, createdAt: now }),
      auditEntry(ctx, 'profile.create', { entity: 'profile', id: owner.uid }),
      ...keepImageUses(ctx, 'profile', profileOf(owner.id), imageKeys),
      findProfile(ctx.db, key),
    ])
    return made
  } catch (error) {
    if (isTaken(error, 'profiles.user_id')) return undefined
    throw error
  }
}

/** Nothing when another change came first. */
async function replace(
  ctx: Context,
  key: string,
  owner: Owner,
  present: ProfileRow,
  input: SaveProfile,
) {
  const { columns, imageKeys, wanted } = await toColumns(ctx, owner, input, Date.now())
  const changes = changesOf(toView(ctx, present), wanted)
  if (!changes) return present
  const { id, version } = present
  const [, , updated, , [row]] = await ctx.db.batch([
    ...keepImageUses(ctx, 'profile', sql`${id}`, imageKeys, isAt(id, version)),
    updateProfile(ctx.db, id, version, columns),
    auditEntry(ctx, 'profile.update', { entity: 'profile', id: owner.uid, ...briefly(changes) }),
    findProfile(ctx.db, key),
  ])
  return updated.length === 0 ? undefined : row
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

const forgetProfile = (ctx: Context, username: string) =>
  ctx.cache.forget([profileKey(username), profilesKey()])

// The same for a name that nobody has, so that it is no way to look for accounts.
function requireOwn(ctx: Context, owner: Owner | undefined): void {
  if (isAdmin(ctx.actor) || owner?.uid === callerOf(ctx.actor)) return
  throw new AppError('forbidden', 'Only your own profile is yours to change.')
}
