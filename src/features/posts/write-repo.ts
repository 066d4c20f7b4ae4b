import { and, eq, lt, type SQL, sql } from 'drizzle-orm'
import type { Named } from '../../core/names.ts'
import type { Db } from '../../db/client.ts'
import { insertIf, type RowOf } from '../../db/record.ts'
import { posts, postTags, tags } from './table.ts'

/** The row that the batch has just made: numbers grow, and one batch runs at a time. */
export const newestPost = sql`(select max(id) from posts)`

export function insertPost(db: Db, row: RowOf<typeof posts>) {
  return insertIf(db, posts, row, sql`true`)
}

/** True while the row is at that version; stands in all statements of a change. */
export const isAt = (id: number, version: number): SQL =>
  sql`exists (select 1 from posts where id = ${id} and version = ${version})`

type Change = Partial<Omit<RowOf<typeof posts>, 'id' | 'version'>>

export function updatePost(db: Db, id: number, version: number, change: Change) {
  return db
    .update(posts)
    .set({ ...change, version: sql`version + 1` })
    .where(and(eq(posts.id, id), eq(posts.version, version)))
    .returning({ id: posts.id })
}

export function deletePost(db: Db, id: number, versions?: number[]) {
  return db
    .delete(posts)
    .where(
      and(
        eq(posts.id, id),
        versions && sql`version in (select value from json_each(${JSON.stringify(versions)}))`,
      ),
    )
    .returning({ id: posts.id })
}

export function publishDue(db: Db, id: number, now: number) {
  return db
    .update(posts)
    .set({ status: 'published', version: sql`version + 1` })
    .where(sql`posts.id = ${id} and posts.status = 'scheduled' and posts.published_at <= ${now}`)
    .returning({ id: posts.id })
}

export function listOutdated(db: Db, version: number, limit: number) {
  return db
    .select({ id: posts.id, content: posts.content, rowVersion: posts.version })
    .from(posts)
    .where(lt(posts.renderVersion, version))
    .limit(limit)
}

/** What it shows has not changed, so the row keeps its version. */
export function keepHtml(db: Db, id: number, version: number, contentHtml: string, by: number) {
  return db
    .update(posts)
    .set({ contentHtml, renderVersion: by })
    .where(and(eq(posts.id, id), eq(posts.version, version)))
}

/** Makes those tags that nobody has used before. */
export function insertTags(db: Db, given: Named[], condition: SQL) {
  return db
    .insert(tags)
    .select(
      sql`select null, value ->> 'name', value ->> 'key', 0
        from json_each(${JSON.stringify(given)}) where ${condition}`,
    )
    .onConflictDoNothing()
}

export function untagPost(db: Db, id: SQL, condition: SQL) {
  return db.delete(postTags).where(sql`${postTags.postId} = ${id} and ${condition}`)
}

export function tagPost(db: Db, id: SQL, given: Named[], condition: SQL) {
  return db.insert(postTags).select(
    sql`select ${id}, tags.id, given.key, null from json_each(${JSON.stringify(given)}) given
      join tags on tags.key = given.value ->> 'key' where ${condition}`,
  )
}
