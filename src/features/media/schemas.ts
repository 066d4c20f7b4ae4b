import * as z from 'zod/mini'
import {
  instant,
  line,
  listOf,
  pageOf,
  pageQuery,
  queryFlag,
  queryInt,
  rowId,
  upTo,
  webUrl,
  whole,
} from '../../core/fields.ts'
import { MAX_IMAGE_BYTES } from '../../core/image/refuse.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { MEDIA_OWNERS, VIDEO_OWNERS, VIDEO_SOURCES, WIDTHS } from './kinds.ts'

const MAX_POSITION = 9999
const MAX_ROW = 2 ** 31 - 1

const altText = () =>
  line(0, 300).apply(meta, { description: 'What a reader hears who does not see the picture.' })

export const ImageView = lazily(() =>
  z
    .object({
      id: z.int(),
      url: upTo(300).apply(meta, { description: 'Takes `?w=` 320, 640, 1280 or 1920.' }),
      width: z.int(),
      height: z.int(),
      content_type: upTo(40),
      byte_size: z.int(),
      alt_text: upTo(300),
      position: z.int(),
    })
    .apply(meta, { id: 'Image' }),
)
export type ImageView = Made<typeof ImageView>

export const LibraryImageView = lazily(() =>
  z
    .extend(ImageView(), {
      used_in: listOf(
        z.object({ entity_type: z.enum(MEDIA_OWNERS), entity_id: z.int() }),
        101,
      ).apply(meta, { description: 'What it belongs to, and the texts that it stands in.' }),
      created_at: instant(),
    })
    .apply(meta, { id: 'LibraryImage' }),
)
export type LibraryImageView = Made<typeof LibraryImageView>

export const ImagePage = lazily(() => pageOf(LibraryImageView()).apply(meta, { id: 'ImagePage' }))

export const VideoView = lazily(() =>
  z
    .object({
      id: z.int(),
      title: upTo(200),
      url: upTo(500),
      embed_url: z
        .nullable(upTo(500))
        .apply(meta, { description: 'For an iframe; null for a file.' }),
      source: z.enum(VIDEO_SOURCES),
      thumbnail_url: z.nullable(upTo(500)),
    })
    .apply(meta, { id: 'Video' }),
)
export type VideoView = Made<typeof VideoView>

export const MediaId = lazily(() => z.object({ id: rowId() }))

const imageFile = () =>
  z.instanceof(Uint8Array).apply(meta, {
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
      entity_type: z.optional(z.enum(MEDIA_OWNERS)),
      entity_id: z.optional(queryInt(1, MAX_ROW)),
      alt_text: z.optional(altText()),
      position: z.optional(queryInt(0, MAX_POSITION)),
    })
    .check(z.refine(isWhole, WHOLE))
    .apply(meta, { id: 'UploadImage' }),
)
export type UploadImage = Made<typeof UploadImage>

export const ReplaceImage = lazily(() =>
  z.strictObject({ file: imageFile() }).apply(meta, { id: 'ReplaceImage' }),
)
export type ReplaceImage = Made<typeof ReplaceImage>

export const UpdateImage = lazily(() =>
  z
    .strictObject({
      alt_text: z.optional(altText()),
      position: z.optional(whole(0, MAX_POSITION)),
    })
    .apply(meta, { id: 'UpdateImage' }),
)
export type UpdateImage = Made<typeof UpdateImage>

export const ListImages = lazily(() =>
  z
    .strictObject({
      ...pageQuery(),
      entity_type: z.optional(z.enum(MEDIA_OWNERS)),
      entity_id: z.optional(queryInt(1, MAX_ROW)),
      unused: z.optional(queryFlag()).apply(meta, {
        description: '`true` for those that belong to nothing and stand in no text.',
      }),
      count: z.optional(queryFlag()),
    })
    .check(
      z.refine(
        ({ entity_type, entity_id }) => entity_type !== undefined || entity_id === undefined,
        {
          path: ['entity_type'],
          message: 'entity_id needs its entity_type.',
        },
      ),
    ),
)
export type ListImages = Made<typeof ListImages>

const link = () =>
  webUrl().check(z.refine((text) => text.startsWith('https:'), 'Must start with https.'))

export const CreateVideo = lazily(() =>
  z
    .strictObject({
      entity_type: z.enum(VIDEO_OWNERS),
      entity_id: whole(1, MAX_ROW),
      url: link().apply(meta, { description: 'A page of YouTube or Vimeo, or an https file.' }),
      title: line(1, 200),
      thumbnail_url: z.optional(z.nullable(link())),
    })
    .apply(meta, { id: 'CreateVideo' }),
)
export type CreateVideo = Made<typeof CreateVideo>

export const UpdateVideo = lazily(() =>
  z
    .strictObject({
      url: z.optional(link()),
      title: z.optional(line(1, 200)),
      thumbnail_url: z.optional(z.nullable(link())),
      position: z.optional(whole(0, MAX_POSITION)),
    })
    .apply(meta, { id: 'UpdateVideo' }),
)
export type UpdateVideo = Made<typeof UpdateVideo>

export const ReadFile = lazily(() =>
  z.object({
    w: z
      .optional(z.pipe(z.enum(WIDTHS.map(String)), z.transform(Number)))
      .apply(meta, { description: 'Pixels in width, at most; the height follows.' }),
  }),
)
