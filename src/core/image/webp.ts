import { concat, latin, Pieces, slice, textAt, viewOf } from './bytes.ts'
import { readOrientation, writeOrientation } from './orientation.ts'
import { checkExtra, checkFrames, checkSize, cutOff, refused, type Size } from './refuse.ts'

// Flags of the VP8X chunk (RFC 9649, 2.7).
const HAS_PROFILE = 0x20
const HAS_ALPHA = 0x10
const HAS_EXIF = 0x08
const IS_ANIMATED = 0x02
const FRAME_HEADER = 16

type Chunk = { id: string; body: Uint8Array }
type Picture = Size & { chunks: Uint8Array[] }

/**
 * A WebP with its pixels, its colours and of its EXIF the orientation, which browsers do not follow
 * in a WebP: its size is the stored one. Chunks that nobody knows stay behind.
 */
export function cleanWebp(bytes: Uint8Array): Size & { bytes: Uint8Array } {
  const end = 8 + viewOf(bytes).getUint32(4, true)
  const chunks = readChunks(slice(bytes, 12, end - 12))
  const [first] = chunks
  if (first?.id !== 'VP8X') {
    const { chunks: pixels, ...size } = readPicture(chunks.slice(0, 1))
    return { ...size, bytes: toFile(pixels) }
  }
  const view = viewOf(first.body)
  const flags = view.getUint8(0)
  const size = checkSize({ width: readSide(view, 4), height: readSide(view, 7) })
  for (const { id, body } of chunks) if (!PIXELS.includes(id)) checkExtra(body.length)
  const profile = chunks.find(({ id }) => id === 'ICCP')
  const exif = chunks.find(({ id }) => id === 'EXIF')
  const orientation = exif ? readOrientation(withoutPrefix(exif.body)) : 1
  const pixels = (flags & IS_ANIMATED) === 0 ? readStill(chunks, size) : readAnimation(chunks, size)
  const header = Uint8Array.from(first.body.subarray(0, 10))
  header[0] =
    (flags & (HAS_ALPHA | IS_ANIMATED)) |
    (profile ? HAS_PROFILE : 0) |
    (orientation > 1 ? HAS_EXIF : 0)
  return {
    ...size,
    bytes: toFile([
      toChunk('VP8X', header),
      ...(profile ? [toChunk('ICCP', profile.body)] : []),
      ...pixels,
      ...(orientation > 1 ? [toChunk('EXIF', writeOrientation(orientation))] : []),
    ]),
  }
}

const PIXELS = ['VP8 ', 'VP8L', 'ALPH', 'ANMF']

function readStill(chunks: Chunk[], size: Size): Uint8Array[] {
  const picture = readPicture(chunks)
  checkSame(picture, size)
  return picture.chunks
}

function readAnimation(chunks: Chunk[], canvas: Size): Uint8Array[] {
  const control = chunks.find(({ id }) => id === 'ANIM')
  const frames = chunks.filter(({ id }) => id === 'ANMF')
  if (control?.body.length !== 6 || frames.length === 0) throw cutOff()
  checkFrames(frames.length, canvas)
  return [
    toChunk('ANIM', control.body),
    ...frames.map(({ body }) => {
      const view = viewOf(body)
      const size = { width: readSide(view, 6), height: readSide(view, 9) }
      const isInside =
        2 * readUint24(view, 0) + size.width <= canvas.width &&
        2 * readUint24(view, 3) + size.height <= canvas.height
      if (!isInside) throw refused('A frame of the animation lies outside the picture.')
      const picture = readPicture(readChunks(body.subarray(FRAME_HEADER)))
      checkSame(picture, size)
      return toChunk('ANMF', concat([slice(body, 0, FRAME_HEADER), ...picture.chunks]))
    }),
  ]
}

/** The one picture among `chunks`, with its transparency. */
function readPicture(chunks: Chunk[]): Picture {
  const [pixels, ...more] = chunks.filter(({ id }) => id === 'VP8 ' || id === 'VP8L')
  const [alpha, ...others] = chunks.filter(({ id }) => id === 'ALPH')
  if (!pixels || more.length > 0 || others.length > 0) throw refused('The WebP is damaged.')
  const size = checkSize(pixels.id === 'VP8 ' ? readLossy(pixels.body) : readLossless(pixels.body))
  return {
    ...size,
    chunks: [...(alpha ? [alpha] : []), pixels].map((one) => toChunk(one.id, one.body)),
  }
}

/** The frame header of a key frame (RFC 6386, 9.1). */
function readLossy(body: Uint8Array): Size {
  const view = viewOf(body)
  const startCode = view.getUint32(2) & 0xffffff
  const isKeyFrame = (view.getUint8(0) & 1) === 0 && startCode === 0x9d012a
  if (!isKeyFrame) throw refused('The WebP is damaged.')
  return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff }
}

/** RFC 9649, 3.4. */
function readLossless(body: Uint8Array): Size {
  const view = viewOf(body)
  const bits = view.getUint32(1, true)
  if (view.getUint8(0) !== 0x2f || bits >>> 29 !== 0) throw refused('The WebP is damaged.')
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
}

function checkSame(one: Size, other: Size): void {
  if (one.width === other.width && one.height === other.height) return
  throw refused('The WebP is damaged: its sizes contradict each other.')
}

function readChunks(bytes: Uint8Array): Chunk[] {
  const view = viewOf(bytes)
  const chunks: Chunk[] = []
  const parts = new Pieces()
  for (let at = 0; at < bytes.length; ) {
    parts.next()
    const length = view.getUint32(at + 4, true)
    const body = slice(bytes, at + 8, length)
    chunks.push({ id: textAt(bytes, at, 4), body })
    at += 8 + length + (length % 2)
  }
  return chunks
}

function toChunk(id: string, body: Uint8Array): Uint8Array {
  const length = new Uint8Array(4)
  viewOf(length).setUint32(0, body.length, true)
  return concat([latin(id), length, body, new Uint8Array(body.length % 2)])
}

function toFile(chunks: Uint8Array[]): Uint8Array {
  const file = concat([latin('RIFF'), new Uint8Array(4), latin('WEBP'), ...chunks])
  viewOf(file).setUint32(4, file.length - 8, true)
  return file
}

const readUint24 = (view: DataView, at: number): number =>
  view.getUint16(at, true) | (view.getUint8(at + 2) << 16)

const readSide = (view: DataView, at: number): number => readUint24(view, at) + 1

/** Some writers put the prefix of a JPEG before the TIFF block. */
const withoutPrefix = (body: Uint8Array): Uint8Array =>
  body.length > 6 && textAt(body, 0, 6) === 'Exif\0\0' ? body.subarray(6) : body
