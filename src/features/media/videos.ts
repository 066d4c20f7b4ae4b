import type { Context } from '../../context.ts'
import { changesOf } from '../../core/changes.ts'
import { conflict, notFound, stale } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import { batchBehind } from '../../db/batch.ts'
import { isEmpty } from '../../db/errors.ts'
import { auditEntry } from '../audit/service.ts'
import { keepMade } from '../idempotency/service.ts'
import { checkPlace, forgetPlace } from './place.ts'
import type { CreateVideo, UpdateVideo, VideoView } from './schemas.ts'
import { type VideoRow, videos } from './table.ts'
import { readVideoLink } from './video-links.ts'
import { deleteVideo, findVideo, insertVideo, newestVideo, updateVideo } from './video-repo.ts'
import { toVideoView } from './views.ts'

export const videoPath = (id: number): string => `/api/v1/videos/${id}`

/** Throws `validation` for a link that is no video and for a thing that is not there. */
export async function addVideo(ctx: Context, input: CreateVideo): Promise<VideoView> {
  const place = { entityType: input.entity_type, entityId: input.entity_id }
  const link = readVideoLink(input.url)
  const thumbnailUrl = input.thumbnail_url ?? null
  const { next } = await checkPlace(ctx, place, videos)
  const now = Date.now()
  const row = {
    ...place,
    ...link,
    title: input.title,
    thumbnailUrl,
    position: next,
    createdAt: now,
    updatedAt: now,
  }
  const after = { ...input, thumbnail_url: thumbnailUrl, url: link.url }
  try {
    const [[made]] = await batchBehind(
      ctx.db,
      [
        insertVideo(ctx.db, row),
        auditEntry(ctx, 'video.create', { entity: 'video', id: newestVideo, after }),
        ...keepMade(ctx, newestVideo),
      ],
      [findVideo(ctx.db, newestVideo)],
    )
    await forgetPlace(ctx, place)
    return toTagged(made).view
  } catch (error) {
    if (isEmpty(error, 'videos.entity_id')) throw conflict('It changed meanwhile. Try again.')
    throw error
  }
}

/** The video as it is now, for whoever has just added it. Throws `not_found`. */
export async function readVideo(ctx: Context, id: number): Promise<VideoView> {
  const [row] = await findVideo(ctx.db, id)
  return toTagged(row).view
}

export async function updateVideoDetails(
  ctx: Context,
  id: number,
  input: UpdateVideo,
  ifMatch?: Precondition,
): Promise<Tagged<VideoView>> {
  const [present] = await findVideo(ctx.db, id)
  const { view, tag } = toTagged(present)
  checkPrecondition(tag, ifMatch)
  const link = input.url === undefined ? undefined : readVideoLink(input.url)
  const wanted = {
    ...input,
    ...(link && { url: link.url }),
  }
  const changes = changesOf({ ...view, position: present?.position }, wanted)
  if (!changes) return { view, tag }
  const change = {
    ...link,
    ...(wanted.title !== undefined && { title: wanted.title }),
    ...(wanted.thumbnail_url !== undefined && { thumbnailUrl: wanted.thumbnail_url }),
    ...(wanted.position !== undefined && { position: wanted.position }),
    updatedAt: Date.now(),
  }
  const [changed, , [row]] = await ctx.db.batch([
    updateVideo(ctx.db, id, change, allowedVersions(ifMatch)),
    auditEntry(ctx, 'video.update', { entity: 'video', id: String(id), ...changes }),
    findVideo(ctx.db, id),
  ])
  const tagged = toTagged(row)
  if (changed.length === 0) throw stale()
  if (row) await forgetPlace(ctx, row)
  return tagged
}

export async function removeVideo(ctx: Context, id: number, ifMatch?: Precondition): Promise<void> {
  const [[row], deleted] = await ctx.db.batch([
    findVideo(ctx.db, id),
    deleteVideo(ctx.db, id, allowedVersions(ifMatch)),
    auditEntry(ctx, 'video.delete', { entity: 'video', id: String(id) }),
  ])
  if (!row) throw notFound('Video')
  if (deleted.length === 0) throw stale()
  await forgetPlace(ctx, row)
}

function toTagged(row: VideoRow | undefined): Tagged<VideoView> {
  if (!row) throw notFound('Video')
  return { view: toVideoView(row), tag: String(row.version) }
}
