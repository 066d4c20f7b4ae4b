import type { Context } from '../../context.ts'
import { changesOf } from '../../core/changes.ts'
import { conflict, notFound, stale } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import { auditEntry } from '../audit/service.ts'
import { keepAnswer } from '../idempotency/service.ts'
import { checkPlace } from './place.ts'
import { deleteVideo, findVideo, insertVideo, isNewestVideo, updateVideo } from './repo.ts'
import type { CreateVideo, UpdateVideo, VideoView } from './schemas.ts'
import { type VideoRow, videos } from './table.ts'
import { readThumbnail, readVideoLink } from './video-links.ts'
import { toVideoView } from './views.ts'

export const videoPath = (id: number): string => `/api/v1/videos/${id}`

/** Throws `validation` for a link that is no video and for a thing that is not there. */
export async function addVideo(ctx: Context, input: CreateVideo): Promise<VideoView> {
  const place = { entityType: input.entity_type, entityId: input.entity_id }
  const link = readVideoLink(input.url)
  const thumbnailUrl = readThumbnail(input.thumbnail_url)
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
  const [video] = await insertVideo(ctx.db, row, place)
  if (!video) throw conflict('It changed in the meantime. Try again.')
  return toVideoView(video)
}
