import { beforeEach, describe, it } from 'vitest'
import { toChunk } from '../../src/core/image/png.ts'
import { everyRow, GENEROUS, inParallel } from '../support/accounts.ts'
import {
  aroundPut,
  filesOf,
  form,
  IMAGES,
  type Image,
  keyOf,
  mediaState,
  pathOf,
  picture,
  thing,
  upload,
} from '../support/media.ts'
import type { Person } from '../support/people.ts'
import { apng, exifSegment, gif, jpeg, png } from '../support/pictures.ts'
import { newWorld, type World } from '../support/world.ts'

const HOUR = 3_600_000

let world: World
let ann: Person
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  ann = await world.person({ username: 'ann' })
})

type Library = {
  data: (Image & { used_in: { entity_type: string; entity_id: number }[] })[]
  next_cursor: string | null
  count?: number
}
const library = async (query = '') =>
  (await world.as('admin').get(`${IMAGES}${query}`)).json<Library>()
const idsOf = async (query = '') => (await library(query)).data.map(({ id }) => id)
const bytesOf = async (image: Image) =>
  new Uint8Array(await (await world.as('anonymous').get(pathOf(image))).arrayBuffer())

describe('a picture', () => {
  it('is uploaded, shown, changed, replaced and deleted', async ({ expect }) => {
    const project = await thing(world, 'project')
    const fields = { entity_type: 'project', entity_id: project, alt_text: 'A vase' }
    const made = await upload(world, 'admin', fields, jpeg({ segments: [exifSegment(6)] }))
    const image = await made.json<Image>()
    expect([made.status, made.headers.get('location')]).toEqual([201, `${IMAGES}/${image.id}`])
    expect(image).toMatchObject({
      url: expect.stringMatching(/^http:\/\/localhost:8787\/media\/[0-9a-f-]{36}\.jpg$/),
      width: 3,
      height: 4,
      content_type: 'image/jpeg',
      alt_text: 'A vase',
      position: 0,
    })
    expect((await bytesOf(image)).length).toBe(image.byte_size)
    const shown = async () =>
      (await world.as('admin').get(`/api/v1/projects/${project}`)).json<{ images: Image[] }>()
    expect((await shown()).images).toEqual([image])

    const path = `${IMAGES}/${image.id}`
    const change = { alt_text: 'A green vase', position: 4 }
    const changed = await world.as('admin').patch(path, { body: change })
    expect([await changed.json(), changed.headers.get('etag')]).toEqual([
      { ...image, ...change },
      '"2"',
    ])
    const stale = { 'if-match': '"1"' }
    for (const status of [
      (await world.as('admin').patch(path, { body: { position: 1 }, headers: stale })).status,
      (await world.as('admin').delete(path, { headers: stale })).status,
      (await world.as('admin').put(`${path}/file`, { raw: form(png()), headers: stale })).status,
    ]) {
      expect(status).toBe(412)
    }

    const put = await world.as('admin').put(`${path}/file`, { raw: form(png({ width: 9 })) })
    const replaced = await put.json<Image>()
    expect(replaced).toMatchObject({ ...change, id: image.id, width: 9, content_type: 'image/png' })
    expect((await world.as('anonymous').get(pathOf(image))).status).toBe(404)
    expect(await bytesOf(replaced)).toEqual(png({ width: 9 }))
    expect((await shown()).images).toEqual([replaced])
    expect(await filesOf()).toEqual([`images/${keyOf(replaced)}`])

    expect((await world.as('admin').delete(path)).status).toBe(204)
    expect((await world.as('anonymous').get(pathOf(replaced))).status).toBe(404)
    expect((await shown()).images).toEqual([])
    expect(await filesOf()).toEqual([])
    expect(await world.count('deleted_files')).toBe(0)
    const actions = (await world.rows('audit_log')).map(({ action }) => action)
    expect(actions.filter((action) => String(action).startsWith('image.'))).toEqual([
      'image.create',
      'image.update',
      'image.replace',
      'image.delete',
    ])
  })

  it('stands in the order that is given, behind the others without one', async ({ expect }) => {
    const post = await thing(world, 'post')
    const place = { entity_type: 'post', entity_id: post }
    const first = await picture(world, place)
    const second = await picture(world, place)
    const third = await picture(world, { ...place, position: 0 })
    expect([first.position, second.position, third.position]).toEqual([0, 1, 0])
    const shown = await world.as('admin').get(`/api/v1/posts/${post}`)
    const { images } = await shown.json<{ images: Image[] }>()
    expect(images.map(({ id }) => id)).toEqual([first.id, third.id, second.id])
  })

  it('goes with the thing that it belongs to, and its file within a minute', async ({ expect }) => {
    for (const type of ['project', 'post', 'profile'] as const) {
      const entity_id = await thing(world, type)
      await picture(world, { entity_type: type, entity_id })
      const body = { entity_type: type, entity_id, url: 'https://youtu.be/aqz-KE-bpKQ', title: 'x' }
      await world.as('admin').post('/api/v1/videos', { body })
      const name = type === 'profile' ? 'admin' : entity_id
      expect((await world.as('admin').delete(`/api/v1/${type}s/${name}`)).status).toBe(204)
      expect([await world.count('images'), await world.count('videos')], type).toEqual([0, 0])
      expect(await filesOf()).toHaveLength(1)
      await world.runCron('* * * * *')
      expect([await filesOf(), await world.rows('deleted_files')], type).toEqual([[], []])
    }
  })

  it('is seen by the next reader of what it belongs to', async ({ expect }) => {
    const project = await thing(world, 'project')
    await world.as('admin').patch(`/api/v1/projects/${project}`, { body: { status: 'published' } })
    const path = `/api/v1/projects/${project}`
    const read = async () => {
      const detail = await (await world.as('anonymous').get(path)).json<{ images: Image[] }>()
      const list = await (await world.as('anonymous').get('/api/v1/projects')).json<{
        data: { images: Image[] }[]
      }>()
      expect(list.data[0]?.images).toEqual(detail.images)
      return detail.images.map(({ alt_text, width }) => `${alt_text} ${width}`)
    }
    expect(await read()).toEqual([])
    const image = await picture(world, { entity_type: 'project', entity_id: project })
    expect(await read()).toEqual([' 4'])
    await world.as('admin').patch(`${IMAGES}/${image.id}`, { body: { alt_text: 'Tiles' } })
    expect(await read()).toEqual(['Tiles 4'])
    await world.as('admin').put(`${IMAGES}/${image.id}/file`, { raw: form(png({ width: 8 })) })
    expect(await read()).toEqual(['Tiles 8'])
    await world.as('admin').delete(`${IMAGES}/${image.id}`)
    expect(await read()).toEqual([])
  })

  it('is made once under one key, whatever the form looks like', async ({ expect }) => {
    const headers = { 'idempotency-key': 'k' }
    const send = (file = png(), fields = {}) => upload(world, 'admin', fields, file, headers)
    const first = await send()
    const again = await send()
    expect([first.status, again.status]).toEqual([201, 201])
    expect(await again.json()).toEqual(await first.json())
    expect(again.headers.get('location')).toBe(first.headers.get('location'))
    expect((await send(png({ width: 5 }))).status).toBe(422)
    expect((await send(png(), { alt_text: 'x' })).status).toBe(422)
    await inParallel(3, () => send(gif()).then(() => send()))
    expect([await world.count('images'), (await filesOf()).length]).toEqual([1, 1])
  })

  it('is listed with where it is used, and found when it is not', async ({ expect }) => {
    const post = await thing(world, 'post')
    const project = await thing(world, 'project')
    const attached = await picture(world, { entity_type: 'post', entity_id: post })
    const inText = await picture(world)
    const both = await picture(world, { entity_type: 'project', entity_id: project })
    const loose = await picture(world, { alt_text: 'Nobody' })
    const content = `![a](${inText.url}) and ![b](${both.url})`
    await world.as('admin').patch(`/api/v1/posts/${post}`, { body: { content } })
    const uses = Object.fromEntries(
      (await library('?count=true')).data.map(({ id, used_in }) => [
        id,
        used_in.map((use) => `${use.entity_type} ${use.entity_id}`),
      ]),
    )
    expect(uses).toEqual({
      [attached.id]: [`post ${post}`],
      [inText.id]: [`post ${post}`],
      [both.id]: [`project ${project}`, `post ${post}`],
      [loose.id]: [],
    })
    expect(await idsOf('?unused=true')).toEqual([loose.id])
    expect(await idsOf('?unused=false')).toEqual([both.id, inText.id, attached.id])
    expect(await idsOf(`?entity_type=post&entity_id=${post}`)).toEqual([attached.id])
    expect(await idsOf('?entity_type=profile')).toEqual([])
    expect((await library('?unused=true&count=true')).count).toBe(1)
    const { next_cursor } = await library('?limit=3')
    expect(await idsOf(`?limit=3&cursor=${next_cursor}`)).toEqual([attached.id])
    for (const query of ['?entity_id=1', '?entity_type=order', '?unused=yes', '?sort=id']) {
      expect((await world.as('admin').get(IMAGES + query)).status, query).toBe(422)
    }
    await world.as('admin').patch(`/api/v1/posts/${post}`, { body: { content: 'None.' } })
    expect(await idsOf('?unused=true')).toEqual([loose.id, inText.id])
  })
})

describe('who may upload', () => {
  it('is an admin, and everybody onto their own profile', async ({ expect }) => {
    const own = await thing(world, 'profile', 'ann')
    const other = await thing(world, 'profile', 'admin')
    const bob = await world.person()
    const place = { entity_type: 'profile', entity_id: own }
    const made = await upload(world, ann, { ...place, alt_text: 'Ann' })
    expect(made.status).toBe(201)
    const project = await thing(world, 'project')
    const before = await mediaState(world)
    for (const fields of [
      {},
      { entity_type: 'profile', entity_id: other },
      { entity_type: 'profile', entity_id: 99_999 },
      { entity_type: 'project', entity_id: project },
      { entity_type: 'post', entity_id: 99_999 },
    ] as Record<string, string>[]) {
      expect((await upload(world, ann, fields)).status, JSON.stringify(fields)).toBe(403)
    }
    expect((await upload(world, bob, place)).status).toBe(403)
    expect((await upload(world, 'anonymous', place)).status).toBe(401)
    const { id } = await made.json<Image>()
    for (const who of [ann, bob]) {
      const path = `${IMAGES}/${id}`
      expect((await world.as(who).patch(path, { body: { alt_text: 'x' } })).status).toBe(403)
      expect((await world.as(who).put(`${path}/file`, { raw: form(png()) })).status).toBe(403)
      expect((await world.as(who).delete(path)).status).toBe(403)
      expect((await world.as(who).get(IMAGES)).status).toBe(403)
    }
    expect(await mediaState(world)).toEqual(before)
  })

  it('has one upload on its way at a time, and no admin waits for it', async ({ expect }) => {
    const own = await thing(world, 'profile', 'ann')
    const place = { entity_type: 'profile', entity_id: own }
    const { promise: isRead, resolve: read } = Promise.withResolvers<void>()
    let end = () => {}
    const slow = new ReadableStream(
      {
        pull(controller) {
          end = () => controller.close()
          read()
          return new Promise(() => {})
        },
      },
      { highWaterMark: 0 },
    )
    const headers = { 'content-type': 'multipart/form-data; boundary=x' }
    const first = world.as(ann).post(IMAGES, { raw: slow, headers })
    await isRead
    const second = await upload(world, ann, place)
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '2'])
    expect((await upload(world, 'admin', place)).status).toBe(201)
    end()
    expect((await first).status).toBe(400)
    expect((await upload(world, ann, place)).status).toBe(201)
  })

  it('is told before a body is read', async ({ expect }) => {
    const never = new ReadableStream({ pull: () => new Promise(() => {}) })
    const headers = { 'content-type': 'multipart/form-data; boundary=x' }
    const answer = await world.as(ann).post(IMAGES, { raw: never, headers })
    expect(answer.status).toBe(403)
  })

  it('uploads 20 an hour and 200 MiB a day, an admin too', async ({ expect }) => {
    world = await newWorld()
    const statuses: number[] = []
    for (let index = 0; index < 21; index++) statuses.push((await upload(world)).status)
    expect(statuses).toEqual([...Array(20).fill(201), 429])
    const refused = await upload(world)
    expect(refused.headers.get('retry-after')).toBe('3600')
    expect(refused.headers.get('ratelimit')).toContain('"uploads";r=0')
    const id = (await world.rows('images'))[0]?.id
    const replaced = await world.as('admin').put(`${IMAGES}/${id}/file`, { raw: form(png()) })
    expect(replaced.status).toBe(429)
    expect([await world.count('images'), (await filesOf()).length]).toEqual([20, 20])
    world.pass(HOUR)
    expect((await upload(world, await world.renew(await world.admin()))).status).toBe(201)
  })

  it('uploads no more bytes than that, and a refusal costs nothing', async ({ expect }) => {
    // A hundredth: 2 MiB a day.
    world = await newWorld({ RATE_LIMIT_SCALE: '0.01' })
    const big = pngOf(900_000)
    const send = async (file = big) => {
      world.pass(HOUR)
      return upload(world, await world.renew(await world.admin()), {}, file)
    }
    const statuses = [await send(), await send(), await send()].map(({ status }) => status)
    expect(statuses).toEqual([201, 201, 429])
    const small = await send(png())
    expect(small.status).toBe(201)
    expect(small.headers.get('ratelimit')).toMatch(/"upload-bytes";r=29\d\d\d\d/)
    world.pass(24 * HOUR)
    expect((await send()).status).toBe(201)
  })

  const pngOf = (length: number) => {
    const noise = new Uint8Array(length)
    for (let at = 0; at < length; at += 65_536) {
      crypto.getRandomValues(noise.subarray(at, Math.min(at + 65_536, length)))
    }
    return png({ before: [toChunk('IDAT', noise)] })
  }
})

describe('a target', () => {
  it('that is none is refused, and nothing is left of the try', async ({ expect }) => {
    const project = await thing(world, 'project')
    await thing(world, 'project')
    const before = await mediaState(world)
    const types = ['profile', 'project', 'post', 'product', 'variant']
    const wrong = ['999999', '0', '-1', '1.5', 'abc', '1e400', '']
    for (const entity_type of types) {
      for (const entity_id of wrong) {
        const { status } = await upload(world, 'admin', { entity_type, entity_id })
        expect(status, `${entity_type} ${entity_id}`).toBe(422)
      }
    }
    for (const fields of [
      { entity_type: 'user', entity_id: 1 },
      { entity_type: 'project' },
      { entity_id: project },
      { entity_type: 'PROJECT', entity_id: project },
      { position: -1 },
      { position: 10_000 },
      { alt_text: 'x'.repeat(301) },
      { alt_text: 'a\nb' },
      { uploader_id: 1 },
    ] as Record<string, string>[]) {
      expect((await upload(world, 'admin', fields)).status, JSON.stringify(fields)).toBe(422)
    }
    expect(await mediaState(world)).toEqual(before)
  })

  it('takes a hundred, also when many come at once', async ({ expect }) => {
    const project = await thing(world, 'project')
    const fields = { entity_type: 'project', entity_id: project }
    await picture(world, fields)
    await fill(project, 97)
    const statuses = await inParallel(4, () => upload(world, 'admin', fields))
    expect(statuses).toEqual({ 201: 2, 409: 2 })
    expect((await world.rows('images')).filter(({ status }) => status === 'ready')).toHaveLength(
      100,
    )
  })

  async function fill(project: number, count: number) {
    const keys = JSON.stringify(Array.from({ length: count }, (_, index) => `k${index}`))
    await world.env.DB.prepare(
      `insert into images (key, status, entity_type, entity_id, content_type, byte_size, width, height, created_at, updated_at)
       select value, 'ready', 'project', ?, 'image/png', 1, 1, 1, 0, 0 from json_each(?)`,
    )
      .bind(project, keys)
      .run()
  }

  it('that goes while the picture is on its way leaves none of it', async ({ expect }) => {
    const project = await thing(world, 'project')
    aroundPut(world, async (put) => {
      await put()
      await world.env.DB.prepare('delete from projects').run()
    })
    const answer = await upload(world, 'admin', { entity_type: 'project', entity_id: project })
    expect(answer.status).toBe(409)
    await world.runCron('* * * * *')
    expect([await world.count('images'), await filesOf()]).toEqual([0, []])
  })
})

describe('bad input', () => {
  it('changes no picture', async ({ expect }) => {
    const { id } = await picture(world)
    const before = await world.rows('images')
    for (const body of [
      { alt_text: null },
      { alt_text: 'x'.repeat(301) },
      { alt_text: 'a\u0000' },
      { position: '1' },
      { position: 0.5 },
      { position: 10_000 },
      { key: 'x' },
      { entity_type: 'post', entity_id: 1 },
      { width: 1 },
    ]) {
      const { status } = await world.as('admin').patch(`${IMAGES}/${id}`, { body })
      expect(status, JSON.stringify(body)).toBe(422)
    }
    expect(await world.rows('images')).toEqual(before)
    for (const path of ['0', '-1', '1e3', '99999999999', 'x', '%00', '..%2f1', `${id}x`]) {
      const { status } = await world.as('admin').patch(`${IMAGES}/${path}`, { body: {} })
      expect(status, path).toBe(404)
    }
  })

  it('in names of files is not even read', async ({ expect }) => {
    const names = [
      '../../etc/passwd',
      '..\\..\\boot.ini',
      'C:\\a.png',
      '/etc/passwd',
      'a\u0000.png',
      'x'.repeat(300),
      'a\u202egnp.exe',
      'CON',
      '.htaccess',
      'a.png.html',
      'a.svg',
      ' ',
      'a"b.png',
      'a\r\nX: y.png',
    ]
    for (const name of names) {
      const response = await world
        .as('admin')
        .post(IMAGES, { raw: form(png(), {}, name, 'text/html') })
      expect(response.status, name).toBe(201)
      const image = await response.json<Image>()
      const shown = await world.as('anonymous').get(pathOf(image))
      expect(shown.headers.get('content-type')).toBe('image/png')
      expect(shown.headers.get('content-disposition')).toBe(`inline; filename="${keyOf(image)}"`)
    }
    const everything = JSON.stringify(await everyRow()) + (await filesOf()).join()
    for (const part of ['passwd', 'boot.ini', 'htaccess', 'CON', 'xxxx', '.html']) {
      expect(everything).not.toContain(part)
    }
  })

  it('of an animation is refused and of a short one not', async ({ expect }) => {
    expect((await upload(world, 'admin', {}, apng(3))).status).toBe(201)
    expect((await upload(world, 'admin', {}, apng(3, 2))).status).toBe(422)
    const bomb = await upload(world, 'admin', {}, gif({ frames: 30_000 }))
    expect(bomb.status).toBe(422)
    expect(await bomb.json()).toMatchObject({
      code: 'validation',
      errors: [{ path: 'file', code: 'invalid_image' }],
    })
  })
})
