import { is, SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { conflict, notFound, unavailable } from '../../core/errors.ts'
import { auditEntry } from '../audit/service.ts'
import { fileName, formatOf, keysFrom, newKey, typeOf } from './files.ts'
import type { MediaOwner, Place } from './kinds.ts'
import { checkPlace, forgetPlace } from './place.ts'
import {
  detachImage,
  findByKeys,
  findFirst,
  findImage,
  insertPending,
  isLoose,
  placeImage,
  updateImage,
} from './repo.ts'
import type { ImageView } from './schemas.ts'
import { type ImageRow, images } from './table.ts'
import { imageUrl, toImageView } from './views.ts'

// For front ends that name a picture by its file, or by the thing that it belongs to.

/** Throws `not_found` for a picture of anything else. */
export async function checkImageOf(ctx: Context, place: Place, id: number): Promise<void> {
  const [row] = await findImage(ctx.db, id)
  if (!row || !standsAt(row, place)) throw notFound('Image')
}

const standsAt = ({ entityType, entityId }: ImageRow, place: Place): boolean =>
  entityType === place.entityType && entityId === place.entityId

type Wish = { alt_text?: string | undefined; position?: number | undefined }

/**
 * Gives an uploaded picture that belongs to nothing yet to a thing; for admins. Throws `not_found` for
 * an address of anything else, and as checkPlace() does.
 */
export async function placeImageAt(
  ctx: Context,
  url: string,
  place: Place,
  { alt_text, position }: Wish,
): Promise<ImageView> {
  const { next } = await checkPlace(ctx, place, images)
  const prefix = imageUrl(ctx, '')
  const key = url.startsWith(prefix) ? url.slice(prefix.length) : undefined
  const [row] = key === undefined ? [] : await findByKeys(ctx.db, [key])
  if (!row || row.entityType !== null) throw notFound('Image')
  const change = {
    ...place,
    position: position ?? next,
    ...(alt_text !== undefined && { altText: alt_text }),
    updatedAt: Date.now(),
  }
  const [placed, , [now]] = await ctx.db.batch([
    ...giveSteps(ctx, row, change),
    findImage(ctx.db, row.id),
  ])
  if (placed.length === 0 || !now) throw changed()
  await forgetPlace(ctx, now)
  return toImageView(ctx, now)
}

type Giving = Parameters<typeof placeImage>[2]

/** The only way in which a picture that belongs to nothing finds a place, with its record behind it. */
const giveSteps = (ctx: Context, row: ImageRow, change: Giving, instead?: ImageRow) => {
  const { entityType: entity_type, entityId } = change
  const at = is(entityId, SQL) ? { entity_type } : { entity_type, entity_id: entityId }
  return [
    placeImage(ctx.db, row.id, change, instead?.id),
    auditEntry(ctx, row.status === 'pending' ? 'image.create' : 'image.update', {
      entity: 'image',
      id: String(row.id),
      after: { key: row.key, ...at },
    }),
  ] as const
}

/**
 * The first picture of a thing that is about to be made, by its name: it is copied where it belongs to
 * another. Undefined where no picture has the name.
 */
export async function firstFor(ctx: Context, uid: string | null) {
  const [named] = uid === null ? [] : await findByKeys(ctx.db, keysFrom(uid))
  if (!named) return undefined
  const row = isFree(named) ? named : await copy(ctx, named)
  return {
    /** False once it has found another place: then nothing may be made. */
    isThere: isLoose(row.id),
    /** For the batch that makes the thing, behind it. */
    steps: (entityType: MediaOwner, entityId: SQL) =>
      giveSteps(ctx, row, { entityType, entityId, position: 0, updatedAt: Date.now() }),
  }
}

/**
 * Makes the picture with that name the first of a thing, in place of the one that is first now; without
 * a name, or with one that no picture has, takes that away. What belongs to another thing is copied,
 * for a picture belongs to one. Throws `conflict` when the thing changes meanwhile.
 */
export async function showFirst(ctx: Context, place: Place, uid: string | null): Promise<void> {
  const [[first], [wanted]] = await ctx.db.batch([
    findFirst(ctx.db, place),
    findByKeys(ctx.db, uid === null ? [] : keysFrom(uid)),
  ])
  if (first?.id === wanted?.id) return
  const now = Date.now()
  const change = { position: first?.position ?? 0, updatedAt: now }
  if (wanted) {
    const shown = isFree(wanted) || standsAt(wanted, place) ? wanted : await copy(ctx, wanted)
    const steps = isFree(shown)
      ? giveSteps(ctx, shown, { ...place, ...change }, first)
      : moveSteps(ctx, shown, change)
    const taken = first ? takeSteps(ctx, first, place, now, sql`changes() > 0`) : []
    const [put] = await ctx.db.batch([...steps, ...taken])
    if (put.length === 0) throw changed()
  } else if (first) {
    await ctx.db.batch(takeSteps(ctx, first, place, now))
  }
  await forgetPlace(ctx, place)
}

const isFree = ({ entityType }: ImageRow): boolean => entityType === null

/** Puts a picture to another position at its thing. */
const moveSteps = (ctx: Context, row: ImageRow, change: { position: number; updatedAt: number }) =>
  [
    updateImage(ctx.db, row.id, change, [row.version]),
    auditEntry(ctx, 'image.update', {
      entity: 'image',
      id: String(row.id),
      before: { position: row.position },
      after: { position: change.position },
    }),
  ] as const

const takeSteps = (ctx: Context, row: ImageRow, place: Place, now: number, condition?: SQL) =>
  [
    detachImage(ctx.db, row.id, place, now, condition),
    auditEntry(ctx, 'image.update', {
      entity: 'image',
      id: String(row.id),
      before: { entity_type: place.entityType, entity_id: place.entityId },
      after: { entity_type: null, entity_id: null },
    }),
  ] as const

/** A picture of the same bytes that belongs to nothing, whose row waits to be given to a thing. */
async function copy(ctx: Context, row: ImageRow): Promise<ImageRow> {
  const extension = formatOf(row.key)
  const file = await ctx.files.get(fileName(row.key))
  if (!extension || !file) throw unavailable('The file of this picture is missing.', 60)
  const key = newKey(extension)
  const { contentType, byteSize, width, height, altText } = row
  const now = Date.now()
  const [pending] = await insertPending(
    ctx.db,
    {
      ...{ key, contentType, byteSize, width, height, altText },
      uploaderId: ctx.actor.type === 'user' ? ctx.actor.id : null,
      createdAt: now,
      updatedAt: now,
    },
    null,
  )
  if (!pending) throw changed()
  const bytes = new Uint8Array(await new Response(file.body).arrayBuffer())
  await ctx.files.put(fileName(key), bytes, typeOf(extension), { width: String(width) })
  return pending
}

const changed = () => conflict('It changed meanwhile. Try again.')
