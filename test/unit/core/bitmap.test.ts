import { inflateSync } from 'node:zlib'
import { encode } from 'uqr'
import { describe, it } from 'vitest'
import { toPng } from '../../../src/core/image/bitmap.ts'
import { inspectImage } from '../../../src/core/image/inspect.ts'
import { drawQr } from '../../../src/features/auth/totp.ts'

/** The pixels of a picture of ours, `true` for black. */
function pixelsOf(png: Uint8Array): boolean[][] {
  const { width, height } = inspectImage(png)
  const view = new DataView(png.buffer, png.byteOffset)
  const start = 8 + 25
  const length = view.getUint32(start)
  const lines = inflateSync(png.subarray(start + 8, start + 8 + length))
  const stride = 1 + Math.ceil(width / 8)
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const byte = lines[y * stride + 1 + (x >> 3)] ?? 0
      return (byte & (0x80 >> (x & 7))) === 0
    }),
  )
}

describe('a drawing in black and white', () => {
  it('is a PNG whose pixels are the cells, each so many times', ({ expect }) => {
    const cells = [
      [true, false, true],
      [false, true, false],
    ]
    for (const scale of [1, 3, 6]) {
      const pixels = pixelsOf(toPng(cells, scale))
      expect([pixels.length, pixels[0]?.length]).toEqual([2 * scale, 3 * scale])
      expect(pixels).toEqual(
        pixels.map((row, y) =>
          row.map((_, x) => cells[Math.floor(y / scale)]?.[Math.floor(x / scale)]),
        ),
      )
    }
  })

  it('shows the QR code of a link, with room around it', async ({ expect }) => {
    const link = 'otpauth://totp/Linden:ann%40example.org?secret=JBSWY3DPEHPK3PXP&issuer=Linden'
    const { data } = encode(link, { border: 2 })
    const pixels = pixelsOf(await drawQr(link))
    expect(pixels).toHaveLength(data.length * 6)
    const cells = data.map((row, y) => row.map((_, x) => pixels[y * 6 + 3]?.[x * 6 + 3]))
    expect(cells).toEqual(data)
    expect(cells[0]).toEqual(cells[0]?.map(() => false))
  })
})
