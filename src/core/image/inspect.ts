import { AppError } from '../errors.ts'
import { cleanAvif, isAvif } from './avif.ts'
import { startsWith, textAt } from './bytes.ts'
import { cleanGif } from './gif.ts'
import { cleanJpeg } from './jpeg.ts'
import { cleanPng } from './png.ts'
import { cutOff, MAX_IMAGE_BYTES, refused, type Size } from './refuse.ts'
import type { Extension } from './types.ts'
import { cleanWebp } from './webp.ts'

/** `width` and `height` are those that a browser shows, whichever way the picture is stored. */
export type CleanImage = Size & { extension: Extension; bytes: Uint8Array }

type Clean = (bytes: Uint8Array) => Size & { bytes: Uint8Array }

const CLEAN: Record<Extension, Clean> = {
  jpg: cleanJpeg,
  png: cleanPng,
  gif: cleanGif,
  webp: cleanWebp,
  avif: cleanAvif,
}

export const NO_PICTURE = 'Not a picture that is taken here: JPEG, PNG, WebP, GIF or AVIF.'

/**
 * Tells a picture by its content and takes out of it what is no picture. Nothing is decoded or
 * inflated: the cost is one pass over the bytes. Throws `validation` for what is none of the five
 * formats, damaged or too large, `too_large` for too many bytes.
 */
export function inspectImage(bytes: Uint8Array): CleanImage {
  if (bytes.length > MAX_IMAGE_BYTES) {
    throw new AppError('too_large', `The picture is larger than ${MAX_IMAGE_BYTES} bytes.`)
  }
  const extension = sniff(bytes)
  if (!extension) throw refused(NO_PICTURE)
  try {
    return { extension, ...CLEAN[extension](bytes) }
  } catch (error) {
    if (error instanceof RangeError) throw cutOff()
    throw error
  }
}

function sniff(bytes: Uint8Array): Extension | null {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpg'
  if (bytes[0] === 0x89 && startsWith(bytes.subarray(1), 'PNG\r\n\x1a\n')) return 'png'
  if (startsWith(bytes, 'GIF87a') || startsWith(bytes, 'GIF89a')) return 'gif'
  if (startsWith(bytes, 'RIFF') && bytes.length > 12 && textAt(bytes, 8, 4) === 'WEBP') {
    return 'webp'
  }
  return isAvif(bytes) ? 'avif' : null
}
