import { and, count, desc, eq, lt, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertIf } from '../../db/record.ts'
import type { Place } from './kinds.ts'
import { hasPlace, isThere, type MadePlace } from './place-repo.ts'
import type { ListImages } from './schemas.ts'
import { type ImageRow, images } from './table.ts'

export function insertPending(
  db: Db,
  row: Omit<typeof images.$inferInsert, 'id' | 'status'>,
  place: Place | null,
) {
  return insertIf(
    db,
    images,
    { ...row, ...place, status: 'pending' },
    hasPlace(place, images),
  ).returning()
}

/** Changes nothing when the row was swept or its thing deleted meanwhile. */
export function markReady(db: Db, id: number, place: Place | null) {
  return db
    .update(images)
    .set({ status: 'ready' })
    .where(and(eq(images.id, id), eq(images.status, 'pending'), place ? isThere(place) : undefined))
    .returning({ id: images.id })
}

export const isReady = (id: number): SQL =>
  sql`exists (select 1 from images where id = ${id} and status = 'ready')`

export function findImage(db: Db, id: number) {
  return db
    .select()
    .from(images)
    .where(and(eq(images.id, id), eq(images.status, 'ready')))
}

/**
 * Gives a picture that belongs to nothing to a thing, and makes it ready. Changes nothing when it has
 * found a place meanwhile, or when the thing is gone or full without its picture `instead`.
 */
export function placeImage(
  db: Db,
  id: number,
  change: Omit<ImageChange, keyof MadePlace> & MadePlace,
  instead?: number,
) {
  return db
    .update(images)
    .set({ ...change, status: 'ready', version: sql`${images.version} + 1` })
    .where(and(eq(images.id, id), sql`entity_type is null`, hasPlace(change, images, instead)))
    .returning({ id: images.id })
}

/** True while the picture waits for a place. */
export const isLoose = (id: number): SQL =>
  sql`exists (select 1 from images where id = ${id} and entity_type is null)`

/** By one of these keys. */
export function findByKeys(db: Db, keys: string[]) {
  return db
    .select()
    .from(images)
    .where(
      and(
        sql`${images.key} in (select value from json_each(${JSON.stringify(keys)}))`,
        eq(images.status, 'ready'),
      ),
    )
}

/** What a thing shows first. */
export function findFirst(db: Db, place: Place) {
  return db
    .select()
    .from(images)
    .where(and(standsAt(place), eq(images.status, 'ready')))
    .orderBy(images.position, images.id)
    .limit(1)
}

const standsAt = ({ entityType, entityId }: Place) =>
  and(eq(images.entityType, entityType), eq(images.entityId, entityId))

/** Takes a picture from its thing, where `condition` holds; it stays among all pictures. */
export function detachImage(db: Db, id: number, place: Place, now: number, condition?: SQL) {
  return db
    .update(images)
    .set({
      entityType: null,
      entityId: null,
      version: sql`${images.version} + 1`,
      updatedAt: now,
    })
    .where(and(eq(images.id, id), standsAt(place), condition))
    .returning({ id: images.id })
}

/** Those of the newest `most` pictures whose name is a UUID by chance: they came by an upload link. */
export function listArrivals(db: Db, most: number) {
  return db
    .select()
    .from(images)
    .where(
      sql`images.id > (select max(id) from images) - ${most} and images.status = 'ready'
        and images.key like '________-____-4%'`,
    )
    .orderBy(desc(images.id))
}

export function listImages(db: Db, filter: ListImages, before: number | undefined) {
  return db
    .select({
      id: images.id,
      key: images.key,
      width: images.width,
      height: images.height,
      contentType: images.contentType,
      byteSize: images.byteSize,
      altText: images.altText,
      position: images.position,
      entityType: images.entityType,
      entityId: images.entityId,
      createdAt: images.createdAt,
      uses: sql<string>`(select json_group_array(json_object('entity_type', u.entity_type, 'entity_id', u.entity_id))
        from (select entity_type, entity_id from image_uses where image_id = images.id limit 100) u)`.as(
        'uses',
      ),
    })
    .from(images)
    .where(and(matches(filter), before === undefined ? undefined : lt(images.id, before)))
    .orderBy(desc(images.id))
    .limit(filter.limit + 1)
}

export function countImages(db: Db, filter: ListImages) {
  return db.select({ count: count() }).from(images).where(matches(filter))
}

function matches({ entity_type, entity_id, unused }: ListImages): SQL | undefined {
  const isUnused = sql`(images.entity_type is null
    and not exists (select 1 from image_uses where image_id = images.id))`
  return and(
    eq(images.status, 'ready'),
    entity_type && eq(images.entityType, entity_type),
    entity_id === undefined ? undefined : eq(images.entityId, entity_id),
    unused === undefined ? undefined : unused ? isUnused : sql`not ${isUnused}`,
  )
}

type ImageChange = Partial<Omit<ImageRow, 'id' | 'version'>>

export function updateImage(db: Db, id: number, change: ImageChange, versions?: number[]) {
  return db
    .update(images)
    .set({ ...change, version: sql`${images.version} + 1` })
    .where(isImageAt(id, versions))
    .returning({ id: images.id })
}

/** Changes nothing unless the new file is still waiting for its image. */
export function replaceImage(
  db: Db,
  id: number,
  change: ImageChange & { key: string },
  versions?: number[],
) {
  const isWaiting = sql`exists (select 1 from deleted_files where key = ${change.key})`
  return db
    .update(images)
    .set({ ...change, version: sql`${images.version} + 1` })
    .where(and(isImageAt(id, versions), isWaiting))
    .returning({ id: images.id })
}

export function deleteImage(db: Db, id: number, versions?: number[]) {
  return db.delete(images).where(isImageAt(id, versions)).returning({ key: images.key })
}

const isImageAt = (id: number, versions: number[] | undefined) =>
  and(
    eq(images.id, id),
    eq(images.status, 'ready'),
    versions && sql`version in (select value from json_each(${JSON.stringify(versions)}))`,
  )
