import { Pieces, slice, textAt, viewOf } from './bytes.ts'
import { checkFrames, checkSize, cutOff, refused, type Size } from './refuse.ts'

const EXTENSION = 0x21
const IMAGE = 0x2c
const TRAILER = 0x3b
const GRAPHIC_CONTROL = 0xf9
const APPLICATION = 0xff
const LOOPS = ['NETSCAPE2.0', 'ANIMEXTS1.0']

/** A GIF with its frames, their timing and how often they loop. No comments, no foreign blocks. */
export function cleanGif(bytes: Uint8Array): Size & { bytes: Uint8Array } {
  const view = viewOf(bytes)
  const size = checkSize({ width: view.getUint16(6, true), height: view.getUint16(8, true) })
  const kept = new Pieces()
  const start = 13 + tableBytes(view.getUint8(10))
  kept.add(slice(bytes, 0, start))
  let frames = 0
  for (let at = start, kind = 0; kind !== TRAILER; ) {
    kept.next()
    kind = view.getUint8(at)
    let end = at + 1
    if (kind === IMAGE) {
      checkFrames(++frames, size)
      checkFrame(view, at, size)
      end = endOfBlocks(view, at + 10 + tableBytes(view.getUint8(at + 9)) + 1)
      kept.add(slice(bytes, at, end - at))
    } else if (kind === EXTENSION) {
      end = endOfBlocks(view, at + 2)
      const block = slice(bytes, at, end - at)
      if (isKept(block)) kept.add(block)
    } else if (kind === TRAILER) {
      kept.add(slice(bytes, at, 1))
    } else {
      throw refused('The GIF is damaged.')
    }
    at = end
  }
  if (frames === 0) throw cutOff()
  return { ...size, bytes: kept.join() }
}

/** Of the colour table that the flags announce. */
const tableBytes = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1))

function checkFrame(view: DataView, at: number, { width, height }: Size): void {
  const read = (offset: number) => view.getUint16(at + offset, true)
  if (read(1) + read(5) > width || read(3) + read(7) > height) {
    throw refused('A frame of the animation lies outside the picture.')
  }
}

function endOfBlocks(view: DataView, start: number): number {
  let at = start
  for (let size = view.getUint8(at); size > 0; size = view.getUint8(at)) at += size + 1
  return at + 1
}

/** Only in the one form that holds nothing but numbers. */
const isKept = (block: Uint8Array): boolean =>
  (block[1] === GRAPHIC_CONTROL && block.length === 8) ||
  (block[1] === APPLICATION && block.length === 19 && LOOPS.includes(textAt(block, 3, 11)))
