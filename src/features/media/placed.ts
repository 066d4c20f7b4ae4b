import type { Context } from '../../context.ts'
import { conflict, notFound } from '../../core/errors.ts'
import { auditEntry } from '../audit/service.ts'
import type { Place } from './kinds.ts'
import { checkPlace, forgetPlace } from './place.ts'
import { findImage, findLoose, placeImage } from './repo.ts'
import type { ImageView } from './schemas.ts'
import { images } from './table.ts'
import { imageUrl, toImageView } from './views.ts'

// For front ends that name a picture by the thing that it belongs to.

/** Throws `not_found` for a picture of anything else. */
export async function checkImageOf(ctx: Context, place: Place, id: number): Promise<void> {
  const [row] = await findImage(ctx.db, id)
  if (row?.entityType === place.entityType && row.entityId === place.entityId) return
  throw notFound('Image')
}

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
  const [row] = url.startsWith(prefix) ? await findLoose(ctx.db, url.slice(prefix.length)) : []
  if (!row) throw notFound('Image')
  const change = {
    ...place,
    position: position ?? next,
    ...(alt_text !== undefined && { altText: alt_text }),
    updatedAt: Date.now(),
  }
  const after = { entity_type: place.entityType, entity_id: place.entityId }
  const [placed, , [now]] = await ctx.db.batch([
    placeImage(ctx.db, row.id, change),
    auditEntry(ctx, 'image.update', { entity: 'image', id: String(row.id), after }),
    findImage(ctx.db, row.id),
  ])
  if (placed.length === 0 || !now) throw conflict('It changed meanwhile. Try again.')
  await forgetPlace(ctx, now)
  return toImageView(ctx, now)
}
