import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertIf, type RowOf } from '../../db/record.ts'
import type { Place } from './kinds.ts'
import { hasPlace } from './place-repo.ts'
import { type VideoRow, videos } from './table.ts'

/** The row that the batch has just made: numbers grow, and one batch runs at a time. */
export const newestVideo = sql`(select max(id) from videos)`

/** Fails the whole batch, as for an empty `entity_id`, when the thing is gone or full. */
export function insertVideo(db: Db, row: RowOf<typeof videos> & Place) {
  const entityId = sql`case when ${hasPlace(row, videos)} then ${row.entityId} end`
  return insertIf(db, videos, { ...row, entityId }, sql`true`)
}

export function findVideo(db: Db, id: number | SQL) {
  return db.select().from(videos).where(sql`${videos.id} = ${id}`)
}

type VideoChange = Partial<Omit<VideoRow, 'id' | 'version'>>

export function updateVideo(db: Db, id: number, change: VideoChange, versions?: number[]) {
  return db
    .update(videos)
    .set({ ...change, version: sql`${videos.version} + 1` })
    .where(isVideoAt(id, versions))
    .returning({ id: videos.id })
}

export function deleteVideo(db: Db, id: number, versions?: number[]) {
  return db.delete(videos).where(isVideoAt(id, versions)).returning({ id: videos.id })
}

const isVideoAt = (id: number, versions: number[] | undefined) =>
  and(
    eq(videos.id, id),
    versions && sql`version in (select value from json_each(${JSON.stringify(versions)}))`,
  )
