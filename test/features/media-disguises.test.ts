import { beforeEach, describe, it } from 'vitest'
import { concat, latin } from '../../src/core/image/bytes.ts'
import { GENEROUS } from '../support/accounts.ts'
import {
  aroundPut,
  filesOf,
  form,
  IMAGES,
  type Image,
  mediaState,
  pathOf,
  thing,
} from '../support/media.ts'
import { gif, gifComment, jpeg, png, richWebp, segment } from '../support/pictures.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const SCRIPT = 'alert("cAnArY")'
const SVG = `<svg xmlns="http://www.w3.org/2000/svg"><script>${SCRIPT}</script></svg>`
const HTML = `<!doctype html><script>${SCRIPT}</script>`
const ACTIVE = ['<script', '<svg', '%PDF', 'PK\x03\x04', 'cAnArY', 'eval(']

/** Name, said type, bytes. */
const DISGUISES: [string, string, Uint8Array][] = [
  ['a.svg', 'image/svg+xml', latin(SVG)],
  ['a.png', 'image/png', latin(SVG)],
  ['a.svg', 'image/svg+xml', latin(`<?xml version="1.0"?>${SVG}`)],
  ['a.png', 'image/png', latin(`\xef\xbb\xbf${SVG}`)],
  ['a.svgz', 'image/svg+xml', latin(`\x1f\x8b\x08${SVG}`)],
  ['a.png', 'image/png', latin(HTML)],
  ['a.html', 'text/html', latin(HTML)],
  ['a.html', 'text/html', png({ trailing: latin(HTML) })],
  ['a.png', 'image/png', png({ trailing: latin(`PK\x03\x04${SCRIPT}`) })],
  ['a.gif', 'image/gif', gif({ trailing: latin(`PK\x03\x04${SCRIPT}`) })],
  ['a.jar', 'application/java-archive', gif({ trailing: latin('PK\x03\x04') })],
  ['a.gif', 'image/gif', latin(`GIF89a/*${SCRIPT}*/=1;${SCRIPT}`)],
  ['a.js', 'text/javascript', concat([latin('GIF89a=1;'), latin(SCRIPT)])],
  ['a.gif', 'image/gif', gif({ blocks: [gifText(SCRIPT)] })],
  ['a.jpg', 'image/jpeg', jpeg({ segments: [segment(0xfe, latin(`%PDF-1.7 ${SCRIPT}`))] })],
  ['a.pdf', 'application/pdf', jpeg({ trailing: latin(`%PDF-1.7 ${SCRIPT}`) })],
  ['a.jpg', 'image/jpeg', jpeg({ segments: [segment(0xe1, latin(HTML))] })],
  ['a.jpg', 'image/jpeg', jpeg({ segments: [segment(0xe5, latin(`*/=${SCRIPT}/*`))] })],
  ['a.webp', 'image/webp', concat([richWebp(), latin(HTML)])],
  ['a.php', 'application/x-php', concat([png(), latin('<?php eval($_GET[0]);')])],
  ['a.png', 'image/png', new Uint8Array()],
  ['a.png', 'image/png', Uint8Array.of(0x89)],
  ['a.png', 'image/png', png().subarray(0, 40)],
  ['a.jpg', 'text/html', png()],
  ['a.png', 'image/png', latin(`%PDF-1.7 ${SCRIPT}`)],
]

function gifText(text: string): Uint8Array {
  return concat([Uint8Array.of(0x21, 0xfe, text.length), latin(text), Uint8Array.of(0), gifComment])
}

describe('a file in disguise', () => {
  it('is refused, or served as a picture without what it hid', async ({ expect }) => {
    expect(DISGUISES.length).toBeGreaterThanOrEqual(24)
    let taken = 0
    for (const [index, [name, type, bytes]] of DISGUISES.entries()) {
      const label = `${index} ${name} ${type}`
      const before = await mediaState(world)
      const response = await world.as('admin').post(IMAGES, { raw: form(bytes, {}, name, type) })
      expect([201, 422], label).toContain(response.status)
      if (response.status === 422) {
        expect(await mediaState(world), label).toEqual(before)
        continue
      }
      taken++
      for (const query of ['', '?w=320']) {
        const served = await world
          .as('anonymous')
          .get(pathOf(await response.clone().json<Image>()) + query)
        expect(served.headers.get('content-type'), label).toMatch(/^image\/(jpeg|png|gif|webp)$/)
        expect(served.headers.get('x-content-type-options'), label).toBe('nosniff')
        expect(served.headers.get('content-security-policy'), label).toContain('sandbox')
        const text = Buffer.from(await served.arrayBuffer()).toString('latin1')
        for (const one of ACTIVE) expect(text, label).not.toContain(one)
      }
    }
    expect(taken).toBeGreaterThan(8)
    expect(await filesOf()).toHaveLength(taken)
  })
})

const BOUNDARY = 'xYzZy'
const CRLF = '\r\n'
const PNG = Buffer.from(png()).toString('latin1')
const part = (headers: string, body: string) =>
  `--${BOUNDARY}${CRLF}${headers}${CRLF}${CRLF}${body}${CRLF}`
const field = (name: string, body = 'x') =>
  part(`Content-Disposition: form-data; name="${name}"`, body)
const filePart = (name = 'file') =>
  part(
    `Content-Disposition: form-data; name="${name}"; filename="a.png"${CRLF}Content-Type: image/png`,
    PNG,
  )
const END = `--${BOUNDARY}--${CRLF}`

describe('a form', () => {
  const send = (body: string, type = `multipart/form-data; boundary=${BOUNDARY}`) =>
    world.as('admin').post(IMAGES, { raw: latin(body), headers: { 'content-type': type } })

  it('is read as browsers and other programs write it', async ({ expect }) => {
    const good = [
      filePart() + END,
      filePart() + END.trimEnd(),
      field('alt_text', '') + filePart() + END,
      filePart() + field('alt_text', 'caf\xc3\xa9') + END,
      part(
        `content-disposition: form-data; name="file"; filename="a \\"b\\".png"; filename*=UTF-8''a.png${CRLF}content-type: text/html${CRLF}content-transfer-encoding: binary`,
        PNG,
      ) + END,
      part('Content-Disposition:form-data;name="file";filename=a.png', PNG) + END,
    ]
    for (const [index, body] of good.entries()) {
      const response = await send(body)
      expect(response.status, `${index} ${await response.clone().text()}`).toBe(201)
    }
    expect((await world.rows('images')).map((row) => row.alt_text)).toContain('café')
    const quoted = await send(filePart() + END, `multipart/form-data; boundary="${BOUNDARY}"`)
    expect(quoted.status).toBe(201)
  })

  it('that is broken is refused, and leaves nothing', async ({ expect }) => {
    await thing(world, 'project')
    const before = await mediaState(world)
    const wrong: Record<string, string> = {
      empty: '',
      'nothing but its end': END,
      'no boundary in it': PNG,
      'another boundary': filePart().replaceAll(BOUNDARY, 'other') + END,
      'no end': filePart(),
      'half an end': `${filePart()}--${BOUNDARY}-`,
      'something behind': `${filePart()}${END}${HTML}`,
      'something before': `preamble${CRLF}${filePart()}${END}`,
      'a file twice': filePart() + filePart('other') + END,
      'a name twice': field('alt_text') + field('alt_text') + filePart() + END,
      'the file twice': filePart() + filePart() + END,
      'a thousand parts': Array.from({ length: 1000 }, (_, one) => field(`f${one}`)).join('') + END,
      'nine fields':
        Array.from({ length: 9 }, (_, one) => field(`f${one}`)).join('') + filePart() + END,
      'no name': part('Content-Disposition: form-data', 'x') + filePart() + END,
      'no header': `--${BOUNDARY}${CRLF}${CRLF}${PNG}${CRLF}${END}`,
      'a huge header':
        part(
          `X: ${'x'.repeat(5000)}${CRLF}Content-Disposition: form-data; name="file"; filename=a`,
          PNG,
        ) + END,
      'parts in parts':
        part(
          `Content-Disposition: form-data; name="file"; filename="a"${CRLF}Content-Type: multipart/mixed; boundary=y`,
          `--y${CRLF}${CRLF}x--y--`,
        ) + END,
      'an encoded part':
        part(
          `Content-Disposition: form-data; name="file"; filename="a"${CRLF}Content-Transfer-Encoding: base64`,
          btoa(PNG),
        ) + END,
      'two dispositions':
        part(
          `Content-Disposition: form-data; name="a"${CRLF}Content-Disposition: form-data; name="file"; filename="a"`,
          PNG,
        ) + END,
      'line feeds only': (filePart() + END).replaceAll(CRLF, '\n'),
      'text that is not UTF-8': field('alt_text', '\xff\xfe') + filePart() + END,
      'a field of 10 KiB': field('alt_text', 'x'.repeat(10_240)) + filePart() + END,
    }
    for (const [name, body] of Object.entries(wrong)) {
      const response = await send(body)
      expect([400, 422], `${name} ${await response.clone().text()}`).toContain(response.status)
      expect(response.headers.get('content-type'), name).toContain('problem+json')
    }
    const unknown: Record<string, string> = {
      'no file': field('alt_text') + END,
      'a file that is text': field('file', 'hello') + END,
      'text that is a file':
        filePart() + filePart('alt_text').replace('filename="a.png"', '') + END,
      'a field that nobody knows': field('role', 'admin') + filePart() + END,
      __proto__: field('__proto__', 'x') + filePart() + END,
      constructor: field('constructor', 'x') + filePart() + END,
    }
    for (const [name, body] of Object.entries(unknown)) {
      expect([400, 422], name).toContain((await send(body)).status)
    }
    expect(await mediaState(world)).toEqual(before)
    expect((await send(filePart() + END)).status).toBe(201)
  })

  it('must say what it is, and may not be too large', async ({ expect }) => {
    const before = await mediaState(world)
    const body = filePart() + END
    for (const type of [
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/mixed; boundary=xYzZy',
      'image/png',
      '',
    ]) {
      expect((await send(body, type)).status, type).toBe(415)
    }
    for (const type of [
      'multipart/form-data',
      'multipart/form-data; boundary=',
      `multipart/form-data; boundary=${'x'.repeat(71)}`,
      'multipart/form-data; boundary="x%"',
    ]) {
      expect((await send(body, type)).status, type).toBe(400)
    }
    const huge = concat([latin(body), new Uint8Array(9 * 1024 * 1024)])
    const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }
    const whole = await world.as('admin').post(IMAGES, { raw: huge, headers })
    const streamed = await world
      .as('admin')
      .post(IMAGES, { raw: new Blob([huge]).stream(), headers })
    expect([whole.status, streamed.status]).toEqual([413, 413])
    const large = form(concat([jpeg(), new Uint8Array(8 * 1024 * 1024)]))
    expect((await world.as('admin').post(IMAGES, { raw: large })).status).toBe(413)
    const zipped = { ...headers, 'content-encoding': 'gzip' }
    expect(
      (await world.as('admin').post(IMAGES, { raw: latin(body), headers: zipped })).status,
    ).toBe(415)
    expect(await mediaState(world)).toEqual(before)
  })

  it('waits its turn: four at once, and the next may come again', async ({ expect }) => {
    const gates: (() => void)[] = []
    aroundPut(world, async (put) => {
      await new Promise<void>((resolve) => gates.push(resolve))
      await put()
    })
    await world.admin()
    const running = Array.from({ length: 4 }, () => send(filePart() + END))
    while (gates.length < 4) await new Promise((resolve) => setTimeout(resolve, 5))
    const fifth = await send(filePart() + END)
    expect([fifth.status, fifth.headers.get('retry-after')]).toEqual([503, '2'])
    for (const open of gates) open()
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([201, 201, 201, 201])
    const next = send(filePart() + END)
    while (gates.length < 5) await new Promise((resolve) => setTimeout(resolve, 5))
    gates.at(-1)?.()
    expect((await next).status).toBe(201)
  })
})
