import type { MiddlewareHandler } from 'hono'
import * as z from 'zod/mini'
import type { Context as Ctx } from '../../context.ts'
import { type AppError, unavailable } from '../../core/errors.ts'
import { NO_PICTURE } from '../../core/image/inspect.ts'
import { MAX_IMAGE_BYTES } from '../../core/image/refuse.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { checkImageOf, placeImageAt } from '../../features/media/placing.ts'
import { removeImage, updateImageDetails } from '../../features/media/service.ts'
import { replaceFile, uploadImage } from '../../features/media/upload.ts'
import { addVideo } from '../../features/media/videos.ts'
import { readProfileNumbered } from '../../features/profiles/whole.ts'
import type { AppEnv } from '../../http/router.ts'
import { createRoutes } from '../../http/routes.ts'
import { int } from '../fastapi/fields.ts'
import { Refusal, unless } from '../fastapi/refusal.ts'
import { takes } from '../fastapi/takes.ts'
import { guard } from './audience.ts'
import {
  AtAddress,
  ImageChange,
  NewVideo,
  type Owner,
  type Placed,
  placeOf,
  Replacement,
  toDetails,
  toImage,
  toVideo,
  Upload,
} from './media-shapes.ts'
import { asSentence, lost, tooLarge } from './words.ts'

/** Pictures and videos of projects, posts and the profile. */
export const mediaRoutes = createRoutes()

// Each holds its file several times over, and an isolate has 128 MiB. The front end sends five at once.
const AT_ONCE = 2
const PATIENCE_MS = 30_000
let working = 0

const inTurn: MiddlewareHandler<AppEnv> = async (_, next) => {
  for (let waited = 0; working >= AT_ONCE; waited += 50) {
    if (waited > PATIENCE_MS) throw unavailable('Too many uploads at this moment.', 2)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  working++
  try {
    await next()
  } finally {
    working--
  }
}

const ROOM = { maxBytes: MAX_IMAGE_BYTES + 64 * 1024, deadlineMs: 60_000 }
const TYPES = 'Invalid file type. Allowed: .jpg, .jpeg, .png, .gif, .webp, .avif'

/** What is wrong with a file, or with where it should go. */
const refuseFile = (nowhere: string) =>
  unless({
    not_found: () => new Refusal(404, 'Image not found'),
    too_large: tooLarge,
    validation: (error: AppError) => {
      const [first] = error.errors ?? []
      if (first?.path === 'entity_id') return new Refusal(404, nowhere)
      return first?.message === NO_PICTURE ? new Refusal(400, TYPES) : asSentence(error)
    },
  })

async function bytesOf(file: File): Promise<Uint8Array<ArrayBuffer>> {
  if (file.size === 0) throw new Refusal(400, 'File is empty')
  return new Uint8Array(await file.arrayBuffer())
}

async function upload(ctx: Ctx, placed: Placed, input: Made<typeof Upload>, nowhere: string) {
  const { entityType: entity_type, entityId: entity_id } = placeOf(placed)
  const file = await bytesOf(input.file)
  const wish = { file, entity_type, entity_id, ...toDetails(input) }
  return toImage(await uploadImage(ctx, wish).catch(refuseFile(nowhere)), placed)
}

const idIn = (name: string) =>
  lazily(() =>
    z.pipe(
      z.object({ [name]: int() }),
      z.transform((given) => ({ id: given[name] ?? 0 })),
    ),
  )
const imageIn = (name: string) =>
  lazily(() =>
    z.pipe(
      z.object({ [name]: int(), image_id: int() }),
      z.transform((given) => ({ id: given[name] ?? 0, image_id: given.image_id ?? 0 })),
    ),
  )

const noImage = lost('Image not found')

const OWNERS: { type: Owner; at: string; name: string; nowhere: string }[] = [
  {
    type: 'project',
    at: '/projects/admin/:project_id',
    name: 'project_id',
    nowhere: 'Project not found',
  },
  { type: 'blog_post', at: '/blog/:post_id', name: 'post_id', nowhere: 'Blog post not found' },
]

for (const { type, at, name, nowhere } of OWNERS) {
  const Id = idIn(name)
  const ImageId = imageIn(name)

  mediaRoutes.post(
    `${at}/images/upload`,
    guard('admin'),
    inTurn,
    takes({ param: Id, form: Upload }, ROOM),
    async (c) => {
      const placed = { type, id: c.req.valid('param').id }
      const image = await upload(c.get('ctx'), placed, c.req.valid('form'), nowhere)
      return c.json({ message: 'Image uploaded successfully', image }, 201)
    },
  )

  mediaRoutes.put(
    `${at}/images/:image_id`,
    guard('admin'),
    takes({ param: ImageId, json: ImageChange }),
    async (c) => {
      const ctx = c.get('ctx')
      const { id, image_id } = c.req.valid('param')
      await checkImageOf(ctx, placeOf({ type, id }), image_id).catch(noImage)
      const details = toDetails(c.req.valid('json'))
      const { view } = await updateImageDetails(ctx, image_id, details).catch(noImage)
      return c.json(toImage(view, { type, id }))
    },
  )

  mediaRoutes.put(
    `${at}/images/:image_id/replace`,
    guard('admin'),
    inTurn,
    takes({ param: ImageId, form: Replacement }, ROOM),
    async (c) => {
      const ctx = c.get('ctx')
      const { id, image_id } = c.req.valid('param')
      const { file, ...rest } = c.req.valid('form')
      await checkImageOf(ctx, placeOf({ type, id }), image_id).catch(noImage)
      const bytes = await bytesOf(file)
      await replaceFile(ctx, image_id, { file: bytes }).catch(refuseFile(nowhere))
      const { view } = await updateImageDetails(ctx, image_id, toDetails(rest)).catch(noImage)
      const image = toImage(view, { type, id })
      return c.json({ message: 'Image replaced successfully', image })
    },
  )

  mediaRoutes.post(
    `${at}/videos`,
    guard('admin'),
    takes({ param: Id, json: NewVideo }),
    async (c) => {
      const placed = { type, id: c.req.valid('param').id }
      const { title, url, thumbnail_url } = c.req.valid('json')
      const { entityType: entity_type, entityId: entity_id } = placeOf(placed)
      const video = await addVideo(c.get('ctx'), {
        entity_type,
        entity_id,
        title,
        url,
        thumbnail_url,
      })
        // The place is checked first, so this says that it is not there and nothing else.
        .catch(unless({ validation: (error) => isNowhere(error, nowhere) }))
      return c.json(toVideo(video, placed), 201)
    },
  )
}

const isNowhere = (error: AppError, nowhere: string) =>
  error.errors?.[0]?.path === 'entity_id' ? new Refusal(404, nowhere) : error

for (const { type, at, name } of [
  ...OWNERS,
  { type: 'profile' as const, at: '/profiles/:profile_id', name: 'profile_id' },
]) {
  mediaRoutes.delete(
    `${at}/images/:image_id`,
    guard('admin'),
    takes({ param: imageIn(name) }),
    async (c) => {
      const { id, image_id } = c.req.valid('param')
      await checkImageOf(c.get('ctx'), placeOf({ type, id }), image_id).catch(noImage)
      await removeImage(c.get('ctx'), image_id).catch(noImage)
      return c.body(null, 204)
    },
  )
}

const ProfileId = idIn('profile_id')
const NO_PROFILE = 'Profile not found'

mediaRoutes.post(
  '/profiles/:profile_id/images/upload',
  guard('admin'),
  inTurn,
  takes({ param: ProfileId, form: Upload }, ROOM),
  async (c) => {
    const ctx = c.get('ctx')
    const { id } = c.req.valid('param')
    const { images } = await readProfileNumbered(ctx, id).catch(lost(NO_PROFILE))
    const input = c.req.valid('form')
    const alt_text = input.alt_text || 'Profile image'
    const image = await upload(ctx, { type: 'profile', id }, { ...input, alt_text }, NO_PROFILE)
    // The new one first: should it be refused, the old ones are still there.
    for (const old of images) await removeImage(ctx, old.id)
    return c.json({ message: 'Profile image uploaded successfully', image }, 201)
  },
)

/** The original takes any address; nothing foreign is fetched here, so it has to be an upload of ours. */
mediaRoutes.post(
  '/profiles/:profile_id/images',
  guard('admin'),
  takes({ param: ProfileId, query: AtAddress }),
  async (c) => {
    const ctx = c.get('ctx')
    const { id } = c.req.valid('param')
    const { image_url, ...rest } = c.req.valid('query')
    await readProfileNumbered(ctx, id).catch(lost(NO_PROFILE))
    const placed = { type: 'profile', id } as const
    const image = await placeImageAt(ctx, image_url, placeOf(placed), toDetails(rest)).catch(
      unless({ not_found: () => new Refusal(400, 'Invalid image URL') }),
    )
    return c.json(toImage(image, placed), 201)
  },
)
