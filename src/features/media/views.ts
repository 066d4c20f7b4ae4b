import type { Context } from '../../context.ts'
import type { ImageView, VideoView } from './schemas.ts'
import type { NestedImage, NestedVideo } from './table.ts'

export type { ImageView, VideoView } from './schemas.ts'

export const imageUrl = ({ settings }: Context, key: string): string =>
  `${settings.API_ORIGIN}/media/${key}`

export const toImageView = (ctx: Context, row: NestedImage): ImageView => ({
  id: row.id,
  url: imageUrl(ctx, row.key),
  width: row.width,
  height: row.height,
  content_type: row.contentType,
  byte_size: row.byteSize,
  alt_text: row.altText,
  position: row.position,
})

export const toVideoView = ({
  id,
  title,
  url,
  source,
  externalId,
  thumbnailUrl,
}: NestedVideo): VideoView => ({
  id,
  title,
  url,
  embed_url: EMBED[source](externalId ?? ''),
  source,
  thumbnail_url: thumbnailUrl,
})

const EMBED: Record<NestedVideo['source'], (id: string) => string | null> = {
  youtube: (id) => `https://www.youtube-nocookie.com/embed/${id}`,
  vimeo: (id) => `https://player.vimeo.com/video/${id}`,
  file: () => null,
}

/** From the JSON text of imagesOf(). */
export const readImages = (ctx: Context, json: string): ImageView[] =>
  (JSON.parse(json) as NestedImage[]).map((row) => toImageView(ctx, row))

/** From the JSON text of videosOf(). */
export const readVideos = (json: string): VideoView[] =>
  (JSON.parse(json) as NestedVideo[]).map(toVideoView)
