import { nodeZlib } from '../node.ts'
import { concat, latin } from './bytes.ts'
import { toChunk } from './png.ts'

/** A picture in black and white, `true` for black, each cell so many pixels wide and high. */
export function toPng(cells: boolean[][], scale: number): Uint8Array {
  const width = (cells[0]?.length ?? 0) * scale
  const height = cells.length * scale
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  // One bit of grey for each pixel.
  view.setUint8(8, 1)
  const lines = cells.flatMap((row) => Array<Uint8Array>(scale).fill(toLine(row, scale)))
  return concat([
    latin('\x89PNG\r\n\x1a\n'),
    toChunk('IHDR', header),
    toChunk('IDAT', new Uint8Array(nodeZlib().deflateSync(concat(lines)))),
    toChunk('IEND', new Uint8Array(0)),
  ])
}

/** The filter, which is none, and then the pixels from the left; a bit that is set is white. */
function toLine(row: boolean[], scale: number): Uint8Array {
  const line = new Uint8Array(1 + Math.ceil((row.length * scale) / 8))
  for (let x = 0; x < row.length * scale; x++) {
    const at = 1 + (x >> 3)
    if (!row[Math.floor(x / scale)]) line[at] = (line[at] ?? 0) | (0x80 >> (x & 7))
  }
  return line
}
