import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { users } from '../users/table.ts'
import type { ProjectStatus } from './kinds.ts'

export const projects = sqliteTable(
  'projects',
  {
    /** Never given again: what was meant for one that is gone must not hit another. */
    id: integer().primaryKey({ autoIncrement: true }),
    slug: text().notNull().unique(),
    title: text().notNull(),
    summary: text().notNull(),
    /** Markdown, and what it was rendered to. */
    content: text().notNull(),
    contentHtml: text().notNull(),
    /** Which rules contentHtml was rendered by; older ones are rendered anew by the cron. */
    renderVersion: integer().notNull(),
    repoUrl: text(),
    demoUrl: text(),
    featured: integer({ mode: 'boolean' }).notNull().default(false),
    position: integer().notNull().default(0),
    status: text().$type<ProjectStatus>().notNull(),
    /** Folded title and summary: what `q` looks through. */
    search: text().notNull(),
    commentCount: integer().notNull().default(0),
    likeCount: integer().notNull().default(0),
    loveCount: integer().notNull().default(0),
    congratulationsCount: integer().notNull().default(0),
    insightfulCount: integer().notNull().default(0),
    version: integer().notNull().default(1),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
    /** When it was published first; null for one that never was. */
    publishedAt: integer(),
    viewCount: integer().notNull().default(0),
    /** Who made it; null when the account is gone. */
    authorId: integer().references(() => users.id, { onDelete: 'set null' }),
  },
  (table) => [
    index('projects_newest').on(table.publishedAt, table.id).where(sql`status = 'published'`),
    index('projects_position').on(table.position, table.id).where(sql`status = 'published'`),
    index('projects_drafts').on(table.id).where(sql`status = 'draft'`),
    index('projects_rendered').on(table.renderVersion),
    // For the foreign key when an account goes.
    index('projects_author').on(table.authorId),
  ],
)

export const technologies = sqliteTable('technologies', {
  id: integer().primaryKey(),
  name: text().notNull(),
  /** Folded name: what must be unique and what filters use. */
  key: text().notNull().unique(),
})

export const projectTechnologies = sqliteTable(
  'project_technologies',
  {
    projectId: integer()
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    technologyId: integer()
      .notNull()
      .references(() => technologies.id, { onDelete: 'cascade' }),
    position: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.technologyId] }),
    index('project_technologies_technology').on(table.technologyId, table.projectId),
  ],
)

export type ProjectRow = typeof projects.$inferSelect
