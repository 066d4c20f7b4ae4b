import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { users } from '../users/table.ts'
import type { PostStatus } from './kinds.ts'

export const posts = sqliteTable(
  'posts',
  {
    /** Never given again: what was meant for one that is gone must not hit another. */
    id: integer().primaryKey({ autoIncrement: true }),
    slug: text().notNull().unique(),
    title: text().notNull(),
    excerpt: text().notNull(),
    /** Markdown, and what it was rendered to. */
    content: text().notNull(),
    contentHtml: text().notNull(),
    /** Which rules contentHtml was rendered by; older ones are rendered anew by the cron. */
    renderVersion: integer().notNull(),
    readingMinutes: integer().notNull(),
    status: text().$type<PostStatus>().notNull(),
    /** When it is or was to be seen; null for a draft that never was. */
    publishedAt: integer(),
    authorId: integer().references(() => users.id, { onDelete: 'set null' }),
    /** Folded title and excerpt: what `q` looks through. */
    search: text().notNull(),
    viewCount: integer().notNull().default(0),
    commentCount: integer().notNull().default(0),
    likeCount: integer().notNull().default(0),
    loveCount: integer().notNull().default(0),
    congratulationsCount: integer().notNull().default(0),
    insightfulCount: integer().notNull().default(0),
    version: integer().notNull().default(1),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
    /** When views were last added: a trigger counts them for that time. */
    viewedAt: integer(),
  },
  (table) => [
    index('posts_newest').on(table.publishedAt, table.id).where(sql`status <> 'draft'`),
    // Of drafts too: a foreign key looks through it when an account goes.
    index('posts_author').on(table.authorId, table.publishedAt, table.id),
    index('posts_waiting').on(table.id).where(sql`status <> 'published'`),
    index('posts_due').on(table.publishedAt).where(sql`status = 'scheduled'`),
    index('posts_rendered').on(table.renderVersion),
  ],
)

export const tags = sqliteTable(
  'tags',
  {
    id: integer().primaryKey(),
    name: text().notNull(),
    /** Folded name: what must be unique and what filters use. */
    key: text().notNull().unique(),
    /** Of published posts; kept by triggers. */
    postCount: integer().notNull().default(0),
  },
  (table) => [index('tags_used').on(table.postCount, table.id).where(sql`post_count > 0`)],
)

export const postTags = sqliteTable(
  'post_tags',
  {
    postId: integer()
      .notNull()
      .references(() => posts.id, { onDelete: 'cascade' }),
    tagId: integer()
      .notNull()
      .references(() => tags.id, { onDelete: 'cascade' }),
    position: integer().notNull(),
    /** As its post's, null for a draft: so that the newest of a tag stand together. Kept by triggers. */
    publishedAt: integer(),
  },
  (table) => [
    primaryKey({ columns: [table.postId, table.tagId] }),
    index('post_tags_newest').on(table.tagId, table.publishedAt, table.postId),
  ],
)

export type PostRow = typeof posts.$inferSelect
