import { type SQL, sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { users } from '../users/table.ts'
import type { MediaOwner, VideoSource } from './kinds.ts'

/** A picture in R2. It is shown once its bytes are there (`status` ready). */
export const images = sqliteTable(
  'images',
  {
    /** Never given again: what was meant for one that is gone must not hit another. */
    id: integer().primaryKey({ autoIncrement: true }),
    /** Its name in R2 and in its address, made by us; a replaced picture gets a new one. */
    key: text().notNull().unique(),
    status: text().$type<'pending' | 'ready'>().notNull(),
    /** What it belongs to; null for one that stands in texts only. */
    entityType: text().$type<MediaOwner>(),
    entityId: integer(),
    position: integer().notNull().default(0),
    altText: text().notNull().default(''),
    contentType: text().notNull(),
    byteSize: integer().notNull(),
    width: integer().notNull(),
    height: integer().notNull(),
    uploaderId: integer().references(() => users.id, { onDelete: 'set null' }),
    version: integer().notNull().default(1),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
  },
  (table) => [
    index('images_entity').on(table.entityType, table.entityId, table.position, table.id),
    // For the foreign key when an account goes.
    index('images_uploader').on(table.uploaderId, table.createdAt),
    index('images_pending').on(table.createdAt).where(sql`status = 'pending'`),
  ],
)

/** In which texts a picture stands: written with the text, found by its address in it. */
export const imageUses = sqliteTable(
  'image_uses',
  {
    imageId: integer()
      .notNull()
      .references(() => images.id, { onDelete: 'cascade' }),
    entityType: text().$type<MediaOwner>().notNull(),
    entityId: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.imageId, table.entityType, table.entityId] }),
    index('image_uses_entity').on(table.entityType, table.entityId),
  ],
)

/**
 * Files to delete: those that no image names any more, which triggers write down, and those that are
 * on their way to replace another.
 */
export const deletedFiles = sqliteTable(
  'deleted_files',
  {
    key: text().primaryKey(),
    /** 0 for at once; ahead of now for a file that an image may name in a moment. */
    deletedAt: integer().notNull(),
  },
  (table) => [index('deleted_files_due').on(table.deletedAt)],
)

export const videos = sqliteTable(
  'videos',
  {
    /** Never given again: what was meant for one that is gone must not hit another. */
    id: integer().primaryKey({ autoIncrement: true }),
    entityType: text().$type<MediaOwner>().notNull(),
    entityId: integer().notNull(),
    position: integer().notNull().default(0),
    title: text().notNull(),
    url: text().notNull(),
    source: text().$type<VideoSource>().notNull(),
    /** The provider's id of it; null for a file. */
    externalId: text(),
    thumbnailUrl: text(),
    version: integer().notNull().default(1),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
  },
  (table) => [
    index('videos_entity').on(table.entityType, table.entityId, table.position, table.id),
  ],
)

export type ImageRow = typeof images.$inferSelect
export type VideoRow = typeof videos.$inferSelect

/** What one thing shows at most, of pictures and of videos; a product has many variants. */
export const mostAt = (type: MediaOwner): number => (type === 'variant' ? 10 : 100)
const most = (type: MediaOwner): SQL => sql.raw(String(mostAt(type)))

/** What one JSON value of imagesOf() holds. */
export type NestedImage = Pick<
  ImageRow,
  'id' | 'key' | 'width' | 'height' | 'contentType' | 'byteSize' | 'altText' | 'position'
>

/**
 * The pictures of the row that `id` names, as a column of the statement that reads the row: JSON text
 * of NestedImage[], in their order. `id` is written into the SQL as it stands.
 */
export const imagesOf = (type: MediaOwner, id: SQL): SQL<string> => sql<string>`(
  select json_group_array(json_object('id', i.id, 'key', i.key, 'width', i.width, 'height', i.height,
    'contentType', i.content_type, 'byteSize', i.byte_size, 'altText', i.alt_text, 'position', i.position))
  from (select * from images where entity_type = ${sql.raw(`'${type}'`)} and entity_id = ${id}
    and status = 'ready' order by position, id limit ${most(type)}) i)`

/** What one JSON value of videosOf() holds. */
export type NestedVideo = Pick<
  VideoRow,
  'id' | 'title' | 'url' | 'source' | 'externalId' | 'thumbnailUrl'
>

/** The same for its videos: JSON text of NestedVideo[]. */
export const videosOf = (type: MediaOwner, id: SQL): SQL<string> => sql<string>`(
  select json_group_array(json_object('id', v.id, 'title', v.title, 'url', v.url, 'source', v.source,
    'externalId', v.external_id, 'thumbnailUrl', v.thumbnail_url))
  from (select * from videos where entity_type = ${sql.raw(`'${type}'`)} and entity_id = ${id}
    order by position, id limit ${most(type)}) v)`
