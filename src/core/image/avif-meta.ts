import { type Box, BoxReader, readBoxes } from './boxes.ts'
import { textAt } from './bytes.ts'
import { refused } from './refuse.ts'

const MAX_ITEMS = 1000
const MAX_EXTENTS = 4000

/** Bytes of the file that an item is made of. */
export type Extent = { from: number; to: number }

/** The types of all items (ISO 14496-12, 8.11.6). */
export function readItems(bytes: Uint8Array, box: Box): string[] {
  const reader = new BoxReader(bytes, box)
  const countBytes = reader.version() === 0 ? 2 : 4
  const entries = readBoxes(bytes, box.start + 4 + countBytes, box.end)
  if (entries.length > MAX_ITEMS) throw refused('The AVIF is in too many parts. Save it anew.')
  return entries.map((entry) => {
    const version = new BoxReader(bytes, entry).version()
    if (entry.type !== 'infe' || version < 2) throw refused('The AVIF is damaged.')
    return textAt(bytes, entry.start + (version === 2 ? 8 : 10), 4)
  })
}

/** Where all items lie (8.11.3). */
export function readExtents(bytes: Uint8Array, box: Box, idat: Box | undefined): Extent[] {
  const reader = new BoxReader(bytes, box)
  const version = reader.version()
  reader.next(3)
  const sizes = reader.next(2)
  const [offsetBytes, lengthBytes, baseBytes] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15]
  const indexBytes = version === 0 ? 0 : sizes & 15
  if (version > 2 || [offsetBytes, lengthBytes, baseBytes, indexBytes].some((one) => one > 8)) {
    throw refused('The AVIF is damaged.')
  }
  const extents: Extent[] = []
  for (let items = reader.next(version < 2 ? 2 : 4); items > 0; items--) {
    reader.next(version < 2 ? 2 : 4)
    const method = version === 0 ? 0 : reader.next(2) & 15
    if (reader.next(2) !== 0 || method > 1 || (method === 1 && !idat)) {
      throw refused('This kind of AVIF is not taken.')
    }
    const base = (method === 1 ? (idat?.start ?? 0) : 0) + reader.next(baseBytes)
    for (let count = reader.next(2); count > 0; count--) {
      reader.next(indexBytes)
      const from = base + reader.next(offsetBytes)
      extents.push({ from, to: from + reader.next(lengthBytes) })
      if (extents.length > MAX_EXTENTS) {
        throw refused('The AVIF is in too many parts. Save it anew.')
      }
    }
  }
  return extents
}

/** Which properties belong to an item, as positions from 1 (ISO 23008-12, 9.3.1). */
export function readPropertiesOf(bytes: Uint8Array, box: Box, item: number): number[] {
  const reader = new BoxReader(bytes, box)
  const version = reader.version()
  const isWide = reader.next(3) % 2 === 1
  const found: number[] = []
  for (let entries = reader.next(4); entries > 0; entries--) {
    const isOwn = reader.next(version === 0 ? 2 : 4) === item
    for (let count = reader.next(1); count > 0; count--) {
      const index = isWide ? reader.next(2) & 0x7fff : reader.next(1) & 0x7f
      if (isOwn) found.push(index)
    }
  }
  return found
}
