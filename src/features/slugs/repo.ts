import { type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertIf, type RowOf } from '../../db/record.ts'
import { posts } from '../posts/table.ts'
import { projects } from '../projects/table.ts'
import type { SlugOwner, Viewed } from './kinds.ts'
import { slugs } from './table.ts'

/** The first of `candidates` that nothing but `own` has or had. */
export const firstFree = (type: SlugOwner, candidates: string[], own: SQL): SQL<string> =>
  sql`(select value from json_each(${JSON.stringify(candidates)}) where not exists (
    select 1 from slugs where entity_type = ${type} and slug = json_each.value and entity_id <> ${own}
  ) order by key limit 1)`

export const isOwn = (type: SlugOwner, slug: SQL, id: SQL): SQL =>
  sql`exists (select 1 from slugs where entity_type = ${type} and slug = ${slug} and entity_id = ${id})`

export function insertSlug(db: Db, row: RowOf<typeof slugs>, condition: SQL) {
  return insertIf(db, slugs, row, condition)
}

/** Adds to the views of things, named by number or slug as visitors asked for them. */
export function addViews(db: Db, type: Viewed, views: Record<string, number>, now: number) {
  const table = type === 'post' ? posts : projects
  // What the figures go by.
  const seenAt = type === 'post' ? sql`, viewed_at = ${now}` : sql``
  return db.run(sql`update ${table} set view_count = view_count + seen.views${seenAt} from (
      select coalesce(slugs.entity_id, iif(asked.key glob '*[^0-9]*', null, cast(asked.key as integer))) as viewed_id, sum(asked.value) as views
      from json_each(${JSON.stringify(views)}) asked
      left join slugs on slugs.entity_type = ${type} and slugs.slug = asked.key
      group by 1
    ) seen where ${table.id} = seen.viewed_id`)
}
