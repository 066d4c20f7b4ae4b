import { slice, textAt, viewOf } from './bytes.ts'
import { refused } from './refuse.ts'

const MAX_BOXES = 2000

/** A box of the ISO base media format (ISO 14496-12, 4.2): `at..end`, its content from `start`. */
export type Box = { type: string; at: number; start: number; end: number }

/** The boxes between `from` and `to`, not those inside them. */
export function readBoxes(bytes: Uint8Array, from: number, to: number): Box[] {
  const view = viewOf(bytes)
  const boxes: Box[] = []
  for (let at = from; at < to; ) {
    const size = view.getUint32(at)
    const type = textAt(bytes, at + 4, 4)
    const start = at + (size === 1 ? 16 : 8)
    // Of a 64-bit size only the lower half may be set: nothing here is that long.
    if (size === 1 && view.getUint32(at + 8) !== 0) throw new RangeError('Beyond the end')
    const end = size === 0 ? to : at + (size === 1 ? view.getUint32(at + 12) : size)
    if (end < start || boxes.length === MAX_BOXES) throw refused('The AVIF is damaged.')
    if (end > to) throw new RangeError('Beyond the end')
    boxes.push({ type, at, start, end })
    at = end
  }
  return boxes
}

/** The one box of a type; undefined when there is none. */
export function only(boxes: Box[], type: string): Box | undefined {
  const [box, ...more] = boxes.filter((one) => one.type === type)
  if (more.length > 0) throw refused('The AVIF is damaged.')
  return box
}

export function need(boxes: Box[], type: string): Box {
  const box = only(boxes, type)
  if (!box) throw refused('The AVIF is damaged.')
  return box
}

/** Reads numbers one after the other. Throws a RangeError beyond the box. */
export class BoxReader {
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array, box: Box) {
    this.#view = viewOf(slice(bytes, box.start, box.end - box.start))
  }

  /** The number in the next `bytes` bytes; 0 for none. */
  next(bytes: number): number {
    let value = 0
    for (let index = 0; index < bytes; index++) {
      value = value * 256 + this.#view.getUint8(this.#at++)
    }
    return value
  }

  /** The version of a full box; its flags follow. */
  version(): number {
    return this.next(1)
  }
}
