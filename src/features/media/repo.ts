import { and, count, desc, eq, gt, inArray, lt, lte, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { insertIf, type RowOf } from '../../db/record.ts'
import { products, variants } from '../catalog/table.ts'
import { posts } from '../posts/table.ts'
import { profiles } from '../profiles/table.ts'
import { projects } from '../projects/table.ts'
import type { MediaOwner, Place } from './kinds.ts'
import type { ListImages } from './schemas.ts'
import { deletedFiles, type ImageRow, images, mostAt, type VideoRow, videos } from './table.ts'

const TARGETS = {
  profile: profiles,
  project: projects,
  post: posts,
  product: products,
  variant: variants,
} satisfies Record<MediaOwner, unknown>

/** The thing itself, whose it is (profiles only), and what hangs on it in `of`. */
export function findTarget(
  db: Db,
  { entityType, entityId }: Place,
  of: typeof images | typeof videos,
) {
  const target = TARGETS[entityType]
  const own = sql`from ${of} where entity_type = ${entityType} and entity_id = ${entityId}`
  return db
    .select({
      id: target.id,
      ownerId: sql<number | null>`${entityType === 'profile' ? profiles.userId : null}`.as(
        'owner_id',
      ),
      held: sql<number>`(select count(*) ${own})`.as('held'),
      last: sql<number | null>`(select max(position) ${own})`.as('last'),
    })
    .from(target)
    .where(eq(target.id, entityId))
}

const SLUG = sql<string | null>`slug`
/** By what words things are addressed; a variant stands at the address of its product. */
const NAMES: Record<MediaOwner, SQL<string | null>> = {
  profile: sql`(select username from users where users.id = profiles.user_id)`,
  project: SLUG,
  post: SLUG,
  product: SLUG,
  variant: sql`(select slug from products where products.id = variants.product_id)`,
}

/** Number and name of the thing that shows what belongs to the place. */
export function findAddress(db: Db, { entityType, entityId }: Place) {
  const target = TARGETS[entityType]
  const id = sql<number>`${entityType === 'variant' ? variants.productId : target.id}`
  return db
    .select({ id: id.as('shown_id'), name: NAMES[entityType].as('name') })
    .from(target)
    .where(eq(target.id, entityId))
}

export function findProfileOf(db: Db, userId: number) {
  return db.select({ id: profiles.id }).from(profiles).where(eq(profiles.userId, userId))
}

/** True while the thing is there and has room for one more in `of`. */
function hasPlace(place: Place | null, of: typeof images | typeof videos): SQL {
  if (!place) return sql`true`
  const { entityType, entityId } = place
  const held = sql`select count(*) from ${of} where entity_type = ${entityType} and entity_id = ${entityId}`
  return sql`(${isThere(place)} and (${held}) < ${mostAt(entityType)})`
}

const isThere = ({ entityType, entityId }: Place): SQL =>
  sql`exists (select 1 from ${TARGETS[entityType]} where id = ${entityId})`

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

/** A picture that belongs to nothing, by the name of its file. */
export function findLoose(db: Db, key: string) {
  return db
    .select()
    .from(images)
    .where(and(eq(images.key, key), eq(images.status, 'ready'), sql`entity_type is null`))
}

/** Changes nothing when the picture has found a place meanwhile, or its thing is gone or full. */
export function placeImage(db: Db, id: number, change: ImageChange & Place) {
  return db
    .update(images)
    .set({ ...change, version: sql`${images.version} + 1` })
    .where(and(eq(images.id, id), sql`entity_type is null`, hasPlace(change, images)))
    .returning({ id: images.id })
}

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

/** Puts a picture that belongs to nothing, or to the thing already, to a thing that is there. */
export function attachImage(db: Db, id: number, place: Place, position: number, now: number) {
  return db
    .update(images)
    .set({ ...place, position, version: sql`${images.version} + 1`, updatedAt: now })
    .where(
      and(
        eq(images.id, id),
        sql`(images.entity_type is null
          or images.entity_type = ${place.entityType} and images.entity_id = ${place.entityId})`,
        isThere(place),
      ),
    )
    .returning({ id: images.id })
}

/** True while the thing shows the picture. */
export const isShown = (id: number, { entityType, entityId }: Place): SQL =>
  sql`exists (select 1 from images where id = ${id} and status = 'ready'
    and entity_type = ${entityType} and entity_id = ${entityId})`

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
