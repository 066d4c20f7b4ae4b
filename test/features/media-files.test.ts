import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { GENEROUS } from '../support/accounts.ts'
import { filesOf, type Image, keyOf, pathOf, picture } from '../support/media.ts'
import { avif, CANARY, exifSegment, gif, holds, jpeg, png, richWebp } from '../support/pictures.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const get = (path: string, headers: Record<string, string> = {}) =>
  world.as('anonymous').get(path, { headers })
const bodyOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())

describe('a file', () => {
  it('is served to anybody, for ever, as what it is and as nothing else', async ({ expect }) => {
    const files = { jpeg: jpeg(), png: png(), gif: gif(), webp: richWebp(), avif: avif() }
    for (const [type, file] of Object.entries(files)) {
      const image = await picture(world, {}, file)
      const response = await get(pathOf(image))
      expect(response.status).toBe(200)
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': `image/${type}`,
        'content-length': String(image.byte_size),
        'cache-control': 'public, max-age=31536000, immutable',
        etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
        'cross-origin-resource-policy': 'cross-origin',
        'content-disposition': `inline; filename="${keyOf(image)}"`,
        'accept-ranges': 'bytes',
      })
      expect((await bodyOf(response)).length).toBe(image.byte_size)
    }
  })

  it('tells nobody where it was taken', async ({ expect }) => {
    for (const file of [jpeg({ segments: [exifSegment(6)] }), richWebp(6)]) {
      const bytes = await bodyOf(await get(pathOf(await picture(world, {}, file))))
      expect(holds(file, CANARY)).toBe(true)
      expect(holds(bytes, CANARY)).toBe(false)
      // One entry: orientation, a SHORT, 6.
      expect(holds(bytes, '\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06')).toBe(true)
    }
  })

  it('is not sent again to whoever has it', async ({ expect }) => {
    const path = pathOf(await picture(world))
    const etag = (await get(path)).headers.get('etag') ?? ''
    const known = [etag, `W/${etag}`, '*', `"x", ${etag}`, ` ${etag} ,"y"`]
    for (const one of known) {
      const response = await get(path, { 'if-none-match': one, range: 'bytes=0-1' })
      expect([response.status, (await response.text()).length], one).toEqual([304, 0])
      expect(response.headers.get('etag')).toBe(etag)
    }
    for (const one of ['"x"', 'x', '', etag.slice(1, -1), '"*"', ',,,', `${etag}x`]) {
      expect((await get(path, { 'if-none-match': one })).status, one).toBe(200)
    }
  })

  it('answers HEAD with the same headers and no body', async ({ expect }) => {
    const path = pathOf(await picture(world))
    const whole = await get(path)
    const head = await world.as('anonymous').head(path)
    const without = (response: Response) =>
      [...response.headers].filter(([name]) => !['x-request-id', 'server-timing'].includes(name))
    expect([head.status, without(head)]).toEqual([200, without(whole)])
    expect(await head.text()).toBe('')
    const part = await world.as('anonymous').head(path, { headers: { range: 'bytes=1-2' } })
    expect([part.status, part.headers.get('content-length')]).toEqual([206, '2'])
  })

  it('is sent in part: one range, and the whole for anything else', async ({ expect }) => {
    const image = await picture(world)
    const path = pathOf(image)
    const size = image.byte_size
    const whole = await bodyOf(await get(path))
    const parts: [string, number, number][] = [
      ['bytes=0-0', 0, 1],
      ['bytes=2-5', 2, 6],
      ['bytes=5-', 5, size],
      ['bytes=-3', size - 3, size],
      [`bytes=-${size + 50}`, 0, size],
      [`bytes=1-${size + 50}`, 1, size],
    ]
    for (const [range, from, to] of parts) {
      const response = await get(path, { range })
      expect([response.status, response.headers.get('content-range')], range).toEqual([
        206,
        `bytes ${from}-${to - 1}/${size}`,
      ])
      expect(response.headers.get('content-length')).toBe(String(to - from))
      expect(await bodyOf(response)).toEqual(whole.subarray(from, to))
    }
    for (const range of [`bytes=${size}-`, 'bytes=999999999-', 'bytes=-0']) {
      const response = await get(path, { range })
      expect([response.status, response.headers.get('content-range')], range).toEqual([
        416,
        `bytes */${size}`,
      ])
      expect(response.headers.get('content-type')).toContain('problem+json')
    }
    const others = [
      'bytes=0-1,3-4',
      `bytes=${Array.from({ length: 1000 }, (_, index) => `${index}-${index}`).join()}`,
      'bytes=5-2',
      'bytes=-',
      'bytes=a-b',
      'bytes=--1',
      'bytes=1-2-3',
      'bytes',
      'items=0-1',
      'bytes=0-99999999999999999999',
      'bytes=0x1-0x2',
      '',
    ]
    for (const range of others) {
      const response = await get(path, { range })
      expect([response.status, (await bodyOf(response)).length], range.slice(0, 30)).toEqual([
        200,
        size,
      ])
    }
    const etag = (await get(path)).headers.get('etag') ?? ''
    const resume = (ifRange: string) => get(path, { range: 'bytes=0-1', 'if-range': ifRange })
    expect((await resume(etag)).status).toBe(206)
    expect((await resume('"other"')).status).toBe(200)
    expect((await resume(`W/${etag}`)).status).toBe(200)
  })

  it('is found by its own name only', async ({ expect }) => {
    const key = keyOf(await picture(world))
    await env.FILES.put('secret.txt', 'cAnArY')
    await env.FILES.put('images/secret.png', 'cAnArY')
    const paths = [
      '../secret.txt',
      '..%2fsecret.txt',
      '%2e%2e%2fsecret.txt',
      '..%5csecret.txt',
      'secret.txt',
      'secret.png',
      'images%2fsecret.png',
      `images%2f${key}`,
      `${key}%00`,
      `%00${key}`,
      `${key}.`,
      `${key}%2f320`,
      `/${key}`,
      key.toUpperCase(),
      key.replace('.png', '.jpg'),
      '-1',
      `${'9'.repeat(30)}.png`,
      '',
    ]
    for (const path of paths) {
      const response = await get(`/media/${path}`)
      expect(response.status, path).toBe(404)
      expect(response.headers.get('cache-control'), path).toBe('no-store')
      expect(await response.text()).not.toContain('cAnArY')
    }
    expect((await get(`/media/${key}`)).status).toBe(200)
    expect((await get(`/media/${key}?utm_source=x`)).status).toBe(200)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      expect((await world.request(method, `/media/${key}`)).status, method).toBe(405)
    }
  })
})

type Call = { width: number; format: string; bytes: number }

/** Cloudflare Images as far as it is used: what it makes tells how it was asked. */
function fakeImages(calls: Call[], fail: () => boolean): ImagesBinding {
  const input = (stream: ReadableStream) => {
    let width = 0
    const transformer = {
      transform: (wish: { width: number; fit: string }) => {
        if (wish.fit !== 'scale-down') throw new Error('It would enlarge')
        width = wish.width
        return transformer
      },
      output: async ({ format }: { format: string }) => {
        const bytes = await new Response(stream).bytes()
        if (fail()) throw new Error('IMAGES_TRANSFORM_ERROR 9523')
        calls.push({ width, format, bytes: bytes.length })
        return { image: () => new Blob([`${format} ${width}`]).stream() }
      },
    }
    return transformer
  }
  return { input } as unknown as ImagesBinding
}

describe('a smaller size', () => {
  let calls: Call[]
  let broken = false
  let large: Image
  beforeEach(async () => {
    calls = []
    broken = false
    world.env.IMAGES = fakeImages(calls, () => broken)
    large = await picture(world, {}, png({ width: 1000, height: 800 }))
  })

  it('is made once, kept beside the original and goes with it', async ({ expect }) => {
    const path = pathOf(large)
    for (let time = 0; time < 3; time++) {
      const response = await get(`${path}?w=640`)
      expect(response.headers.get('cache-control')).toContain('immutable')
      expect(response.headers.get('content-type')).toBe('image/png')
      expect(await response.text()).toBe('image/png 640')
    }
    const part = await get(`${path}?w=640`, { range: 'bytes=0-4' })
    expect(await part.text()).toBe('image')
    expect(calls).toEqual([{ width: 640, format: 'image/png', bytes: large.byte_size }])
    const name = `images/${keyOf(large)}`
    expect(await filesOf()).toEqual([name, `${name}/640`])
    expect((await get(path)).headers.get('etag')).not.toBe(
      (await get(`${path}?w=640`)).headers.get('etag'),
    )
    await world.as('admin').delete(`/api/v1/images/${large.id}`)
    expect(await filesOf()).toEqual([])
    expect((await get(`${path}?w=640`)).status).toBe(404)
  })

  it('is never larger than the original', async ({ expect }) => {
    for (const width of [1280, 1920]) {
      const response = await get(`${pathOf(large)}?w=${width}`)
      expect((await bodyOf(response)).length).toBe(large.byte_size)
      expect(response.headers.get('cache-control')).toContain('immutable')
    }
    expect(calls).toEqual([])
  })

  it('that cannot be made is the original, and the next one is not spoilt', async ({ expect }) => {
    broken = true
    for (let time = 0; time < 5; time++) {
      const response = await get(`${pathOf(large)}?w=320`)
      expect([response.status, (await bodyOf(response)).length]).toEqual([200, large.byte_size])
      expect(response.headers.get('cache-control')).toBe('public, max-age=3600')
    }
    expect(world.logs.some((line) => line.includes('resize.failed'))).toBe(true)
    expect(await filesOf()).toHaveLength(1)
    const other = await picture(world, {}, png({ width: 900 }))
    broken = false
    for (const image of [large, other]) {
      expect(await (await get(`${pathOf(image)}?w=320`)).text()).toBe('image/png 320')
    }
  })

  it('is the original where Images is not bound', async ({ expect }) => {
    delete world.env.IMAGES
    const response = await get(`${pathOf(large)}?w=320`)
    expect((await bodyOf(response)).length).toBe(large.byte_size)
    expect(response.headers.get('cache-control')).toBe('public, max-age=3600')
  })

  it('comes in four widths', async ({ expect }) => {
    for (const width of ['319', '0', '-1', '640.0', 'x', '', '1e3', '99999999999']) {
      expect((await get(`${pathOf(large)}?w=${width}`)).status, width).toBe(422)
    }
    expect([calls, (await filesOf()).length]).toEqual([[], 1])
  })
})
