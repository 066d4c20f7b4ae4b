import { nodeZlib } from '../node.ts'
import { concat, latin, Pieces, slice, textAt, viewOf } from './bytes.ts'
import { isSideways, readOrientation, writeOrientation } from './orientation.ts'
import {
  checkExtra,
  checkFrames,
  checkSize,
  cutOff,
  MAX_EXTRA_BYTES,
  refused,
  type Size,
} from './refuse.ts'

const SIGNATURE = latin('\x89PNG\r\n\x1a\n')

/** Bit depths by colour type (PNG, 3rd edition, table 8). */
const DEPTHS: Record<number, number[]> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
}

/**
 * What makes the picture and its colours, with the most bytes that each may have. Everything else is
 * text, time or somebody's own.
 */
const KEPT: Record<string, number> = {
  PLTE: 768,
  tRNS: 256,
  cHRM: 32,
  gAMA: 4,
  sRGB: 1,
  cICP: 4,
  iCCP: MAX_EXTRA_BYTES,
  IDAT: Number.POSITIVE_INFINITY,
  IEND: 0,
}
const ANIMATION: Record<string, number> = { acTL: 8, fcTL: 26, fdAT: Number.POSITIVE_INFINITY }
const PIXELS = ['IDAT', 'fdAT']

/** A PNG without texts, times and EXIF except its orientation. Nothing in it is inflated. */
export function cleanPng(bytes: Uint8Array): Size & { bytes: Uint8Array } {
  const view = viewOf(bytes)
  const kept = new Pieces()
  let size: Size | undefined
  let header: Uint8Array | undefined
  let orientation = 1
  let frames: number | undefined
  let controls = 0
  let hasPixels = false
  for (let at = SIGNATURE.length, type = ''; type !== 'IEND'; ) {
    kept.next()
    const length = view.getUint32(at)
    type = textAt(bytes, at + 4, 4)
    const chunk = slice(bytes, at, length + 12)
    const body = chunk.subarray(8, 8 + length)
    at += chunk.length
    if (nodeZlib().crc32(chunk.subarray(4, 8 + length)) !== view.getUint32(at - 4)) {
      throw refused('The PNG is damaged.')
    }
    if (!PIXELS.includes(type)) checkExtra(length)
    if ((type === 'IHDR') !== (size === undefined)) throw refused('The PNG is damaged.')
    if (type === 'IHDR') {
      size = readHeader(body)
      header = chunk
    } else if (type === 'eXIf') {
      orientation = readOrientation(body)
    } else if (type === 'acTL' && size) {
      frames = viewOf(body).getUint32(0)
      checkFrames(frames, size)
    } else if (type === 'fcTL' && size) {
      checkFrame(body, size)
      checkFrames(++controls, size)
    } else if (/^[A-Z]/.test(type) && KEPT[type] === undefined) {
      throw refused('The PNG is damaged.')
    }
    hasPixels ||= type === 'IDAT' && length > 0
    const most = KEPT[type] ?? (frames === undefined ? undefined : ANIMATION[type])
    if (most === undefined) continue
    if (length > most) throw refused('The PNG is damaged.')
    kept.add(type === 'iCCP' ? withoutName(body) : chunk)
  }
  if (!size || !header || !hasPixels) throw cutOff()
  if (frames !== undefined && frames !== controls) {
    throw refused('The animation does not have as many frames as it says.')
  }
  const { width, height } = size
  return {
    ...(isSideways(orientation) ? { width: height, height: width } : size),
    bytes: kept.join([
      SIGNATURE,
      header,
      ...(orientation > 1 ? [toChunk('eXIf', writeOrientation(orientation))] : []),
    ]),
  }
}

export function toChunk(type: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const chunk = concat([new Uint8Array(4), latin(type), body, new Uint8Array(4)])
  const view = viewOf(chunk)
  view.setUint32(0, body.length)
  view.setUint32(chunk.length - 4, nodeZlib().crc32(chunk.subarray(4, -4)))
  return chunk
}

/** A colour profile under a name that says nothing. */
const withoutName = (body: Uint8Array): Uint8Array =>
  toChunk('iCCP', concat([latin('ICC'), body.subarray(Math.max(0, body.indexOf(0)))]))

function readHeader(body: Uint8Array): Size {
  const view = viewOf(body)
  const [depth = 0, colour = 0, compression, filter, interlace = 0] = body.subarray(8)
  const isKnown = compression === 0 && filter === 0 && interlace <= 1 && body.length === 13
  if (!isKnown || !DEPTHS[colour]?.includes(depth)) throw refused('The PNG is damaged.')
  return checkSize({ width: view.getUint32(0), height: view.getUint32(4) })
}

function checkFrame(body: Uint8Array, { width, height }: Size): void {
  const view = viewOf(body)
  const isInside =
    view.getUint32(4) + view.getUint32(12) <= width &&
    view.getUint32(8) + view.getUint32(16) <= height
  if (!isInside) throw refused('A frame of the animation lies outside the picture.')
}
