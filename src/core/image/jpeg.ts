import { concat, latin, Pieces, slice, startsWith, viewOf } from './bytes.ts'
import { isSideways, readOrientation, writeOrientation } from './orientation.ts'
import { checkExtra, checkSize, cutOff, refused, type Size } from './refuse.ts'

// Markers of ITU-T T.81, table B.1.
const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const FRAMES = [0xc0, 0xc1, 0xc2]
const TABLES = [0xc4, 0xdb, 0xdd]
const APP0 = 0xe0
const APP1 = 0xe1
const APP2 = 0xe2
const APP14 = 0xee

/** Each scan makes a viewer go over the whole picture once more; encoders write about ten. */
const MAX_SCANS = 100

/**
 * A JPEG with its tables, its scans and its colours only, upright as before. Thumbnails, texts,
 * everything a camera noted and whatever stands behind the picture stay behind.
 */
export function cleanJpeg(bytes: Uint8Array): Size & { bytes: Uint8Array } {
  const view = viewOf(bytes)
  const kept = new Pieces()
  let size: Size | undefined
  let orientation = 1
  let scans = 0
  let profileBytes = 0
  let isJfif = false
  for (let at = 2; ; ) {
    kept.next()
    while (view.getUint16(at) === 0xffff) at++
    const marker = view.getUint8(at + 1)
    if (view.getUint8(at) !== 0xff) throw refused('The JPEG is damaged.')
    if (marker === EOI) {
      kept.add(slice(bytes, at, 2))
      break
    }
    const segment = slice(bytes, at, 2 + view.getUint16(at + 2))
    const body = segment.subarray(4)
    at += segment.length
    if (FRAMES.includes(marker)) {
      if (size) throw refused('The JPEG holds more than one picture.')
      size = readFrame(body)
      kept.add(segment)
    } else if (TABLES.includes(marker)) {
      kept.add(segment)
    } else if (marker === SOS) {
      const end = endOfScan(bytes, at)
      if (!size || end === at || ++scans > MAX_SCANS) throw refused('The JPEG is damaged.')
      kept.add(segment, bytes.subarray(at, end))
      at = end
    } else if (marker === APP0) {
      isJfif ||= startsWith(body, 'JFIF\0')
    } else if (marker === APP1 && startsWith(body, 'Exif\0\0')) {
      orientation = readOrientation(body.subarray(6))
    } else if (marker === APP2 && startsWith(body, 'ICC_PROFILE\0')) {
      profileBytes += body.length
      checkExtra(profileBytes)
      kept.add(segment)
    } else if (marker === APP14 && startsWith(body, 'Adobe') && body.length === 12) {
      kept.add(segment)
    } else if (marker < 0xe0 || (marker > 0xef && marker !== 0xfe)) {
      throw refused('This kind of JPEG is not shown by browsers. Save it as a usual one.')
    }
  }
  if (!size || scans === 0) throw cutOff()
  const { width, height } = size
  return {
    ...(isSideways(orientation) ? { width: height, height: width } : size),
    bytes: kept.join([
      Uint8Array.of(0xff, SOI),
      ...(isJfif ? [JFIF] : []),
      ...(orientation > 1 ? [toSegment(orientation)] : []),
    ]),
  }
}

/** Says that the colours are YCbCr; no thumbnail, square pixels. */
const JFIF = Uint8Array.of(0xff, APP0, 0, 16, ...latin('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0)

function readFrame(body: Uint8Array): Size {
  const view = viewOf(body)
  const components = view.getUint8(5)
  if (view.getUint8(0) !== 8 || ![1, 3, 4].includes(components)) {
    throw refused('This kind of JPEG is not shown by browsers. Save it as a usual one.')
  }
  return checkSize({ width: view.getUint16(3), height: view.getUint16(1) })
}

function toSegment(orientation: number): Uint8Array {
  const body = concat([latin('Exif\0\0'), writeOrientation(orientation)])
  return concat([Uint8Array.of(0xff, APP1, 0, body.length + 2), body])
}

/** Where the marker behind the coded data that starts at `start` stands (T.81, B.1.1.5). */
function endOfScan(bytes: Uint8Array, start: number): number {
  for (let at = start; ; ) {
    at = bytes.indexOf(0xff, at)
    if (at < 0) throw cutOff()
    while (bytes[at + 1] === 0xff) at++
    const next = bytes[at + 1]
    if (next === undefined) throw cutOff()
    if (next === 0 || (next >= 0xd0 && next <= 0xd7)) at += 2
    else return at
  }
}
