import type { Context } from '../../context.ts'
import { isAdmin } from '../../core/actor.ts'
import { projectKey, projectsKey } from '../../core/cache-keys.ts'
import { notFound } from '../../core/errors.ts'
import type { Found, Listed } from '../../core/found.ts'
import type { Page } from '../../core/page.ts'
import { fold } from '../../core/text.ts'
import { readListed, readPage } from '../../db/page.ts'
import { countDrafts, findMoved, findProject, findShown, listDrafts, listProjects } from './repo.ts'
import type { ListProjectDrafts, ListProjects, ProjectSummary, ProjectView } from './schemas.ts'
import { projectPath, type SummaryRow, toProject, toSummary, toTagged } from './show.ts'

export { highestProjectId, newestProjects, projectsBetween } from './feed.ts'
export { renderProjectsAnew } from './render.ts'
export { projectPath } from './show.ts'
export { createProject, deleteProjectById, orderAllProjects, updateProjectById } from './write.ts'

type Name = { id: number } | { slug: string }

/** What everybody may see; to an admin who says so also drafts, and past every cache. */
export async function readProject(ctx: Context, idOrSlug: string): Promise<Found<ProjectView>> {
  const name: Name = /^[0-9]+$/.test(idOrSlug) ? { id: Number(idOrSlug) } : { slug: idOrSlug }
  if (isAdmin(ctx.actor)) {
    const [row] = await findProject(ctx.db, name)
    return row ? { own: await toTagged(ctx, row) } : { movedTo: await whereMoved(ctx, name) }
  }
  const cached = await ctx.cache.rememberTagged(projectKey(idOrSlug), async () => {
    const [row] = await findShown(ctx.db, name)
    return row ? { view: toProject(ctx, row), tag: String(row.version) } : null
  })
  return cached ? { cached } : { movedTo: await whereMoved(ctx, name) }
}

/** The project as it is now, for whoever made it by `at`. Throws `not_found`. */
export async function readMadeProject(ctx: Context, id: number, at: number): Promise<ProjectView> {
  const [row] = await findProject(ctx.db, { id })
  if (!row || row.createdAt > at) throw notFound('Project')
  return toProject(ctx, row)
}

async function whereMoved(ctx: Context, name: Name): Promise<string> {
  const [moved] = 'slug' in name ? await findMoved(ctx.db, name.slug, !isAdmin(ctx.actor)) : []
  if (!moved) throw notFound('Project')
  return projectPath(moved.slug)
}

export function listPublished(ctx: Context, filter: ListProjects): Promise<Listed<ProjectSummary>> {
  const words = { technology: fold(filter.technology ?? ''), q: fold(filter.q ?? '') }
  const { sort = 'newest', ...wishes } = filter
  return readListed<ProjectSummary>(ctx, projectsKey(sort), wishes, (db) =>
    readPage<SummaryRow, ProjectSummary>(
      { db, settings: ctx.settings },
      `projects.${sort}`,
      filter,
      {
        rows: (after, id) => listProjects(db, filter, words, after, id),
        keyOf: (row) => [sort === 'newest' ? (row.publishedAt ?? 0) : row.position, row.id],
        view: (row) => toSummary(ctx, row),
      },
    ),
  )
}

/** For admins. */
export const listProjectDrafts = (
  ctx: Context,
  filter: ListProjectDrafts,
): Promise<Page<ProjectSummary>> =>
  readPage<SummaryRow, ProjectSummary>(ctx, 'projects.drafts', filter, {
    rows: (before) => listDrafts(ctx.db, before, filter.limit),
    count: () => countDrafts(ctx.db),
    view: (row) => toSummary(ctx, row),
  })
