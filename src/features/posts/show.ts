import type { Context } from '../../context.ts'
import { etagOf, type Tagged } from '../../core/etag.ts'
import { toReactionSummary } from '../../core/reactions.ts'
import { iso, isoOrNull } from '../../core/time.ts'
import { readImages, readVideos } from '../media/views.ts'
import type { PostStatus } from './kinds.ts'
import type { findPost, listPosts } from './repo.ts'
import type { PostSummary, PostView } from './schemas.ts'

export type SummaryRow = Awaited<ReturnType<typeof listPosts>>[number]
export type DetailRow = Awaited<ReturnType<typeof findPost>>[number]

export const postPath = (idOrSlug: number | string): string => `/api/v1/posts/${idOrSlug}`

/** A scheduled post is published when its time has come; the cron only writes it down. */
export const statusAt = (
  row: { status: PostStatus; publishedAt: number | null },
  now: number,
): PostStatus =>
  row.status === 'scheduled' && (row.publishedAt ?? now) <= now ? 'published' : row.status

export const toSummary = (ctx: Context, row: SummaryRow): PostSummary => ({
  id: row.id,
  slug: row.slug,
  title: row.title,
  excerpt: row.excerpt,
  tags: JSON.parse(row.tags),
  author: toAuthor(ctx, row.author),
  status: statusAt(row, Date.now()),
  reading_minutes: row.readingMinutes,
  views: row.viewCount,
  images: readImages(ctx, row.images),
  comment_count: row.commentCount,
  reactions: toReactionSummary(row),
  published_at: isoOrNull(row.publishedAt),
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
})

const toAuthor = (ctx: Context, json: string | null): PostSummary['author'] => {
  if (json === null) return null
  const { id, name } = JSON.parse(json) as { id: string; name: string | null }
  return { id, name: name ?? ctx.settings.STUDIO_NAME }
}

export type Neighbour = { id: number; slug: string; title: string }

export const toNeighbour = (json: string | null): Neighbour | null =>
  json === null ? null : JSON.parse(json)

const toLink = (json: string | null): PostView['next'] => {
  const found = toNeighbour(json)
  return found && { slug: found.slug, title: found.title }
}

export const toPost = (ctx: Context, row: DetailRow): PostView => ({
  ...toSummary(ctx, row),
  content: row.content,
  content_html: row.contentHtml,
  videos: readVideos(row.videos),
  previous: toLink(row.previous),
  next: toLink(row.next),
})

/** With a tag that also tells when a picture or a neighbour has changed. */
export async function toTagged(ctx: Context, row: DetailRow): Promise<Tagged<PostView>> {
  const view = toPost(ctx, row)
  return { view, tag: await etagOf(row.version, view) }
}
