import { and, desc, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { highestId, inPart } from '../../db/parts.ts'
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

/** For the sitemap, as statements: addresses of a part, or of all where one part holds them. */
export const partProjects = ({ db }: Context, part?: number) =>
  db
    .select(address)
    .from(projects)
    .where(and(isVisible, inPart(projects, part)))
    .orderBy(desc(projects.id))

export const newestProjectId = ({ db }: Context) => highestId(db, projects)
