import type { Context } from '../../context.ts'
import { arrivalsKey } from '../../core/cache-keys.ts'
import { changesOf } from '../../core/changes.ts'
import { notFound, stale } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import type { Page } from '../../core/page.ts'
import { iso } from '../../core/time.ts'
import { readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import { dropFiles } from './files.ts'
import { forgetPlace } from './place.ts'
import { countImages, deleteImage, findImage, listImages, updateImage } from './repo.ts'
import type { ImageView, LibraryImageView, ListImages, UpdateImage } from './schemas.ts'
import type { ImageRow } from './table.ts'
import { toImageView } from './views.ts'

type LibraryRow = Awaited<ReturnType<typeof listImages>>[number]

export const imagePath = (id: number): string => `/api/v1/images/${id}`

/** All pictures with where they are used, newest first. */
export function listLibrary(ctx: Context, filter: ListImages): Promise<Page<LibraryImageView>> {
  return readPage<LibraryRow, LibraryImageView>(ctx, 'images', filter, {
    rows: (before) => listImages(ctx.db, filter, before),
    count: () => countImages(ctx.db, filter),
    view: (row) => ({
      ...toImageView(ctx, row),
      used_in: usesOf(row),
      created_at: iso(row.createdAt),
    }),
  })
}

export async function updateImageDetails(
  ctx: Context,
  id: number,
  input: UpdateImage,
  ifMatch?: Precondition,
): Promise<Tagged<ImageView>> {
  const [present] = await findImage(ctx.db, id)
  const { view, tag } = toTagged(ctx, present)
  checkPrecondition(tag, ifMatch)
  const changes = changesOf(view, input)
  if (!changes) return { view, tag }
  const change = {
    ...(input.alt_text !== undefined && { altText: input.alt_text }),
    ...(input.position !== undefined && { position: input.position }),
    updatedAt: Date.now(),
  }
  const [changed, , [row]] = await ctx.db.batch([
    updateImage(ctx.db, id, change, allowedVersions(ifMatch)),
    auditEntry(ctx, 'image.update', { entity: 'image', id: String(id), ...changes }),
    findImage(ctx.db, id),
  ])
  const tagged = toTagged(ctx, row)
  if (changed.length === 0) throw stale()
  if (row) await forgetPlace(ctx, row)
  return tagged
}

/** Deletes a picture and then its file; should that fail, the sweep does it within a minute. */
export async function removeImage(ctx: Context, id: number, ifMatch?: Precondition): Promise<void> {
  const [[row], deleted] = await ctx.db.batch([
    findImage(ctx.db, id),
    deleteImage(ctx.db, id, allowedVersions(ifMatch)),
    auditEntry(ctx, 'image.delete', { entity: 'image', id: String(id) }),
  ])
  if (!row) throw notFound('Image')
  if (deleted.length === 0) throw stale()
  await forgetPlace(ctx, row)
  await ctx.cache.forget([arrivalsKey()])
  await ctx.later(() => dropFiles(ctx, [row.key]))
}

function usesOf({ entityType, entityId, uses }: LibraryRow): LibraryImageView['used_in'] {
  const inTexts: LibraryImageView['used_in'] = JSON.parse(uses)
  if (entityType === null || entityId === null) return inTexts
  const own = { entity_type: entityType, entity_id: entityId }
  const others = inTexts.filter(
    (use) => use.entity_type !== entityType || use.entity_id !== entityId,
  )
  return [own, ...others]
}

function toTagged(ctx: Context, row: ImageRow | undefined): Tagged<ImageView> {
  if (!row) throw notFound('Image')
  return { view: toImageView(ctx, row), tag: String(row.version) }
}
