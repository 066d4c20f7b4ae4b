import { and, eq, gt, inArray, lt, lte, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { deletedFiles, images } from './table.ts'

export function deletePending(db: Db, before: number, limit: number) {
  const old = db
    .select({ id: images.id })
    .from(images)
    .where(and(sql`status = 'pending'`, lt(images.createdAt, before)))
    .limit(limit)
  return db.delete(images).where(inArray(images.id, old)).returning({ key: images.key })
}

export function insertDeletedFile(db: Db, key: string, deletedAt: number) {
  return db.insert(deletedFiles).values({ key, deletedAt })
}

export function findDeletedFiles(db: Db, now: number, limit: number) {
  return db
    .select({ key: deletedFiles.key })
    .from(deletedFiles)
    .where(
      and(
        lte(deletedFiles.deletedAt, now),
        sql`not exists (select 1 from images where images.key = deleted_files.key)`,
      ),
    )
    .limit(limit)
}

export function forgetDeletedFiles(db: Db, keys: string[]) {
  return db
    .delete(deletedFiles)
    .where(sql`key in (select value from json_each(${JSON.stringify(keys)}))`)
}

/** Of files that were found, those that no row speaks of are to be deleted. */
export function insertUnknownFiles(db: Db, keys: string[]) {
  return db
    .insert(deletedFiles)
    .select(
      sql`select value, 0 from json_each(${JSON.stringify(keys)})
        where not exists (select 1 from images where key = value)`,
    )
    .onConflictDoNothing()
    .returning({ key: deletedFiles.key })
}

/** Images that should have a file between two keys, in their order. */
export function listKeys(
  db: Db,
  after: string,
  to: string | undefined,
  before: number,
  limit: number,
) {
  return db
    .select({ id: images.id, key: images.key })
    .from(images)
    .where(
      and(
        gt(images.key, after),
        to === undefined ? undefined : lte(images.key, to),
        eq(images.status, 'ready'),
        lt(images.updatedAt, before),
      ),
    )
    .orderBy(images.key)
    .limit(limit)
}
