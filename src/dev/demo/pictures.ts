import type { Context } from '../../context.ts'
import { concat, latin, viewOf } from '../../core/image/bytes.ts'
import { toChunk } from '../../core/image/png.ts'
import { images, posts, profiles, projects } from '../../db/schema.ts'
import { fileName, newKey, typeOf } from '../../features/media/files.ts'
import type { Place } from '../../features/media/kinds.ts'
import { type Colour, mix, sceneOf } from './scenes.ts'

const WIDTH = 640
const HEIGHT = 420

/** A PNG that our own code draws: the same for the same seed. */
export async function drawPicture(
  seed: number,
  width = WIDTH,
  height = HEIGHT,
): Promise<Uint8Array> {
  const { colourAt } = sceneOf(seed)
  const rows = new Uint8Array(height * (1 + width * 3))
  const at = (column: number, row: number) => colourAt(column / width, row / height, width / height)
  let written = 0
  for (let row = 0; row < height; row++) {
    // Each pixel is written as what it differs from its left neighbour, which compresses well.
    rows[written++] = SUB
    const left = [0, 0, 0]
    for (let column = 0; column < width; column++) {
      const colour = smooth(column, row, at)
      for (const one of [0, 1, 2] as const) {
        const value = Math.round(colour[one] * 255)
        rows[written++] = value - (left[one] ?? 0)
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

/** The colour of a pixel: two looks at it, and two more where an edge goes through. */
function smooth(column: number, row: number, at: (column: number, row: number) => Colour): Colour {
  const first = at(column + 0.25, row + 0.25)
  const second = at(column + 0.75, row + 0.75)
  const half = mix(first, second, 0.5)
  if (Math.abs(first[0] - second[0]) + Math.abs(first[2] - second[2]) < 0.04) return half
  return mix(half, mix(at(column + 0.75, row + 0.25), at(column + 0.25, row + 0.75), 0.5), 0.5)
}

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

const GALLERIES = [
  { type: 'project', from: projects, count: 2, seed: 0 },
  { type: 'post', from: posts, count: 1, seed: 40 },
  { type: 'profile', from: profiles, count: 1, seed: 80 },
] as const

/** Pictures for the first things of each kind that have none. */
export async function loadPictures(ctx: Context): Promise<void> {
  const place = ({ type, id }: { type: string | null; id: number | null }) => `${type} ${id}`
  const held = await ctx.db
    .select({ type: images.entityType, id: images.entityId })
    .from(images)
    .orderBy(images.id)
    .limit(1000)
  const full = new Set(held.map(place))
  for (const { type, from, count, seed } of GALLERIES) {
    const things = await ctx.db
      .select({ id: from.id })
      .from(from)
      .orderBy(from.id)
      .limit(MOST_THINGS)
    for (const { id } of things.filter((one) => !full.has(place({ type, ...one })))) {
      for (let position = 0; position < count; position++) {
        await storePicture(
          ctx,
          { entityType: type, entityId: id },
          seed + id * count + position,
          position,
        )
      }
    }
  }
}
