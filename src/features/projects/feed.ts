import { and, between, desc, type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { isVisible, newestFirst } from './repo.ts'
import { projects } from './table.ts'

const address = {
  id: projects.id,
  slug: projects.slug,
  publishedAt: projects.publishedAt,
  updatedAt: projects.updatedAt,
}

const content = { title: projects.title, summary: projects.summary }

const htmlUpTo = (most: number) =>
  sql<string | null>`iif(length(content_html) <= ${most}, content_html, null)`.as('html')

/** The newest for feeds, as a statement; HTML that is longer than `mostHtml` is left out. */
export const newestProjects = ({ db }: Context, limit: number, mostHtml: number) =>
  db
    .select({ ...address, ...content, html: htmlUpTo(mostHtml) })
    .from(projects)
    .where(isVisible)
    .orderBy(...newestFirst)
    .limit(limit)

/** Addresses for the sitemap, by id, as a statement. */
export const projectsBetween = ({ db }: Context, first: number, last: number | SQL) =>
  db
    .select(address)
    .from(projects)
    .where(and(isVisible, between(projects.id, first, last)))
    .orderBy(desc(projects.id))

export const highestProjectId = sql`select max(id) from projects`
