import type { Context } from '../../context.ts'
import { callerOf, isAdmin } from '../../core/actor.ts'
import { AppError, conflict, invalid, notFound, stale } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import { type CleanImage, inspectImage } from '../../core/image/inspect.ts'
import type { ImageType } from '../../core/image/types.ts'
import { isTaken } from '../../db/errors.ts'
import { auditEntry } from '../audit/service.ts'
import { keepAnswer } from '../idempotency/service.ts'
import { spend } from '../limits/service.ts'
import { insertDeletedFile } from './file-repo.ts'
import { dropFiles, fileName, keyFrom, newKey, typeOf, UPLOAD_MS } from './files.ts'
import type { Place } from './kinds.ts'
import { UPLOAD_BYTES, UPLOADS } from './limits.ts'
import { checkPlace, forgetPlace } from './place.ts'
import { findProfileOf } from './place-repo.ts'
import { findImage, insertPending, isReady, markReady, replaceImage } from './repo.ts'
import type { ImageView, ReplaceImage, UploadImage } from './schemas.ts'
import { images } from './table.ts'
import { toImageView } from './views.ts'

/** What was said of a picture before it came: its name and its format. */
export type Promised = { uid: string; type: ImageType }

/** Lets in who may upload at all, before a body is read. Throws `forbidden`. */
export async function admitUpload(ctx: Context): Promise<void> {
  if (isAdmin(ctx.actor)) return
  const [profile] = ctx.actor.type === 'user' ? await findProfileOf(ctx.db, ctx.actor.id) : []
  if (!profile) throw new AppError('forbidden', 'This is for admins and for those with a profile.')
}

/**
 * Stores a picture. Its row waits until the bytes are in R2; one that never gets so far is swept.
 * Throws `forbidden` for a place that is not the caller's, `conflict` when it is full or just gone.
 */
export async function uploadImage(
  ctx: Context,
  input: UploadImage,
  promised?: Promised,
): Promise<ImageView> {
  const { entity_type: entityType, entity_id: entityId } = input
  const place: Place | null =
    entityType === undefined || entityId === undefined ? null : { entityType, entityId }
  const { next } = await checkPlace(ctx, place, images)
  const image = inspectImage(input.file)
  if (promised && typeOf(image.extension) !== promised.type) throw notAsPromised()
  const key = promised ? keyFrom(promised.uid, image.extension) : newKey(image.extension)
  const details = await countUpload(ctx, image, input.file.length, key)
  const row = { ...details, position: input.position ?? next, altText: input.alt_text ?? '' }
  const pending = await reserve(ctx, row, place)
  if (!pending) throw gone()
  await store(ctx, row.key, image)
  const view = toImageView(ctx, pending)
  const id = String(pending.id)
  const [ready] = await ctx.db.batch([
    markReady(ctx.db, pending.id, place),
    auditEntry(ctx, 'image.create', {
      entity: 'image',
      id,
      after: { key: row.key, entity_type: entityType ?? null, entity_id: entityId ?? null },
    }),
    ...(await keepAnswer(ctx, view, isReady(pending.id))),
  ])
  if (ready.length === 0) throw gone()
  await forgetPlace(ctx, pending)
  return view
}

async function reserve(
  ctx: Context,
  row: Omit<Parameters<typeof insertPending>[1], 'createdAt'>,
  place: Place | null,
) {
  try {
    const [pending] = await insertPending(ctx.db, { ...row, createdAt: row.updatedAt }, place)
    return pending
  } catch (error) {
    throw isTaken(error, 'images.key') ? usedUp() : error
  }
}

/** Puts other bytes in place of a picture's, under a new key. Its id and its texts stay. */
export async function replaceFile(
  ctx: Context,
  id: number,
  input: ReplaceImage,
  ifMatch?: Precondition,
): Promise<Tagged<ImageView>> {
  const [present] = await findImage(ctx.db, id)
  if (!present) throw notFound('Image')
  checkPrecondition(String(present.version), ifMatch)
  const image = inspectImage(input.file)
  const change = await countUpload(ctx, image, input.file.length, newKey(image.extension))
  // Should this end here, the new file is known and the sweep deletes it.
  await insertDeletedFile(ctx.db, change.key, Date.now() + UPLOAD_MS)
  await store(ctx, change.key, image)
  const [changed, , [row]] = await ctx.db.batch([
    replaceImage(ctx.db, id, change, allowedVersions(ifMatch)),
    auditEntry(ctx, 'image.replace', {
      entity: 'image',
      id: String(id),
      before: { key: present.key },
      after: { key: change.key },
    }),
    findImage(ctx.db, id),
  ])
  if (!row) throw notFound('Image')
  if (changed.length === 0) throw ifMatch === undefined ? gone() : stale()
  await forgetPlace(ctx, row)
  await ctx.later(() => dropFiles(ctx, [present.key]))
  return { view: toImageView(ctx, row), tag: String(row.version) }
}

async function countUpload(ctx: Context, image: CleanImage, amount: number, key: string) {
  await spend(ctx, [UPLOADS, { ...UPLOAD_BYTES, amount }], callerOf(ctx.actor))
  return {
    key,
    contentType: typeOf(image.extension),
    byteSize: image.bytes.length,
    width: image.width,
    height: image.height,
    uploaderId: ctx.actor.type === 'user' ? ctx.actor.id : null,
    updatedAt: Date.now(),
  }
}

const store = (ctx: Context, key: string, { bytes, extension, width }: CleanImage) =>
  ctx.files.put(fileName(key), bytes, typeOf(extension), { width: String(width) })

export const usedUp = () => conflict('Something was uploaded to this address already.')

const notAsPromised = () =>
  invalid([
    { path: 'file', code: 'invalid_image', message: 'The picture is of another format than said.' },
  ])

const gone = () => conflict('It changed while the picture was on its way. Try again.')
