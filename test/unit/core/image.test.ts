import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, it } from 'vitest'
import { AppError } from '../../../src/core/errors.ts'
import { concat, latin } from '../../../src/core/image/bytes.ts'
import { inspectImage } from '../../../src/core/image/inspect.ts'
import { toChunk } from '../../../src/core/image/png.ts'
import {
  apng,
  avif,
  box,
  CANARY,
  exif,
  exifSegment,
  gif,
  gifComment,
  gifLoop,
  holds,
  jpeg,
  png,
  profile,
  richWebp,
  riff,
  riffChunk,
  segment,
  vp8,
  vp8l,
  vp8x,
  webpAnimation,
  xmp,
} from '../../support/pictures.ts'
import { quickest } from '../../support/quickest.ts'
import { rounds } from '../../support/rounds.ts'

const MIB = 1024 * 1024

function refusalOf(bytes: Uint8Array): string {
  try {
    inspectImage(bytes)
    return 'taken'
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.code === 'validation' ? (error.errors?.[0]?.message ?? '') : error.code
  }
}

const richJpeg = (orientation: number) =>
  jpeg({
    segments: [
      exifSegment(orientation),
      segment(0xe1, latin('http://ns.adobe.com/xap/1.0/\0'), xmp),
      segment(0xe2, latin('ICC_PROFILE\0'), Uint8Array.of(1, 1), profile),
      segment(0xe2, latin('MPF\0'), latin(CANARY)),
      segment(0xed, latin('Photoshop 3.0\0'), latin(CANARY)),
      segment(0xee, latin('Adobe'), new Uint8Array(7)),
      segment(0xee, latin('Adobe'), latin(CANARY)),
      segment(0xe0, latin('JFXX\0'), latin(CANARY)),
      segment(0xfe, latin(CANARY)),
    ],
    trailing: latin(`PK\x03\x04${CANARY}`),
  })

const richPng = (orientation: number) =>
  png({
    before: [
      toChunk('iCCP', concat([latin(`${CANARY}\0\0`), profile])),
      toChunk('gAMA', new Uint8Array(4)),
      toChunk('tEXt', latin(`Comment\0${CANARY}`)),
      toChunk('zTXt', latin(`Comment\0\0${CANARY}`)),
      toChunk('iTXt', latin(`XML:com.adobe.xmp\0\0\0\0\0${CANARY}`)),
      toChunk('prVt', latin(CANARY)),
    ],
    after: [toChunk('eXIf', exif(orientation)), toChunk('tIME', new Uint8Array(7))],
    trailing: latin(CANARY),
  })

describe('a picture', () => {
  it('is known by its content, and its size by its header', ({ expect }) => {
    const size = { width: 640, height: 480 }
    const samples = {
      jpg: [jpeg(size)],
      png: [png(size), apng(3, 3, size)],
      gif: [gif(size), gif({ ...size, frames: 3, blocks: [gifLoop] })],
      webp: [
        riff(vp8(size)),
        riff(vp8l(size)),
        riff(vp8x(0x10, size), vp8l(size)),
        webpAnimation(3, size),
      ],
      avif: [avif(size)],
    }
    for (const [extension, pictures] of Object.entries(samples)) {
      for (const picture of pictures) {
        expect(inspectImage(picture)).toMatchObject({ extension, ...size })
      }
    }
  })

  it('loses where it was taken, and keeps how it is turned and its colours', ({ expect }) => {
    const tiff = concat([latin('MM'), Uint8Array.of(0, 42, 0, 0, 0, 8, 0, 1)])
    const pictures = { jpg: richJpeg(6), png: richPng(6), webp: richWebp(6) }
    for (const [name, picture] of Object.entries(pictures)) {
      const { bytes } = inspectImage(picture)
      expect(holds(picture, CANARY), name).toBe(true)
      expect(holds(bytes, CANARY), name).toBe(false)
      for (const word of ['Photoshop', 'adobe:ns', 'PK\x03', 'MPF', 'Comment', 'JFXX']) {
        expect(holds(bytes, word), `${name} ${word}`).toBe(false)
      }
      expect(holds(bytes, Buffer.from(tiff).toString('latin1')), name).toBe(true)
      expect(holds(bytes, 'acsp'), name).toBe(true)
    }
    const clean = inspectImage(
      avif({ more: [box('uuid', latin(CANARY)), box('free', latin(CANARY))] }),
    )
    expect(holds(clean.bytes, CANARY)).toBe(false)
    expect(holds(clean.bytes, 'pixels!!')).toBe(true)
    expect(holds(inspectImage(gif({ blocks: [gifComment, gifLoop] })).bytes, CANARY)).toBe(false)
  })

  it('is as wide as it is shown', ({ expect }) => {
    const upright = { width: 4, height: 3 }
    const sideways = { width: 3, height: 4 }
    for (let orientation = 0; orientation <= 9; orientation++) {
      const shown = orientation >= 5 && orientation <= 8 ? sideways : upright
      expect(inspectImage(richJpeg(orientation)), `${orientation}`).toMatchObject(shown)
      expect(inspectImage(richPng(orientation)), `${orientation}`).toMatchObject(shown)
      // Browsers do not follow the orientation of a WebP.
      expect(inspectImage(richWebp(orientation)), `${orientation}`).toMatchObject(upright)
    }
    expect(inspectImage(avif({ turn: 1 }))).toMatchObject(sideways)
    expect(inspectImage(avif({ turn: 2 }))).toMatchObject(upright)
  })

  it('stays as it is when it is cleaned again', ({ expect }) => {
    for (const picture of [richJpeg(6), richPng(8), richWebp(3), gif({ frames: 2 }), avif()]) {
      const once = inspectImage(picture)
      expect(inspectImage(once.bytes)).toEqual(once)
    }
  })

  it('that carries EXIF or XMP as an AVIF is refused', ({ expect }) => {
    for (const type of ['Exif', 'mime', 'uri ']) {
      expect(refusalOf(avif({ items: [type] }))).toMatch(/EXIF or XMP/)
    }
    expect(refusalOf(avif({ items: ['av01'] }))).toBe('taken')
    expect(refusalOf(avif({ items: ['hvc1'] }))).toMatch(/kind of AVIF/)
    expect(refusalOf(avif({ more: [box('moov')] }))).toMatch(/Moving/)
  })
})

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

describe('a bomb', () => {
  const frame = { width: 2000, height: 2000 }
  const bombs: Record<string, () => Uint8Array> = {
    'a PNG of 50,000 x 50,000': () => png({ width: 50_000, height: 50_000 }),
    'a JPEG of 65,535 x 65,535': () => jpeg({ width: 65_535, height: 65_535 }),
    '8,000 x 8,000, which is 64 megapixels': () => png({ width: 8000, height: 8000 }),
    'a GIF of 30,000 frames': () => gif({ frames: 30_000 }),
    'a WebP of 30,000 frames': () => webpAnimation(30_000),
    'an APNG that announces 30,000 frames': () => apng(30_000, 1),
    'an APNG of 4 megapixels in 200 frames': () => apng(200, 200, frame),
    'text that inflates to gigabytes': () =>
      png({ before: [toChunk('zTXt', concat([latin('a\0\0'), new Uint8Array(2 * MIB)]))] }),
    'a profile that inflates to gigabytes': () =>
      png({ before: [toChunk('iCCP', concat([latin('a\0\0'), new Uint8Array(2 * MIB)]))] }),
    'a WebP whose pixels are more than its canvas': () =>
      riff(vp8x(0), vp8l({ width: 8000, height: 5000 })),
    'a GIF with a frame outside': () => gif({ at: 60_000 }),
    'an AVIF of 50,000 x 50,000': () => avif({ width: 50_000, height: 50_000 }),
    'an AVIF with such a size beside': () =>
      avif({ properties: [box('ispe', new Uint8Array(4), new Uint8Array(8).fill(255))] }),
    'a JPEG of 10,000 scans': () => jpeg({ scans: 10_000 }),
    'a PNG in 500,000 parts': () =>
      png({ before: Array<Uint8Array>(500_000).fill(toChunk('IDAT', new Uint8Array())) }),
    'a PNG of 500,000 notes': () =>
      png({ before: Array<Uint8Array>(500_000).fill(toChunk('prVt', new Uint8Array())) }),
    'a JPEG of 1,000,000 comments': () =>
      jpeg({ segments: Array<Uint8Array>(1_000_000).fill(segment(0xfe)) }),
    'a GIF of 1,000,000 comments': () =>
      gif({ blocks: Array<Uint8Array>(1_000_000).fill(Uint8Array.of(0x21, 0xfe, 0)) }),
    'a WebP of 500,000 notes': () =>
      riff(vp8x(0), concat(Array<Uint8Array>(500_000).fill(riffChunk('note', new Uint8Array())))),
    'a JPEG filled up with nothing': () =>
      concat([jpeg({ end: false }), new Uint8Array(7.9 * MIB).fill(0xff)]),
    'more than 8 MiB': () => jpeg({ trailing: new Uint8Array(8 * MIB) }),
  }
  for (const [name, make] of Object.entries(bombs)) {
    it(`is refused at once: ${name}`, async ({ expect }) => {
      const bomb = make()
      const ms = await quickest(1000, () =>
        expect(refusalOf(bomb)).toMatch(
          /too large|too long|too many|too early|1 MiB|outside|contradict|damaged|too_large/,
        ),
      )
      expect(ms).toBeLessThan(1000)
      expect(refusalOf(png())).toBe('taken')
    })
  }

  it('costs no memory', ({ expect }) => {
    for (const [name, make] of Object.entries(bombs)) {
      const bomb = make()
      // What making it has left behind may be swept at any time, or not.
      collectGarbage()
      const before = process.memoryUsage()
      refusalOf(bomb)
      const after = process.memoryUsage()
      const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers
      expect(grown, name).toBeLessThan(20 * MIB)
    }
  })

  it('costs one pass: a picture of 8 MiB is read in less than a second', async ({ expect }) => {
    const full = new Uint8Array(7.9 * MIB).fill(0x55)
    const pictures = {
      png: png({ before: [toChunk('IDAT', full)] }),
      stuffed: concat([
        jpeg({ end: false }),
        new Uint8Array(7.9 * MIB).map((_, index) => (index % 2 === 0 ? 0xff : 0)),
        Uint8Array.of(0xff, 0xd9),
      ]),
      webp: riff(riffChunk('VP8 ', concat([vp8().subarray(8), full]))),
    }
    for (const [name, picture] of Object.entries(pictures)) {
      const ms = await quickest(1000, () => expect(refusalOf(picture), name).toBe('taken'))
      expect(ms, name).toBeLessThan(1000)
    }
  })
})

describe('what is no picture', () => {
  it('is refused whatever it calls itself', ({ expect }) => {
    const texts = [
      '',
      '\xff',
      '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
      '<?xml version="1.0"?><svg/>',
      '<!doctype html><script>alert(1)</script>',
      '%PDF-1.7',
      'PK\x03\x04',
      'MZ',
      'BM',
      'II*\0',
      'GIF88a',
      '\x89PNG\r\n\x1a\r',
      'RIFF\x04\0\0\0WAVE',
      '\0\0\0\x18ftypheic\0\0\0\0mif1heic',
      '\0\0\0\x18ftypisom\0\0\0\0isomiso2',
      '\xff\xd8',
      '{"a":1}',
    ]
    for (const text of texts) {
      expect(refusalOf(latin(text)), text).toMatch(/Not a picture|ends too early/)
    }
  })

  it('is refused when it ends too early, wherever that is', ({ expect }) => {
    const pictures = [richJpeg(6), richPng(6), richWebp(), gif({ frames: 2 }), avif()]
    for (const picture of pictures) {
      // What stands behind the end of a picture may be missing.
      const { bytes: whole } = inspectImage(picture)
      for (let length = 0; length < whole.length - 1; length++) {
        expect(refusalOf(whole.subarray(0, length)), `${length}`).not.toBe('taken')
      }
    }
  })

  it('is refused in the forms that no browser shows', ({ expect }) => {
    const wrong = [
      jpeg({ segments: [segment(0xc3, new Uint8Array(9))] }),
      jpeg({ segments: [segment(0xcc, new Uint8Array(9))] }),
      jpeg({ segments: [segment(0xc0, Uint8Array.of(8, 0, 3, 0, 4, 1, 1, 0x11, 0))] }),
      jpeg({ segments: [segment(0xda, Uint8Array.of(1, 1, 0, 0, 63, 0))] }),
      png({ before: [toChunk('ABCD', new Uint8Array())] }),
      png({ before: [toChunk('IHDR', new Uint8Array(13))] }),
      png({ width: 0 }),
      riff(vp8x(0)),
      riff(vp8(), vp8()).fill(0, 12, 16),
      riff(vp8x(0), vp8(), vp8()),
      avif({ beyond: 10_000 }),
      avif({ beyond: -20 }),
    ]
    for (const [index, picture] of wrong.entries()) {
      expect(refusalOf(picture), `${index}`).not.toBe('taken')
    }
  })

  it('of any bytes never breaks anything', ({ expect }) => {
    const pictures = [richJpeg(6), richPng(6), richWebp(), gif({ frames: 2 }), avif(), apng(2)]
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return seed % below
    }
    const start = performance.now()
    const times = rounds(100_000)
    for (let index = 0; index < times; index++) {
      const picture = Uint8Array.from(pictures[index % pictures.length] ?? [])
      for (let change = random(4); change >= 0; change--) {
        picture[random(picture.length)] = random(256)
      }
      refusalOf(picture)
    }
    expect((performance.now() - start) / times).toBeLessThan(5)
  })
})
