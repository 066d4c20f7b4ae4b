import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { users } from '../users/table.ts'
import type { ProfileTexts, ProfileView } from './schemas.ts'

/** How somebody of the studio is shown. Its address is the account's username. */
export const profiles = sqliteTable(
  'profiles',
  {
    /** Never given again: what was meant for one that is gone must not hit another. */
    id: integer().primaryKey({ autoIncrement: true }),
    userId: integer()
      .notNull()
      .unique()
      .references(() => users.id, { onDelete: 'cascade' }),
    name: text().notNull(),
    lastName: text(),
    displayName: text(),
    title: text(),
    /** Markdown, and what it was rendered to. */
    bio: text(),
    bioHtml: text(),
    /** Which rules bioHtml was rendered by; older ones are rendered anew by the cron. */
    renderVersion: integer().notNull(),
    /** The address that visitors may see; not the account's. */
    email: text(),
    resumeUrl: text(),
    /** JSON, as the schemas say. */
    links: text({ mode: 'json' }).$type<ProfileView['links']>().notNull(),
    skills: text({ mode: 'json' }).$type<ProfileView['skills']>().notNull(),
    experience: text({ mode: 'json' }).$type<ProfileView['experience']>().notNull(),
    education: text({ mode: 'json' }).$type<ProfileView['education']>().notNull(),
    certifications: text({ mode: 'json' }).$type<ProfileView['certifications']>().notNull(),
    achievements: text({ mode: 'json' }).$type<ProfileView['achievements']>().notNull(),
    version: integer().notNull().default(1),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
    /** The five lists word for word, where a front end keeps more in them than their columns hold. */
    texts: text({ mode: 'json' }).$type<ProfileTexts>(),
  },
  (table) => [index('profiles_rendered').on(table.renderVersion)],
)

export type ProfileRow = typeof profiles.$inferSelect
