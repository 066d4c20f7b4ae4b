import { textAt, viewOf } from './bytes.ts'

const ORIENTATION = 0x0112
const SHORT = 3
const MOST_TAGS = 200

/** How a picture must be turned to be upright (Exif 2.3, tag 0x0112): 1 for not at all. */
export type Orientation = number

/** The orientation that a TIFF block states in its first directory; 1 when it states none. */
export function readOrientation(tiff: Uint8Array): Orientation {
  try {
    const view = viewOf(tiff)
    const order = textAt(tiff, 0, 2)
    const isLittle = order === 'II'
    if ((!isLittle && order !== 'MM') || view.getUint16(2, isLittle) !== 42) return 1
    const directory = view.getUint32(4, isLittle)
    const count = Math.min(view.getUint16(directory, isLittle), MOST_TAGS)
    for (let index = 0; index < count; index++) {
      const at = directory + 2 + index * 12
      if (view.getUint16(at, isLittle) !== ORIENTATION) continue
      const value = view.getUint16(at + 8, isLittle)
      return view.getUint16(at + 2, isLittle) === SHORT && value >= 1 && value <= 8 ? value : 1
    }
  } catch (error) {
    // Wrong metadata is thrown away with the rest of it; the picture is still a picture.
    if (!(error instanceof RangeError)) throw error
  }
  return 1
}

/** A TIFF block that states an orientation and nothing else. */
export const writeOrientation = (orientation: Orientation): Uint8Array =>
  Uint8Array.from([
    ...[0x4d, 0x4d, 0, 42, 0, 0, 0, 8],
    ...[0, 1],
    ...[0x01, 0x12, 0, SHORT, 0, 0, 0, 1, 0, orientation, 0, 0],
    ...[0, 0, 0, 0],
  ])

/** True when width and height change places as the picture is turned. */
export const isSideways = (orientation: Orientation): boolean => orientation >= 5
