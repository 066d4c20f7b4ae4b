import { and, desc, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { highestId, inPart } from '../../db/parts.ts'
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

/** For the sitemap, as statements: addresses of a part, or of all where one part holds them. */
export const partPosts = ({ db }: Context, part?: number) =>
  db
    .select(address)
    .from(posts)
    .where(and(isVisible(Date.now()), inPart(posts, part)))
    .orderBy(desc(posts.id))

export const newestPostId = ({ db }: Context) => highestId(db, posts)
