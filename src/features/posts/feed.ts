import { and, between, desc, type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { isVisible, newestFirst } from './repo.ts'
import { posts } from './table.ts'

const address = {
  id: posts.id,
  slug: posts.slug,
  publishedAt: posts.publishedAt,
  updatedAt: posts.updatedAt,
}

const content = { title: posts.title, summary: posts.excerpt }

const htmlUpTo = (most: number) =>
  sql<string | null>`iif(length(content_html) <= ${most}, content_html, null)`.as('html')

/** The newest for feeds, as a statement; HTML that is longer than `mostHtml` is left out. */
export const newestPosts = ({ db }: Context, limit: number, mostHtml: number) =>
  db
    .select({ ...address, ...content, html: htmlUpTo(mostHtml) })
    .from(posts)
    .where(isVisible(Date.now()))
    .orderBy(...newestFirst)
    .limit(limit)

/** Addresses for the sitemap, by id, as a statement. */
export const postsBetween = ({ db }: Context, first: number, last: number | SQL) =>
  db
    .select(address)
    .from(posts)
    .where(and(isVisible(Date.now()), between(posts.id, first, last)))
    .orderBy(desc(posts.id))

export const highestPostId = sql`select max(id) from posts`
