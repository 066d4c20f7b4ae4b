import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { concat } from '../../src/core/image/bytes.ts'
import { toChunk } from '../../src/core/image/png.ts'
import { CANARY, exif, exifSegment, holds } from '../support/pictures.ts'
import { findChromium, launch, openPage } from './chromium.ts'
import { type Site, startSite } from './harness.ts'

const executable = findChromium()
const WIDE = { width: 80, height: 40 }

// No canvas writes these: two pixels by two of libavif's, and one of any encoder's.
const AVIF =
  'AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADybWV0YQAAAAAAAAAoaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAGxpYmF2aWYAAAAADnBpdG0AAAAAAAEAAAAeaWxvYwAAAABEAAABAAEAAAABAAABGgAAAB0AAAAoaWluZgAAAAAAAQAAABppbmZlAgAAAAABAABhdjAxQ29sb3IAAAAAamlwcnAAAABLaXBjbwAAABRpc3BlAAAAAAAAAAIAAAACAAAAEHBpeGkAAAAAAwgICAAAAAxhdjFDgQ0MAAAAABNjb2xybmNseAACAAIAAYAAAAAXaXBtYQAAAAAAAAABAAEEAQKDBAAAACVtZGF0EgAKCBgANogQEAwgMg8f8D///8WfhwB8+ErK42A='
const GIF = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'

// Run in the page, so their words are those of a browser.
/** Blue on the left, red on the right, as a camera lying on its side has it. */
const DRAW = `async ({ type, width, height }) => {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')
  context.fillStyle = 'blue'
  context.fillRect(0, 0, width / 2, height)
  context.fillStyle = 'red'
  context.fillRect(width / 2, 0, width / 2, height)
  const blob = await canvas.convertToBlob({ type })
  return [...new Uint8Array(await blob.arrayBuffer())]
}`

/** The size of a picture, and its colours at the top and at the bottom. */
const SHOW = `async (src) => {
  const image = new Image()
  image.src = src
  try {
    await image.decode()
  } catch {
    return 'broken'
  }
  const { naturalWidth: width, naturalHeight: height } = image
  const context = new OffscreenCanvas(width, height).getContext('2d')
  context.drawImage(image, 0, 0)
  const at = (y) => [...context.getImageData(width / 2, y, 1, 1).data]
  return { width, height, top: at(1), bottom: at(Math.max(0, height - 2)) }
}`

type Shown = { width: number; height: number; top: number[]; bottom: number[] } | 'broken'

describe.skipIf(!executable)('a picture in a browser', () => {
  let site: Site
  let browser: Browser
  let page: Page
  beforeAll(async () => {
    site = await startSite('production', { RATE_LIMIT_SCALE: '1000' })
    browser = await launch(executable ?? '')
    page = (await openPage(browser)).page
    // A page of the same origin, so that the canvas may be read.
    await page.route(`${site.url}/look`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
    )
    await page.goto(`${site.url}/look`)
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })

  const draw = async (type: string): Promise<Uint8Array> =>
    Uint8Array.from(
      await page.evaluate<number[]>(`(${DRAW})(${JSON.stringify({ type, ...WIDE })})`),
    )

  async function upload(bytes: Uint8Array) {
    const form = new FormData()
    form.set('file', new Blob([Uint8Array.from(bytes)]), 'picture')
    const response = await site.request('POST', '/api/v1/images', { admin: true, form })
    if (response.status !== 201) throw new Error(await response.text())
    const view = (await response.json()) as { url: string; width: number; height: number }
    return { ...view, path: new URL(view.url).pathname }
  }

  const show = (path: string) => page.evaluate<Shown>(`(${SHOW})(${JSON.stringify(path)})`)

  it('that was taken sideways is upright, and says nothing of where', async ({ expect }) => {
    const jpeg = await draw('image/jpeg')
    const png = await draw('image/png')
    const sideways = {
      jpeg: concat([jpeg.subarray(0, 2), exifSegment(6), jpeg.subarray(2)]),
      png: concat([png.subarray(0, 33), toChunk('eXIf', exif(6)), png.subarray(33)]),
    }
    for (const [type, bytes] of Object.entries(sideways)) {
      const { path, width, height } = await upload(bytes)
      expect([width, height], type).toEqual([WIDE.height, WIDE.width])
      const shown = await show(path)
      if (shown === 'broken') throw new Error(`${type} is broken`)
      expect([shown.width, shown.height], type).toEqual([width, height])
      const [red = 0, , blue = 0] = shown.top
      const [redBelow = 0, , blueBelow = 0] = shown.bottom
      expect([blue > 200, red < 60, redBelow > 200, blueBelow < 60], type).toEqual(
        Array(4).fill(true),
      )
      const served = new Uint8Array(await (await site.request('GET', path)).arrayBuffer())
      expect([holds(bytes, CANARY), holds(served, CANARY)], type).toEqual([true, false])
    }
  })

  it('is shown in every format that is taken', async ({ expect }) => {
    const pictures: Record<string, Uint8Array> = {
      jpeg: await draw('image/jpeg'),
      png: await draw('image/png'),
      webp: await draw('image/webp'),
      gif: Buffer.from(GIF, 'base64'),
      avif: Buffer.from(AVIF, 'base64'),
    }
    for (const [type, bytes] of Object.entries(pictures)) {
      const { path, width, height } = await upload(bytes)
      expect(path).toContain(type === 'jpeg' ? '.jpg' : `.${type}`)
      expect(await show(path), type).toMatchObject({ width, height })
    }
  })
})
