import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { Thing, ThingName } from '../../core/things.ts'
import type { Db } from '../../db/client.ts'
import { products } from '../catalog/table.ts'
import { posts } from '../posts/table.ts'
import { projects } from '../projects/table.ts'

type Table = typeof posts | typeof projects | typeof products

/** What everybody may see at that moment, by the columns of its own table. */
const VISIBLE: Record<Thing, (now: number) => SQL> = {
  post: (now) => sql`status <> 'draft' and published_at <= ${now}`,
  project: () => sql`status = 'published'`,
  product: () => sql`status = 'active'`,
}
const TABLES: Record<Thing, Table> = { post: posts, project: projects, product: products }

const columnsOf = (table: Table) => ({
  id: table.id,
  slug: table.slug,
  title: sql<string>`${'title' in table ? table.title : table.name}`.as('title'),
  publishedAt: table.publishedAt,
  likeCount: table.likeCount,
  loveCount: table.loveCount,
  congratulationsCount: table.congratulationsCount,
  insightfulCount: table.insightfulCount,
})

/** Nothing for what is hidden or missing. */
export function findThing(db: Db, { type, id }: ThingName, now: number) {
  const table = TABLES[type]
  return db
    .select(columnsOf(table))
    .from(table)
    .where(and(eq(table.id, id), VISIBLE[type](now)))
}

export const isVisible = ({ type, id }: ThingName, now: number): SQL =>
  sql`exists (select 1 from ${TABLES[type]} where id = ${id} and ${VISIBLE[type](now)})`
