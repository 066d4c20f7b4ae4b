import type { Context } from '../../context.ts'
import { conflict, unavailable } from '../../core/errors.ts'
import type { Statement } from '../../db/client.ts'
import { auditEntry } from '../audit/service.ts'
import { fileName, formatOf, keysFrom, newKey, typeOf } from './files.ts'
import type { Place } from './kinds.ts'
import { forgetPlace } from './place.ts'
import {
  attachImage,
  detachImage,
  findByKeys,
  findFirst,
  insertPending,
  isShown,
  markReady,
} from './repo.ts'
import type { ImageRow } from './table.ts'

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
  const position = first?.position ?? 0
  const shown =
    wanted && isElsewhere(wanted, place) ? await copy(ctx, wanted, place, position) : wanted
  const taken = first ? takeAway(ctx, first, place, { by: shown, now }) : []
  if (!shown) {
    const [step, ...rest] = taken
    if (step) await ctx.db.batch([step, ...rest])
  } else {
    const [put] = await ctx.db.batch([
      shown.status === 'pending'
        ? markReady(ctx.db, shown.id, place)
        : attachImage(ctx.db, shown.id, place, position, now),
      auditEntry(ctx, shown.status === 'pending' ? 'image.create' : 'image.update', {
        entity: 'image',
        id: String(shown.id),
        after: { key: shown.key, entity_type: place.entityType, entity_id: place.entityId },
      }),
      ...taken,
    ])
    if (put.length === 0) throw changed()
  }
  await forgetPlace(ctx, place)
}

const isElsewhere = ({ entityType, entityId }: ImageRow, place: Place): boolean =>
  entityType !== null && (entityType !== place.entityType || entityId !== place.entityId)

type Taking = { by: ImageRow | undefined; now: number }

const takeAway = (ctx: Context, row: ImageRow, place: Place, { by, now }: Taking): Statement[] => [
  detachImage(ctx.db, row.id, place, now, by && isShown(by.id, place)),
  auditEntry(ctx, 'image.update', {
    entity: 'image',
    id: String(row.id),
    before: { entity_type: place.entityType, entity_id: place.entityId },
    after: { entity_type: null, entity_id: null },
  }),
]

/** A picture of the same bytes at another thing, whose row waits to be made ready. */
async function copy(
  ctx: Context,
  row: ImageRow,
  place: Place,
  position: number,
): Promise<ImageRow> {
  const extension = formatOf(row.key)
  const file = await ctx.files.get(fileName(row.key))
  if (!extension || !file) throw unavailable('The file of this picture is missing.', 60)
  const key = newKey(extension)
  const { contentType, byteSize, width, height, altText } = row
  const now = Date.now()
  const [pending] = await insertPending(
    ctx.db,
    {
      ...{ key, contentType, byteSize, width, height, altText, position },
      uploaderId: ctx.actor.type === 'user' ? ctx.actor.id : null,
      createdAt: now,
      updatedAt: now,
    },
    place,
  )
  if (!pending) throw changed()
  const bytes = new Uint8Array(await new Response(file.body).arrayBuffer())
  await ctx.files.put(fileName(key), bytes, typeOf(extension), { width: String(width) })
  return pending
}

const changed = () => conflict('It changed meanwhile. Try again.')
