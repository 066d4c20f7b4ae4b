import { type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertIf, type RowOf } from '../../db/record.ts'
import type { SlugOwner } from './kinds.ts'
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
