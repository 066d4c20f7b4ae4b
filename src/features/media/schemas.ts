import * as z from 'zod'
import {
  instant,
  line,
  pageOf,
  pageQuery,
  queryFlag,
  queryInt,
  rowId,
  webUrl,
} from '../../core/fields.ts'
import { MAX_IMAGE_BYTES } from '../../core/image/refuse.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { MEDIA_OWNERS, VIDEO_OWNERS, VIDEO_SOURCES, WIDTHS } from './kinds.ts'

const MAX_POSITION = 9999
const MAX_ROW = 2 ** 31 - 1

const altText = () =>
  line(0, 300).meta({ description: 'What a reader hears who does not see the picture.' })

export const ImageView = lazily(() =>
  z
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
    .meta({ id: 'Image' }),
)
export type ImageView = Made<typeof ImageView>

export const LibraryImageView = lazily(() =>
  ImageView()
    .extend({
      used_in: z
        .array(z.object({ entity_type: z.enum(MEDIA_OWNERS), entity_id: z.int() }))
        .max(101)
        .meta({ description: 'What it belongs to, and the texts that it stands in.' }),
      created_at: instant(),
    })
    .meta({ id: 'LibraryImage' }),
)
export type LibraryImageView = Made<typeof LibraryImageView>

export const ImagePage = lazily(() => pageOf(LibraryImageView()).meta({ id: 'ImagePage' }))

export const VideoView = lazily(() =>
  z
    .object({
      id: z.int(),
      title: z.string().max(200),
      url: z.string().max(500),
      embed_url: z
        .string()
        .max(500)
        .nullable()
        .meta({ description: 'For an iframe; null for a file.' }),
      source: z.enum(VIDEO_SOURCES),
      thumbnail_url: z.string().max(500).nullable(),
    })
    .meta({ id: 'Video' }),
)
export type VideoView = Made<typeof VideoView>

export const MediaId = lazily(() => z.object({ id: rowId() }))

const imageFile = () =>
  z.instanceof(Uint8Array).meta({
    description: 'JPEG, PNG, WebP, GIF or AVIF; up to 40 megapixels and 8,000 pixels a side.',
    override: { type: 'string', format: 'binary', maxLength: MAX_IMAGE_BYTES },
  })

type Target = { entity_type?: unknown; entity_id?: unknown }
const isWhole = ({ entity_type, entity_id }: Target) =>
  (entity_type === undefined) === (entity_id === undefined)
const WHOLE = { path: ['entity_id'], message: 'entity_type and entity_id go together.' }

export const UploadImage = lazily(() =>
  z
    .strictObject({
      file: imageFile(),
      entity_type: z.enum(MEDIA_OWNERS).optional(),
      entity_id: queryInt(1, MAX_ROW).optional(),
      alt_text: altText().optional(),
      position: queryInt(0, MAX_POSITION).optional(),
    })
    .refine(isWhole, WHOLE)
    .meta({ id: 'UploadImage' }),
)
export type UploadImage = Made<typeof UploadImage>

export const ReplaceImage = lazily(() =>
  z.strictObject({ file: imageFile() }).meta({ id: 'ReplaceImage' }),
)
export type ReplaceImage = Made<typeof ReplaceImage>

export const UpdateImage = lazily(() =>
  z
    .strictObject({
      alt_text: altText().optional(),
      position: z.int().min(0).max(MAX_POSITION).optional(),
    })
    .meta({ id: 'UpdateImage' }),
)
export type UpdateImage = Made<typeof UpdateImage>

export const ListImages = lazily(() =>
  z
    .strictObject({
      ...pageQuery(),
      entity_type: z.enum(MEDIA_OWNERS).optional(),
      entity_id: queryInt(1, MAX_ROW).optional(),
      unused: queryFlag()
        .optional()
        .meta({ description: '`true` for those that belong to nothing and stand in no text.' }),
      count: queryFlag().optional(),
    })
    .refine(({ entity_type, entity_id }) => entity_type !== undefined || entity_id === undefined, {
      path: ['entity_type'],
      message: 'entity_id needs its entity_type.',
    }),
)
export type ListImages = Made<typeof ListImages>

const link = () => webUrl().refine((text) => text.startsWith('https:'), 'Must start with https.')

export const CreateVideo = lazily(() =>
  z
    .strictObject({
      entity_type: z.enum(VIDEO_OWNERS),
      entity_id: z.int().min(1).max(MAX_ROW),
      url: link().meta({ description: 'A page of YouTube or Vimeo, or an https file.' }),
      title: line(1, 200),
      thumbnail_url: link().nullable().optional(),
    })
    .meta({ id: 'CreateVideo' }),
)
export type CreateVideo = Made<typeof CreateVideo>

export const UpdateVideo = lazily(() =>
  z
    .strictObject({
      url: link().optional(),
      title: line(1, 200).optional(),
      thumbnail_url: link().nullable().optional(),
      position: z.int().min(0).max(MAX_POSITION).optional(),
    })
    .meta({ id: 'UpdateVideo' }),
)
export type UpdateVideo = Made<typeof UpdateVideo>

export const ReadFile = lazily(() =>
  z.object({
    w: z
      .enum(WIDTHS.map(String))
      .transform(Number)
      .optional()
      .meta({ description: 'Pixels in width, at most; the height follows.' }),
  }),
)
