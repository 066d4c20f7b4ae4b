import { sql } from 'drizzle-orm'
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

/** The newest for the sitemap, as a statement. */
export const newestPostAddresses = ({ db }: Context, limit: number) =>
  db
    .select(address)
    .from(posts)
    .where(isVisible(Date.now()))
    .orderBy(...newestFirst)
    .limit(limit)
