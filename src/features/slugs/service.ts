import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { conflict } from '../../core/errors.ts'
import { isTaken } from '../../db/errors.ts'
import type { SlugOwner } from './kinds.ts'
import { firstFree, insertSlug, isOwn } from './repo.ts'
import { candidatesFor, isMadeFrom } from './words.ts'

const NOBODY = sql`0`

/** What a thing is called: as somebody wrote it, or by its title with a number where that is taken. */
export type SlugWish = { slug: string } | { title: string }

/** The slug as an expression that the batch works out; `own` is the thing that has it or had it. */
export const slugFor = async (
  type: SlugOwner,
  wish: SlugWish,
  own: SQL = NOBODY,
): Promise<SQL<string>> =>
  'slug' in wish ? sql`${wish.slug}` : firstFree(type, await candidatesFor(type, wish.title), own)

/**
 * Keeps the slug for the thing, where `condition` holds. A thing takes back one that it had; one
 * that is another's makes the whole batch fail (see asSlugConflict).
 */
export const keepSlug = (
  ctx: Context,
  type: SlugOwner,
  slug: SQL,
  id: SQL,
  condition: SQL = sql`true`,
) =>
  insertSlug(
    ctx.db,
    { entityType: type, slug, entityId: id, createdAt: Date.now() },
    sql`${condition} and not ${isOwn(type, slug, id)}`,
  )

/** Which slug a change wishes for: the given one, or a new one by the title when the old was by the title. */
export async function renamed(
  type: SlugOwner,
  present: { slug: string; title: string },
  input: { slug?: string | undefined; title?: string | undefined },
): Promise<SlugWish | null> {
  if (input.slug !== undefined) return input.slug === present.slug ? null : { slug: input.slug }
  if (input.title === undefined || input.title === present.title) return null
  return (await isMadeFrom(type, present.title, present.slug)) ? { title: input.title } : null
}

const SLUG_COLUMNS = [
  'slugs.entity_type, slugs.slug',
  'posts.slug',
  'projects.slug',
  'products.slug',
  'categories.slug',
]

/** D1's word for a slug that is another's, as a `conflict`; any other error as it is. */
export const asSlugConflict = (error: unknown): unknown =>
  SLUG_COLUMNS.some((column) => isTaken(error, column)) ? conflict('This slug is taken.') : error
