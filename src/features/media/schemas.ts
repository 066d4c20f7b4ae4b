import * as z from 'zod'
import { VIDEO_SOURCES } from './kinds.ts'

export const ImageView = z
  .object({
    id: z.int(),
    url: z.string().max(300).meta({ description: 'Takes `?w=` 320, 640, 1280 or 1920.' }),
    width: z.int(),
    height: z.int(),
    content_type: z.string().max(40),
    byte_size: z.int(),
    alt_text: z.string().max(300),
    position: z.int(),
  })
  .meta({ id: 'Image' })
export type ImageView = z.infer<typeof ImageView>

export const VideoView = z
  .object({
    id: z.int(),
    title: z.string().max(200),
    url: z.string().max(2000),
    embed_url: z
      .string()
      .max(2000)
      .nullable()
      .meta({ description: 'For an iframe; null for a file.' }),
    source: z.enum(VIDEO_SOURCES),
    thumbnail_url: z.string().max(2000).nullable(),
  })
  .meta({ id: 'Video' })
export type VideoView = z.infer<typeof VideoView>
