import { type AppError, invalid } from '../errors.ts'

export const MAX_IMAGE_BYTES = 8 * 1024 * 1024
const MAX_SIDE = 8000
const MAX_PIXELS = 40_000_000
const MAX_FRAMES = 300
/** Of all frames together: 200 of them in full HD. */
const MAX_ANIMATED_PIXELS = 400_000_000
/** Of anything that is no picture: a colour profile, a text, a thumbnail. */
export const MAX_EXTRA_BYTES = 1024 * 1024

export type Size = { width: number; height: number }

/** The refusal of a picture, with what its owner may do about it. */
export const refused = (message: string): AppError =>
  invalid([{ path: 'file', code: 'invalid_image', message }])

export const cutOff = (): AppError => refused('The picture is damaged: it ends too early.')

/** Throws `validation` for a picture that would cost its viewers too much memory. */
export function checkSize({ width, height }: Size): Size {
  if (width < 1 || height < 1) throw refused('The picture is damaged: it has no size.')
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS) {
    throw refused(
      `${width} x ${height} is too large: at most ${MAX_SIDE} pixels a side and 40 megapixels.`,
    )
  }
  return { width, height }
}

export function checkFrames(frames: number, { width, height }: Size): void {
  if (frames <= MAX_FRAMES && (frames === 1 || frames * width * height <= MAX_ANIMATED_PIXELS))
    return
  throw refused(
    `The animation is too long: at most ${MAX_FRAMES} frames and 400 megapixels in all of them.`,
  )
}

export function checkExtra(length: number): void {
  if (length > MAX_EXTRA_BYTES) {
    throw refused('The picture carries more than 1 MiB beside itself. Save it without metadata.')
  }
}
