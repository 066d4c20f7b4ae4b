import { deflateSync } from 'node:zlib'
import { concat, latin } from '../../src/core/image/bytes.ts'
import { toChunk } from '../../src/core/image/png.ts'

/** Where a picture was taken, as nobody may read it from what is served. */
export const CANARY = 'cAnArY 38.7223N 9.1393W'

type Size = { width?: number; height?: number }
type Bytes = Uint8Array<ArrayBuffer>

const numbers = (bytes: number, isLittle: boolean, values: number[]): Bytes =>
  Uint8Array.from(
    values.flatMap((value) => {
      const big = Array.from({ length: bytes }, (_, index) =>
        Math.floor(value / 256 ** (bytes - 1 - index)),
      ).map((one) => one & 255)
      return isLittle ? big.reverse() : big
    }),
  )
export const be16 = (...values: number[]) => numbers(2, false, values)
export const be32 = (...values: number[]) => numbers(4, false, values)
const le16 = (...values: number[]) => numbers(2, true, values)
const le24 = (...values: number[]) => numbers(3, true, values)
const le32 = (...values: number[]) => numbers(4, true, values)

/** A TIFF block as cameras write it: orientation, maker, and a place that holds the canary. */
export function exif(orientation: number, isLittle = false): Bytes {
  const u16 = isLittle ? le16 : be16
  const u32 = isLittle ? le32 : be32
  const text = latin(`${CANARY}\0`)
  const directory = 8 + 2 + 3 * 12 + 4
  return concat([
    latin(isLittle ? 'II' : 'MM'),
    u16(42),
    u32(8),
    u16(3),
    ...[u16(0x010f, 2), u32(text.length, directory)],
    ...[u16(0x0112, 3), u32(1), u16(orientation, 0)],
    ...[u16(0x8825, 4), u32(1, directory)],
    u32(0),
    text,
  ])
}

export const xmp = latin(`<x:xmpmeta xmlns:x="adobe:ns:meta/">${CANARY}</x:xmpmeta>`)
export const profile = concat([be32(40), latin('lcms'), new Uint8Array(28), latin('acsp')])

type Png = Size & { before?: Uint8Array[]; after?: Uint8Array[]; trailing?: Uint8Array }

/** A grey PNG; larger ones have too few pixels, which only a decoder would see. */
export function png({ width = 4, height = 3, before = [], after = [], trailing }: Png = {}): Bytes {
  const pixels = deflateSync(new Uint8Array(Math.min((width + 1) * height, 4096)))
  return concat([
    latin('\x89PNG\r\n\x1a\n'),
    toChunk('IHDR', concat([be32(width, height), Uint8Array.of(8, 0, 0, 0, 0)])),
    ...before,
    toChunk('IDAT', pixels),
    ...after,
    toChunk('IEND', new Uint8Array()),
    trailing ?? new Uint8Array(),
  ])
}

/** An APNG that announces `frames` and has `controls` of them. */
export const apng = (frames: number, controls = frames, size: Size = {}): Bytes => {
  const { width = 4, height = 3 } = size
  const control = (index: number) =>
    toChunk('fcTL', concat([be32(index, width, height, 0, 0), be16(1, 10), new Uint8Array(2)]))
  return png({
    ...size,
    before: [
      toChunk('acTL', be32(frames, 0)),
      ...Array.from({ length: controls }, (_, index) => control(index)),
    ],
  })
}

export const segment = (marker: number, ...body: Uint8Array[]): Bytes => {
  const joined = concat(body)
  return concat([Uint8Array.of(0xff, marker), be16(joined.length + 2), joined])
}
export const exifSegment = (orientation: number) =>
  segment(0xe1, latin('Exif\0\0'), exif(orientation))

type Jpeg = Size & { segments?: Uint8Array[]; scans?: number; trailing?: Uint8Array; end?: boolean }

/** A JPEG with every part that a decoder asks for, and coded data that it would not like. */
export function jpeg(wish: Jpeg = {}): Bytes {
  const { width = 4, height = 3, segments = [], scans = 1, trailing, end = true } = wish
  return concat([
    Uint8Array.of(0xff, 0xd8),
    segment(0xe0, latin('JFIF\0'), Uint8Array.of(1, 2, 0, 0, 1, 0, 1, 0, 0)),
    ...segments,
    segment(0xdb, new Uint8Array(65)),
    segment(0xc0, Uint8Array.of(8), be16(height, width), Uint8Array.of(1, 1, 0x11, 0)),
    segment(0xc4, new Uint8Array(19)),
    ...Array.from({ length: scans }, () =>
      concat([
        segment(0xda, Uint8Array.of(1, 1, 0, 0, 63, 0)),
        Uint8Array.of(0x12, 0xff, 0, 0x34, 0xff, 0xd0, 0x56),
      ]),
    ),
    ...(end ? [Uint8Array.of(0xff, 0xd9)] : []),
    trailing ?? new Uint8Array(),
  ])
}

type Gif = Size & { frames?: number; blocks?: Uint8Array[]; trailing?: Uint8Array; at?: number }

export function gif(wish: Gif = {}): Bytes {
  const { width = 4, height = 3, frames = 1, blocks = [], trailing, at = 0 } = wish
  const frame = concat([
    Uint8Array.of(0x21, 0xf9, 4, 0, 10, 0, 0, 0, 0x2c),
    le16(at, 0, width, height),
    Uint8Array.of(0, 2, 2, 0x4c, 1, 0),
  ])
  return concat([
    latin('GIF89a'),
    le16(width, height),
    Uint8Array.of(0x80, 0, 0, 0, 0, 0, 255, 255, 255),
    ...blocks,
    ...Array.from({ length: frames }, () => frame),
    Uint8Array.of(0x3b),
    trailing ?? new Uint8Array(),
  ])
}
export const gifComment = concat([
  Uint8Array.of(0x21, 0xfe, CANARY.length),
  latin(CANARY),
  Uint8Array.of(0),
])
export const gifLoop = concat([
  Uint8Array.of(0x21, 0xff, 11),
  latin('NETSCAPE2.0'),
  Uint8Array.of(3, 1, 0, 0, 0),
])

export const riffChunk = (id: string, body: Uint8Array): Bytes =>
  concat([latin(id), le32(body.length), body, new Uint8Array(body.length % 2)])
export const riff = (...chunks: Uint8Array[]): Bytes => {
  const body = concat([latin('WEBP'), ...chunks])
  return concat([latin('RIFF'), le32(body.length), body])
}
export const vp8l = ({ width = 4, height = 3 }: Size = {}): Bytes =>
  riffChunk(
    'VP8L',
    concat([
      Uint8Array.of(0x2f),
      le32(width - 1 + (height - 1) * 2 ** 14),
      Uint8Array.of(0x88, 0x88, 8),
    ]),
  )
export const vp8 = ({ width = 4, height = 3 }: Size = {}): Bytes =>
  riffChunk(
    'VP8 ',
    concat([Uint8Array.of(0x30, 1, 0, 0x9d, 0x01, 0x2a), le16(width, height), new Uint8Array(8)]),
  )
export const vp8x = (flags: number, { width = 4, height = 3 }: Size = {}): Bytes =>
  riffChunk('VP8X', concat([Uint8Array.of(flags, 0, 0, 0), le24(width - 1, height - 1)]))
export const webpFrame = (size: Size = {}): Bytes => {
  const { width = 4, height = 3 } = size
  return riffChunk(
    'ANMF',
    concat([le24(0, 0, width - 1, height - 1, 100), Uint8Array.of(0), vp8l(size)]),
  )
}
export const webpAnimation = (frames: number, canvas: Size = {}): Bytes =>
  riff(
    vp8x(0x02, canvas),
    riffChunk('ANIM', new Uint8Array(6)),
    ...Array.from({ length: frames }, () => webpFrame({ width: 4, height: 3 })),
  )
/** With everything that a WebP may carry. */
export const richWebp = (orientation = 6): Bytes =>
  riff(
    vp8x(0x2c),
    riffChunk('ICCP', profile),
    vp8(),
    riffChunk('EXIF', exif(orientation, true)),
    riffChunk('XMP ', xmp),
    riffChunk('note', latin(CANARY)),
  )

export const box = (type: string, ...body: Uint8Array[]): Bytes => {
  const joined = concat(body)
  return concat([be32(joined.length + 8), latin(type), joined])
}
const full = (type: string, version: number, ...body: Uint8Array[]) =>
  box(type, Uint8Array.of(version, 0, 0, 0), ...body)

type Avif = Size & {
  turn?: number
  items?: string[]
  properties?: Uint8Array[]
  more?: Uint8Array[]
  inMeta?: Uint8Array[]
  /** Where the coded picture is said to lie beyond where it does. */
  beyond?: number
}

/** One coded picture, and an item of each further type beside it. */
export function avif(wish: Avif = {}): Bytes {
  const { width = 4, height = 3, turn, items = [], properties = [], more = [], inMeta = [] } = wish
  const types = ['av01', ...items]
  const list = [
    full('ispe', 0, be32(width, height)),
    ...(turn === undefined ? [] : [box('irot', Uint8Array.of(turn))]),
  ]
  const meta = (offset: number) =>
    full(
      'meta',
      0,
      full('hdlr', 0, be32(0), latin('pict'), new Uint8Array(13)),
      full('pitm', 0, be16(1)),
      full(
        'iloc',
        0,
        be16(0x4400, types.length),
        ...types.map((_, index) => concat([be16(index + 1, 0, 1), be32(offset, 8)])),
      ),
      full(
        'iinf',
        0,
        be16(types.length),
        ...types.map((type, index) =>
          full('infe', 2, be16(index + 1, 0), latin(type), Uint8Array.of(0)),
        ),
      ),
      box(
        'iprp',
        box('ipco', ...list, ...properties),
        full(
          'ipma',
          0,
          be32(1),
          be16(1),
          Uint8Array.of(list.length, ...list.map((_, index) => index + 1)),
        ),
      ),
      ...inMeta,
    )
  const brand = box('ftyp', latin('avif'), be32(0), latin('mif1avif'))
  const start = brand.length + meta(0).length + 8
  return concat([
    brand,
    meta(start + (wish.beyond ?? 0)),
    box('mdat', latin('pixels!!'), latin(CANARY)),
    ...more,
  ])
}

/** True when the text stands anywhere in the bytes. */
export const holds = (bytes: Uint8Array, text: string): boolean =>
  Buffer.from(bytes).includes(Buffer.from(text, 'latin1'))
