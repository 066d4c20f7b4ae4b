import type { Context } from '../../context.ts'
import { concat, latin, viewOf } from '../../core/image/bytes.ts'
import { toChunk } from '../../core/image/png.ts'
import { images, posts, profiles, projects } from '../../db/schema.ts'
import { fileName, newKey, typeOf } from '../../features/media/files.ts'
import type { Place } from '../../features/media/kinds.ts'
import { sceneOf } from './scenes.ts'

const WIDTH = 960
const HEIGHT = 640

/** A PNG that our own code draws: the same for the same seed. */
export async function drawPicture(
  seed: number,
  width = WIDTH,
  height = HEIGHT,
): Promise<Uint8Array> {
  const { colourAt } = sceneOf(seed)
  const rows = new Uint8Array(height * (1 + width * 3))
  const pixel = [0, 0, 0]
  let at = 0
  for (let row = 0; row < height; row++) {
    // Each pixel is written as what it differs from its left neighbour, which compresses well.
    rows[at++] = SUB
    const left = [0, 0, 0]
    for (let column = 0; column < width; column++) {
      pixel.fill(0)
      for (const [dx, dy] of SAMPLES) {
        const colour = colourAt((column + dx) / width, (row + dy) / height, width / height)
        for (let one = 0; one < 3; one++) pixel[one] = (pixel[one] ?? 0) + (colour[one] ?? 0) / 4
      }
      for (let one = 0; one < 3; one++) {
        const value = Math.round((pixel[one] ?? 0) * 255)
        rows[at++] = value - (left[one] ?? 0)
        left[one] = value
      }
    }
  }
  const header = new Uint8Array(13)
  viewOf(header).setUint32(0, width)
  viewOf(header).setUint32(4, height)
  header.set([8, 2, 0, 0, 0], 8)
  return concat([
    latin('\x89PNG\r\n\x1a\n'),
    toChunk('IHDR', header),
    toChunk('IDAT', await deflate(rows)),
    toChunk('IEND', new Uint8Array()),
  ])
}

const SUB = 1
const SAMPLES = [
  [0.25, 0.25],
  [0.75, 0.25],
  [0.25, 0.75],
  [0.75, 0.75],
] as const

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** Draws a picture and gives it to a thing. */
export async function storePicture(
  ctx: Context,
  place: Place,
  seed: number,
  position = 0,
): Promise<void> {
  const bytes = await drawPicture(seed)
  const key = newKey('png')
  const now = Date.now()
  await ctx.files.put(fileName(key), bytes, typeOf('png'), { width: String(WIDTH) })
  await ctx.db.insert(images).values({
    ...place,
    key,
    status: 'ready',
    position,
    altText: sceneOf(seed).alt,
    contentType: typeOf('png'),
    byteSize: bytes.length,
    width: WIDTH,
    height: HEIGHT,
    createdAt: now,
    updatedAt: now,
  })
}

const MOST_THINGS = 10

/** Two pictures for each of the first projects, one for each post and each person. */
export async function loadPictures(ctx: Context): Promise<void> {
  const [people, works, texts] = await ctx.db.batch([
    ctx.db.select({ id: profiles.id }).from(profiles).limit(MOST_THINGS),
    ctx.db.select({ id: projects.id }).from(projects).limit(MOST_THINGS),
    ctx.db.select({ id: posts.id }).from(posts).limit(MOST_THINGS),
  ])
  for (const { id } of works) {
    const place: Place = { entityType: 'project', entityId: id }
    await storePicture(ctx, place, id * 2 + 1, 0)
    await storePicture(ctx, place, id * 2 + 2, 1)
  }
  for (const { id } of texts) await storePicture(ctx, { entityType: 'post', entityId: id }, id + 40)
  for (const { id } of people) {
    await storePicture(ctx, { entityType: 'profile', entityId: id }, id + 80)
  }
}
