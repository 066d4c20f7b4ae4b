import * as z from 'zod/mini'
import { line } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import {
  CreateVideo,
  type ImageView,
  type UpdateImage,
  type VideoView,
} from '../../features/media/schemas.ts'
import { file, int, plain } from '../fastapi/fields.ts'

/** What has pictures, as the original and as we call it. */
export type Owner = 'project' | 'blog_post' | 'profile'
export type Placed = { type: Owner; id: number }
const OURS = { project: 'project', blog_post: 'post', profile: 'profile' } as const

export const placeOf = ({ type, id }: Placed) => ({ entityType: OURS[type], entityId: id })

const MOST = 10_000

/** The first picture has the number 1. */
const order = () => int({ min: 1 })
const altText = () => z.nullish(line(0, 300))

export const Upload = lazily(() =>
  z.object({
    file: file(),
    image_order: z._default(order(), 1),
    alt_text: altText(),
  }),
)
export const Replacement = lazily(() =>
  z.object({
    file: file(),
    image_order: z.optional(order()),
    alt_text: altText(),
  }),
)
export const AtAddress = lazily(() =>
  z.object({
    image_url: plain(),
    image_order: z._default(order(), 1),
    alt_text: altText(),
  }),
)
export const ImageChange = lazily(() =>
  z.object({ image_order: z.nullish(order()), alt_text: altText() }),
)

/** What is given of alternative text and order; a null leaves it as it is. */
export const toDetails = ({ image_order, alt_text }: Made<typeof ImageChange>): UpdateImage => ({
  ...(image_order && { position: Math.min(image_order, MOST) - 1 }),
  ...(typeof alt_text === 'string' && { alt_text }),
})

export const toImage = (image: ImageView, { type, id }: Placed) => ({
  image_order: image.position + 1,
  alt_text: image.alt_text || null,
  id: image.id,
  entity_id: id,
  entity_type: type,
  image_url: image.url,
  blob_name: new URL(image.url).pathname.slice(1),
  file_size: image.byte_size,
  content_type: image.content_type,
})

const link = lazily(() => CreateVideo().shape.url)

export const NewVideo = lazily(() =>
  z.object({
    title: line(1, 200),
    url: link(),
    source: z.enum(['youtube', 'blob_storage']),
    thumbnail_url: z.pipe(
      z.transform((given) => (given === '' ? null : given)),
      z.nullish(link()),
    ),
  }),
)

export const toVideo = (video: VideoView, { type, id }: Placed) => ({
  title: video.title,
  url: video.url,
  source: video.source === 'youtube' ? 'youtube' : 'blob_storage',
  thumbnail_url: video.thumbnail_url,
  id: video.id,
  project_id: type === 'project' ? id : null,
  blog_post_id: type === 'blog_post' ? id : null,
})
