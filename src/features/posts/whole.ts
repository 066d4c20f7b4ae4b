import type { Context } from '../../context.ts'
import { isAdmin } from '../../core/actor.ts'
import { notFound } from '../../core/errors.ts'
import { MOST_SKIPPED, type Slice } from '../../core/page.ts'
import { readVideos, type VideoView } from '../media/views.ts'
import { countView } from '../slugs/count-views.ts'
import { type NumberedUser, readWriter } from '../users/service.ts'
import type { PostSummary } from './schemas.ts'
import { toSummary } from './show.ts'
import { findWhole, type Part, slicePosts } from './whole-repo.ts'

// For front ends that read a post in one piece, and lists by skip and limit.

export type WholePost = PostSummary & {
  content: string
  videos: VideoView[]
  writer: NumberedUser | null
}

type Row = Awaited<ReturnType<typeof findWhole>>[number]

/**
 * Posts by their place, newest first: those that everybody may see, and for an admin also the others,
 * or one of both kinds.
 */
export async function sliceWholePosts(
  ctx: Context,
  slice: Slice,
  published: boolean | undefined,
): Promise<WholePost[]> {
  const isHidden = !isAdmin(ctx.actor) && published === false
  if (isHidden || slice.skip > MOST_SKIPPED) return []
  const rows = await slicePosts(dbOf(ctx), partFor(ctx, published), slice, Date.now())
  return rows.map((row) => toWhole(ctx, row))
}

function partFor(ctx: Context, published: boolean | undefined): Part {
  if (!isAdmin(ctx.actor) || published) return 'shown'
  return published === false ? 'waiting' : 'all'
}

/** Throws `not_found`; for who is no admin also for what is not shown. Counts what others read. */
export async function readWholePost(ctx: Context, slug: string): Promise<WholePost> {
  const [row] = await findWhole(dbOf(ctx), { slug }, Date.now(), partFor(ctx, undefined))
  if (!row) throw notFound('Post')
  if (!isAdmin(ctx.actor)) await countView(ctx, 'post', String(row.id))
  return toWhole(ctx, row)
}

/** For whoever has just written it. Throws `not_found`. */
export async function readWrittenPost(ctx: Context, id: number): Promise<WholePost> {
  const [row] = await findWhole(ctx.db, { id }, Date.now(), 'all')
  if (!row) throw notFound('Post')
  return toWhole(ctx, row)
}

/** Whoever edits reads from the primary: such front ends send no bookmark. */
const dbOf = (ctx: Context) => (isAdmin(ctx.actor) ? ctx.db : ctx.publicDb)

const toWhole = (ctx: Context, row: Row): WholePost => ({
  ...toSummary(ctx, row),
  content: row.content,
  videos: readVideos(row.videos),
  writer: readWriter(ctx.actor, row.writer),
})
