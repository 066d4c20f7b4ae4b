import type { MiddlewareHandler } from 'hono'
import { describe } from '../../http/describe.ts'
import { ifMatch, sendTagged } from '../../http/etag.ts'
import { validateForm } from '../../http/form.ts'
import { allow } from '../../http/guards.ts'
import { idempotent } from '../../http/idempotency.ts'
import type { AppEnv } from '../../http/router.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import { UPLOAD_BYTES, UPLOADS } from './limits.ts'
import {
  CreateVideo,
  ImagePage,
  ImageView,
  ListImages,
  MediaId,
  ReadFile,
  ReplaceImage,
  UpdateImage,
  UpdateVideo,
  UploadImage,
  VideoView,
} from './schemas.ts'
import { serveFile } from './serve.ts'
import * as images from './service.ts'
import { admitUpload, replaceFile, uploadImage } from './upload.ts'
import * as videos from './videos.ts'

const tag = 'media'
const limits = [UPLOADS, UPLOAD_BYTES]

const admit: MiddlewareHandler<AppEnv> = async (c, next) => {
  await admitUpload(c.get('ctx'))
  await next()
}

export const imageRoutes = createRoutes()

imageRoutes.get(
  '/',
  describe({
    id: 'listImages',
    tag,
    summary: 'All pictures with where they are used, newest first',
    returns: { 200: ImagePage },
  }),
  allow('admin'),
  validate('query', ListImages),
  async (c) => c.json(await images.listLibrary(c.get('ctx'), c.req.valid('query')), 200),
)

imageRoutes.post(
  '/',
  describe({
    id: 'uploadImage',
    tag,
    summary: 'Add a picture to a thing, or to none for use in texts',
    description:
      'Admins add pictures anywhere, others to their own profile. EXIF, XMP and texts are taken out; orientation and colour profile stay.',
    returns: { 201: ImageView },
    refuses: [403, 409],
    limits,
  }),
  allow('owner'),
  admit,
  validateForm(UploadImage),
  idempotent<ImageView>((_, view) => images.imagePath(view.id)),
  async (c) => {
    const view = await uploadImage(c.get('ctx'), c.req.valid('form'))
    return c.json(view, 201, { location: images.imagePath(view.id) })
  },
)

imageRoutes.patch(
  '/:id',
  describe({
    id: 'updateImage',
    tag,
    summary: 'Change the alternative text or the place among others',
    returns: { 200: ImageView },
    refuses: [412],
  }),
  allow('admin'),
  validate('param', MediaId),
  validate('json', UpdateImage),
  async (c) => {
    const { id } = c.req.valid('param')
    const input = c.req.valid('json')
    return sendTagged(c, await images.updateImageDetails(c.get('ctx'), id, input, ifMatch(c)))
  },
)

imageRoutes.put(
  '/:id/file',
  describe({
    id: 'replaceImage',
    tag,
    summary: 'Put another file in place of a picture',
    description: 'The id, the alternative text and the place stay; the address is a new one.',
    returns: { 200: ImageView },
    refuses: [409, 412],
    limits,
  }),
  allow('admin'),
  validate('param', MediaId),
  validateForm(ReplaceImage),
  async (c) => {
    const { id } = c.req.valid('param')
    return sendTagged(c, await replaceFile(c.get('ctx'), id, c.req.valid('form'), ifMatch(c)))
  },
)

imageRoutes.delete(
  '/:id',
  describe({
    id: 'deleteImage',
    tag,
    summary: 'Delete a picture',
    returns: { 204: null },
    refuses: [412],
  }),
  allow('admin'),
  validate('param', MediaId),
  async (c) => {
    await images.removeImage(c.get('ctx'), c.req.valid('param').id, ifMatch(c))
    return c.body(null, 204)
  },
)

export const videoRoutes = createRoutes()

videoRoutes.post(
  '/',
  describe({
    id: 'addVideo',
    tag,
    summary: 'Add a video by its link',
    description: 'The link is read, never fetched.',
    returns: { 201: VideoView },
    refuses: [409],
  }),
  allow('admin'),
  validate('json', CreateVideo),
  idempotent<VideoView>(
    (_, view) => videos.videoPath(view.id),
    (c, made) => videos.readVideo(c.get('ctx'), made),
  ),
  async (c) => {
    const view = await videos.addVideo(c.get('ctx'), c.req.valid('json'))
    return c.json(view, 201, { location: videos.videoPath(view.id) })
  },
)

videoRoutes.patch(
  '/:id',
  describe({
    id: 'updateVideo',
    tag,
    summary: 'Change a video',
    returns: { 200: VideoView },
    refuses: [412],
  }),
  allow('admin'),
  validate('param', MediaId),
  validate('json', UpdateVideo),
  async (c) => {
    const { id } = c.req.valid('param')
    const input = c.req.valid('json')
    return sendTagged(c, await videos.updateVideoDetails(c.get('ctx'), id, input, ifMatch(c)))
  },
)

videoRoutes.delete(
  '/:id',
  describe({
    id: 'deleteVideo',
    tag,
    summary: 'Delete a video',
    returns: { 204: null },
    refuses: [412],
  }),
  allow('admin'),
  validate('param', MediaId),
  async (c) => {
    await videos.removeVideo(c.get('ctx'), c.req.valid('param').id, ifMatch(c))
    return c.body(null, 204)
  },
)

export const fileRoutes = createRoutes()

const FOREVER = 'public, max-age=31536000, immutable'
/** Until the size that was asked for can be made. */
const FOR_NOW = 'public, max-age=3600'

fileRoutes.get(
  '/:key',
  describe({
    id: 'readFile',
    tag,
    summary: 'A picture',
    description:
      'Answers one `Range`. With `w` a smaller one where Cloudflare Images is bound, else the original.',
    returns: { 200: 'image/*', 206: 'image/*', 304: null },
    refuses: [404, 416],
  }),
  allow('anyone'),
  validate('query', ReadFile),
  async (c) => {
    const ctx = c.get('ctx')
    const served = await serveFile(ctx, {
      key: c.req.param('key') ?? '',
      width: c.req.valid('query').w,
      withBody: c.req.method !== 'HEAD',
      range: c.req.header('range'),
      ifRange: c.req.header('if-range'),
      ifNoneMatch: c.req.header('if-none-match'),
    })
    const { status, type, info, part, body } = served
    const headers = {
      etag: info.etag,
      'cache-control': served.isFinal ? FOREVER : FOR_NOW,
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
    }
    if (status === 304) return c.body(null, 304, headers)
    return c.newResponse(body, status, {
      ...headers,
      'accept-ranges': 'bytes',
      'content-type': type,
      'content-length': String(part.length),
      'content-disposition': `inline; filename="${c.req.param('key')}"`,
      ...(status === 206 && {
        'content-range': `bytes ${part.offset}-${part.offset + part.length - 1}/${info.size}`,
      }),
    })
  },
)
