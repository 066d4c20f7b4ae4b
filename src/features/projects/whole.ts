import type { Context } from '../../context.ts'
import { isAdmin } from '../../core/actor.ts'
import { notFound } from '../../core/errors.ts'
import { MOST_SKIPPED, type Slice } from '../../core/page.ts'
import { readVideos, type VideoView } from '../media/views.ts'
import { countView } from '../slugs/count-views.ts'
import { type NumberedUser, readWriter } from '../users/service.ts'
import type { ProjectSummary } from './schemas.ts'
import { toSummary } from './show.ts'
import { findWhole, sliceProjects } from './whole-repo.ts'

// For front ends that read a project in one piece, and lists by skip and limit.

export type WholeProject = ProjectSummary & {
  content: string
  videos: VideoView[]
  views: number
  writer: NumberedUser | null
}

type Row = Awaited<ReturnType<typeof findWhole>>[number]

/** Projects by their place, newest first; for an admin drafts too. */
export async function sliceWholeProjects(
  ctx: Context,
  slice: Slice,
  featured: boolean | undefined,
): Promise<WholeProject[]> {
  if (slice.skip > MOST_SKIPPED) return []
  const onlyVisible = !isAdmin(ctx.actor)
  const rows = await sliceProjects(dbOf(ctx), slice, { onlyVisible, featured })
  return rows.map((row) => toWhole(ctx, row))
}

/** Throws `not_found`; for who is no admin also for a draft. Counts what others read. */
export async function readWholeProject(ctx: Context, id: number): Promise<WholeProject> {
  const [row] = await findWhole(dbOf(ctx), id, !isAdmin(ctx.actor))
  if (!row) throw notFound('Project')
  if (!isAdmin(ctx.actor)) await countView(ctx, 'project', String(id))
  return toWhole(ctx, row)
}

/** Whoever edits reads from the primary: such front ends send no bookmark. */
const dbOf = (ctx: Context) => (isAdmin(ctx.actor) ? ctx.db : ctx.publicDb)

const toWhole = (ctx: Context, row: Row): WholeProject => ({
  ...toSummary(ctx, row),
  content: row.content,
  videos: readVideos(row.videos),
  views: row.viewCount,
  writer: readWriter(ctx.actor, row.writer),
})
