import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { refusal } from '../support/dialects.ts'
import { BAR, newSoapShop, SOAP, type Soap, soapShop } from '../support/eterno.ts'
import { aroundPut, filesOf, form, IMAGES, mediaState } from '../support/media.ts'
import { CANARY, exifSegment, holds, jpeg, png } from '../support/pictures.ts'
import type { World } from '../support/world.ts'

const MINUTE = 60_000
const ORIGIN = 'http://localhost:8787'

let world: World
let token: string
const shop = soapShop(() => world)
const { call } = shop

beforeEach(async () => {
  world = await newSoapShop()
  token = await shop.keeper()
})

type Link = { uploadUrl: string; key: string }
const ask = (fileName: unknown, contentType: unknown = 'image/png') =>
  call('POST', '/upload/presigned-url', { token, json: { fileName, contentType } })
const linkFor = async (fileName = 'soap.png', contentType = 'image/png') =>
  (await ask(fileName, contentType)).body as Link

const put = (url: string, file: BodyInit = png(), type = 'image/png') =>
  world.request('PUT', url.replace(ORIGIN, ''), 'anonymous', {
    raw: file,
    headers: { 'content-type': type },
  })

/** A picture that was uploaded, by its key. */
async function uploaded(name = 'soap.png'): Promise<string> {
  const { uploadUrl, key } = await linkFor(name)
  const response = await put(uploadUrl)
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  return key
}
const keys = async (query = '') => (await call('GET', `/images/keys${query}`)).body as string[]
const product = async (id: number) => (await call('GET', `/products/${id}`)).body as Soap
const fileOf = async (url: string | null) =>
  new Uint8Array(
    await (await world.as('anonymous').get((url ?? '').replace(ORIGIN, ''))).arrayBuffer(),
  )

describe('an address to upload to', () => {
  const NAMES: [given: string, kept: string][] = [
    ['soap.png', 'soap.png'],
    ['../../my soap.jpg', 'my-soap.jpg'],
    ['C:\\fotos\\Rosa & Aloe.JPEG', 'Rosa-Aloe.JPEG'],
    ['--a  b--', 'a-b'],
    ['jabón.png', 'jab-n.png'],
    ['..', 'file'],
    ['.', 'file'],
    ['🧼', 'file'],
    ['a/', 'file'],
    ['x_y.z-1.webp', 'x_y.z-1.webp'],
    ['n'.repeat(400), 'n'.repeat(150)],
  ]
  it.for(NAMES)(
    'comes with a key that keeps what it can of the name: %s',
    async ([given, kept], { expect }) => {
      const { status, body } = await ask(given)
      expect(status).toBe(200)
      const { uploadUrl, key } = body as Link
      expect(Object.keys(body as object)).toEqual(['uploadUrl', 'key'])
      expect(uploadUrl).toMatch(/^http:\/\/localhost:8787\/dialects\/eterno\/upload\/[\w.-]+$/)
      const [, uid, name] = /^products\/([0-9a-f-]{36})-(.*)$/.exec(key) ?? []
      expect([uid?.[14], name]).toEqual(['4', kept])
      expect((await put(uploadUrl)).status).toBe(200)
      expect(await keys()).toEqual([key])
    },
  )

  it('is for admins, and for pictures', async ({ expect }) => {
    const json = { fileName: 'a.png', contentType: 'image/png' }
    expect(refusal(await call('POST', '/upload/presigned-url', { json }))).toEqual([
      401,
      'Not authenticated',
    ])
    for (const type of ['image/svg+xml', 'text/html', 'image/avif', 'IMAGE/PNG']) {
      expect(refusal(await ask('a', type))).toEqual([
        400,
        'Invalid contentType. Allowed types: image/jpeg, image/png, image/webp, image/gif',
      ])
    }
    expect(refusal(await ask('', ''))).toMatchObject([
      422,
      [
        { type: 'string_too_short', loc: ['body', 'fileName'] },
        { type: 'string_too_short', loc: ['body', 'contentType'] },
      ],
    ])
  })

  it('takes a picture once, cleans it, and serves it to everybody', async ({ expect }) => {
    const { uploadUrl, key } = await linkFor('rose.jpg', 'image/jpeg')
    const picture = jpeg({ segments: [exifSegment(1)] })
    expect(holds(picture, CANARY)).toBe(true)
    const response = await put(uploadUrl, picture, 'image/jpeg')
    expect([response.status, await response.text()]).toEqual([200, ''])
    const soap = await shop.soap(token, { img_key: key })
    expect(soap.img_key).toBe(key)
    const uid = key.slice('products/'.length, 'products/'.length + 36)
    expect(soap.image_url).toBe(`${ORIGIN}/media/${uid}.jpg`)
    const served = await fileOf(soap.image_url)
    expect(served.length).toBeGreaterThan(100)
    expect(holds(served, CANARY)).toBe(false)
    const before = await mediaState(world)
    expect((await put(uploadUrl, picture, 'image/jpeg')).status).toBe(403)
    expect(await mediaState(world)).toEqual(before)
    expect(await world.rows('images')).toMatchObject([{ alt_text: 'rose.jpg', status: 'ready' }])
    const entries = await world.rows('audit_log')
    expect(entries.find(({ action }) => action === 'image.create')).toMatchObject({
      actor_type: 'admin',
      actor_id: expect.any(String),
    })
  })

  it('is used up by one of two who come at once', async ({ expect }) => {
    const { uploadUrl } = await linkFor()
    const statuses = await Promise.all([1, 2, 3].map(async () => (await put(uploadUrl)).status))
    expect(statuses.toSorted()).toEqual([200, 403, 403])
    expect(await world.count('images')).toBe(1)
    expect(await filesOf()).toHaveLength(1)
  })

  it('stays used up when the picture is deleted', async ({ expect }) => {
    const { uploadUrl } = await linkFor()
    await put(uploadUrl)
    const [{ id } = {}] = await world.rows('images')
    expect((await world.as('admin').delete(`${IMAGES}/${id}`)).status).toBe(204)
    expect(await keys()).toEqual([])
    await world.runCron('* * * * *')
    expect(await world.count('deleted_files')).toBe(0)
    expect((await put(uploadUrl)).status).toBe(403)
    expect(await filesOf()).toEqual([])
  })

  it('is over after five minutes, with the session, and for another admin’s demotion', async ({
    expect,
  }) => {
    const links = [await linkFor(), await linkFor(), await linkFor()] as const
    world.pass(5 * MINUTE - 1000)
    expect((await put(links[0].uploadUrl)).status).toBe(200)
    const late = await linkFor()
    await env.DB.prepare("update users set role = 'user'").run()
    expect((await put(links[1].uploadUrl)).status).toBe(403)
    await env.DB.prepare("update users set role = 'admin'").run()
    world.pass(2000)
    expect((await put(links[2].uploadUrl)).status).toBe(403)
    await env.DB.prepare('delete from sessions').run()
    expect((await put(late.uploadUrl)).status).toBe(403)
    expect(await world.count('images')).toBe(1)
  })

  const FALSE: [what: string, file: () => BodyInit, type: string, status: number][] = [
    ['another type', png, 'image/jpeg', 403],
    ['another picture', jpeg, 'image/png', 422],
    ['a page', () => '<script>alert(1)</script>', 'image/png', 422],
    ['nothing', () => '', 'image/png', 422],
    ['too much', () => new Uint8Array(8 * 1024 * 1024 + 1), 'image/png', 413],
  ]
  it.for(FALSE)(
    'refuses %s, and keeps nothing of it',
    async ([, file, type, status], { expect }) => {
      const { uploadUrl } = await linkFor()
      const before = await mediaState(world)
      const response = await put(uploadUrl, file(), type)
      expect(response.status).toBe(status)
      expect(await response.json()).toHaveProperty('detail')
      expect(await mediaState(world)).toEqual(before)
      expect((await put(uploadUrl)).status).toBe(200)
    },
  )

  it('is nobody’s who did not get it', async ({ expect }) => {
    const { uploadUrl } = await linkFor()
    const middle = Math.floor(uploadUrl.length - 20)
    const changed = uploadUrl[middle] === 'A' ? 'B' : 'A'
    const forged = uploadUrl.slice(0, middle) + changed + uploadUrl.slice(middle + 1)
    for (const url of [forged, `${ORIGIN}/dialects/eterno/upload/x`, `${uploadUrl}.x`]) {
      expect((await put(url)).status).toBe(403)
    }
    expect(await mediaState(world)).toMatchObject({ images: [], files: [] })
  })

  it('counts against the limit of uploads, and stands in no log', async ({ expect }) => {
    world.useSettings({ REQUIRE_ADMIN_2FA: 'false', RATE_LIMIT_SCALE: '1' })
    const statuses: number[] = []
    let last = ''
    for (let turn = 0; turn < 21; turn++) {
      last = (await linkFor()).uploadUrl
      statuses.push((await put(last)).status)
    }
    expect(statuses).toEqual([...Array(20).fill(200), 429])
    expect(world.logs.join('\n')).not.toContain(last.split('/').at(-1))
    expect(world.logs.join('\n')).toContain('"route":"/dialects/eterno/upload/:link"')
  })

  it('leaves nothing readable behind when the bucket fails', async ({ expect }) => {
    const { uploadUrl, key } = await linkFor()
    aroundPut(world, () => Promise.reject(new Error('The bucket does not answer')))
    expect((await put(uploadUrl)).status).toBeGreaterThanOrEqual(500)
    expect(await keys()).toEqual([])
    expect((await shop.soap(token, { img_key: key })).img_key).toBeNull()
  })
})

describe('pictures of the soap shop', () => {
  it('are shown with products and variants, and taken away', async ({ expect }) => {
    const [first, second] = [await uploaded('a.png'), await uploaded('b.png')]
    const soap = await shop.soap(token, { img_key: first })
    const bar = await shop.bar(token, soap.id, { img_key: second })
    expect([soap.img_key, bar.img_key]).toEqual([first, second])
    expect((await fileOf(bar.image_url)).length).toBeGreaterThan(50)
    const path = `/products/${soap.id}`
    expect(await product(soap.id)).toMatchObject({ img_key: first, variants: [bar] })
    const without = await call('PUT', path, { token, json: { ...SOAP, img_key: null } })
    expect(without.body).toMatchObject({ img_key: null, image_url: null })
    const again = await call('PUT', path, { token, json: { ...SOAP, img_key: first } })
    expect(again.body).toMatchObject({ img_key: first, image_url: soap.image_url })
    const { img_key: _, ...rest } = bar
    const kept = await call('PUT', `${path}/variants/${bar.id}`, { token, json: rest })
    expect(kept.body).toEqual(bar)
    expect(await world.count('images')).toBe(2)
  })

  it('change place: the one before stays in the library', async ({ expect }) => {
    const [first, second] = [await uploaded('a.png'), await uploaded('b.png')]
    const soap = await shop.soap(token, { img_key: first })
    const json = { ...SOAP, img_key: second }
    const changed = await call('PUT', `/products/${soap.id}`, { token, json })
    expect(changed.body).toMatchObject({ img_key: second })
    expect((await keys()).toSorted()).toEqual([first, second].toSorted())
    expect((await world.rows('images')).map((row) => row.entity_type)).toEqual([null, 'product'])
    const before = await world.rows('audit_log')
    await call('PUT', `/products/${soap.id}`, { token, json })
    expect(await world.rows('audit_log')).toEqual(before)
  })

  it('may be chosen a second time: then it is copied', async ({ expect }) => {
    const key = await uploaded('rose.png')
    const one = await shop.soap(token, { img_key: key })
    const two = await shop.soap(token, { name: 'Saffron', img_key: key })
    const bar = await shop.bar(token, two.id, { img_key: key })
    for (const shown of [two, bar]) {
      expect(shown.img_key).toMatch(/^products\/[0-9a-f-]{36}-rose\.png$/)
      expect(await fileOf(shown.image_url)).toEqual(await fileOf(one.image_url))
    }
    expect(new Set([one, two, bar].map((shown) => shown.image_url)).size).toBe(3)
    expect(await keys()).toEqual([key])
    const json = { ...SOAP, name: 'Saffron', img_key: two.img_key }
    const again = await call('PUT', `/products/${two.id}`, { token, json })
    expect(again.body).toMatchObject({ img_key: two.img_key, image_url: two.image_url })
    expect(await world.count('images')).toBe(3)
    await call('DELETE', `/products/${one.id}`, { token })
    expect((await fileOf(two.image_url)).length).toBeGreaterThan(50)
  })

  it('are never more than a thing may hold, whoever comes at once', async ({ expect }) => {
    const soap = await shop.soap(token)
    const bar = await shop.bar(token, soap.id)
    const wanted: string[] = []
    for (let count = 0; count < 14; count++) wanted.push(await uploaded(`${count}.png`))
    const path = `/products/${soap.id}/variants/${bar.id}`
    const choose = (img_key?: string) => call('PUT', path, { token, json: { ...BAR, img_key } })
    const statuses = (await Promise.all(wanted.map(choose))).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([200, 409]))
    const placed = (await world.rows('images')).filter((row) => row.entity_type !== null)
    expect(placed).toHaveLength(10)
  })

  it('change place at a full thing too', async ({ expect }) => {
    const { id } = await shop.bar(token, (await shop.soap(token)).id)
    for (let count = 0; count < 10; count++) {
      const raw = form(png(), { entity_type: 'variant', entity_id: id })
      expect((await world.as('admin').post(IMAGES, { raw })).status).toBe(201)
    }
    const img_key = await uploaded('last.png')
    const changed = await call('PUT', `/products/1/variants/${id}`, {
      token,
      json: { ...BAR, img_key },
    })
    expect(changed.body).toMatchObject({ img_key })
    const placed = (await world.rows('images')).filter((row) => row.entity_type !== null)
    expect(placed).toHaveLength(10)
  })

  it('chosen for two new ones at once make one of them, or both with a copy', async ({
    expect,
  }) => {
    const key = await uploaded()
    const make = (name: string) =>
      call('POST', '/products', { token, json: { ...SOAP, name, img_key: key } })
    const answers = await Promise.all([make('Cactus'), make('Saffron')])
    const made = answers.filter(({ status }) => status === 201)
    expect(made.length).toBeGreaterThan(0)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(2 - made.length)
    expect(await world.count('products')).toBe(made.length)
    const shown = (await world.rows('images')).filter((row) => row.entity_type === 'product')
    expect(new Set(shown.map((row) => row.entity_id)).size).toBe(made.length)
  })

  it('are none where a key names none', async ({ expect }) => {
    const nobodys = 'products/3f2b9c52-6d1b-4bb0-9a51-3f0b8f3f7d10-a.png'
    for (const img_key of ['', 'soap.jpg', nobodys, '../secret']) {
      const soap = await shop.soap(token, { img_key })
      expect([soap.img_key, soap.image_url], img_key).toEqual([null, null])
    }
  })

  it('of our own API are shown too', async ({ expect }) => {
    const soap = await shop.soap(token)
    const raw = form(png(), { entity_type: 'product', entity_id: soap.id, alt_text: 'A bar' })
    await world.as('admin').post(IMAGES, { raw })
    const shown = await product(soap.id)
    expect(shown.img_key).toMatch(/^products\/[0-9a-f-]{36}-A-bar$/)
    const json = { ...SOAP, img_key: shown.img_key }
    const { body } = await call('PUT', `/products/${soap.id}`, { token, json })
    expect(body).toEqual(shown)
  })
})

describe('keys of pictures', () => {
  it('are those that were uploaded here, in their order', async ({ expect }) => {
    await world.as('admin').post(IMAGES, { raw: form(png()) })
    expect(await keys()).toEqual([])
    const made = [await uploaded('a.png'), await uploaded('b.png'), await uploaded('c.png')]
    const sorted = made.toSorted()
    expect(await keys()).toEqual(sorted)
    expect(await keys('?limit=2')).toEqual(sorted.slice(0, 2))
    expect(await keys('?prefix=products/')).toEqual(sorted)
    expect(await keys(`?prefix=${sorted[1]?.slice(0, 30)}`)).toEqual([sorted[1]])
    expect(await keys('?prefix=other/')).toEqual([])
  })

  it('come a thousand at most', async ({ expect }) => {
    for (const [limit, type] of [
      ['0', 'greater_than_equal'],
      ['1001', 'less_than_equal'],
      ['', 'int_parsing'],
    ]) {
      const answer = await call('GET', `/images/keys?limit=${limit}`)
      expect(refusal(answer)).toMatchObject([422, [{ type, loc: ['query', 'limit'] }]])
    }
  })
})
