import type { Context } from '../../context.ts'
import { etagOf, type Tagged } from '../../core/etag.ts'
import { toReactionSummary } from '../../core/reactions.ts'
import { iso, isoOrNull } from '../../core/time.ts'
import { readImages, readVideos } from '../media/views.ts'
import type { findProject, listProjects } from './repo.ts'
import type { ProjectSummary, ProjectView } from './schemas.ts'

export type SummaryRow = Awaited<ReturnType<typeof listProjects>>[number]
export type DetailRow = Awaited<ReturnType<typeof findProject>>[number]

export const projectPath = (idOrSlug: number | string): string => `/api/v1/projects/${idOrSlug}`

export const toSummary = (ctx: Context, row: SummaryRow): ProjectSummary => ({
  id: row.id,
  slug: row.slug,
  title: row.title,
  summary: row.summary,
  technologies: JSON.parse(row.technologies),
  repo_url: row.repoUrl,
  demo_url: row.demoUrl,
  featured: row.featured,
  position: row.position,
  status: row.status,
  images: readImages(ctx, row.images),
  comment_count: row.commentCount,
  reactions: toReactionSummary(row),
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
  published_at: isoOrNull(row.publishedAt),
})

export const toProject = (ctx: Context, row: DetailRow): ProjectView => ({
  ...toSummary(ctx, row),
  content: row.content,
  content_html: row.contentHtml,
  videos: readVideos(row.videos),
})

/** With a tag that also tells when a picture has changed. */
export async function toTagged(ctx: Context, row: DetailRow): Promise<Tagged<ProjectView>> {
  const view = toProject(ctx, row)
  return { view, tag: await etagOf(row.version, view) }
}
