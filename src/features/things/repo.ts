import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { Thing, ThingName } from '../../core/things.ts'
import type { Db } from '../../db/client.ts'
import { posts } from '../posts/table.ts'
import { projects } from '../projects/table.ts'

type Table = typeof posts | typeof projects

/** What everybody may see at that moment, by the columns of its own table. */
const VISIBLE: Record<Thing, (now: number) => SQL> = {
  post: (now) => sql`status <> 'draft' and published_at <= ${now}`,
  project: () => sql`status = 'published'`,
}
const TABLES: Record<Thing, SQL> = { post: sql`posts`, project: sql`projects` }

const columnsOf = (table: Table) => ({
  id: table.id,
  slug: table.slug,
  title: table.title,
  publishedAt: table.publishedAt,
  likeCount: table.likeCount,
  loveCount: table.loveCount,
  congratulationsCount: table.congratulationsCount,
  insightfulCount: table.insightfulCount,
})

/** Nothing for what is hidden or missing. */
export function findThing(db: Db, { type, id }: ThingName, now: number) {
  return type === 'post'
    ? db
        .select(columnsOf(posts))
        .from(posts)
        .where(and(eq(posts.id, id), VISIBLE.post(now)))
    : db
        .select(columnsOf(projects))
        .from(projects)
        .where(and(eq(projects.id, id), VISIBLE.project(now)))
}

export const isVisible = ({ type, id }: ThingName, now: number): SQL =>
  sql`exists (select 1 from ${TABLES[type]} where id = ${id} and ${VISIBLE[type](now)})`
