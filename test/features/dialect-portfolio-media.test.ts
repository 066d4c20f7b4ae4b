import { beforeEach, describe, it } from 'vitest'
import { refusal } from '../support/dialects.ts'
import { form, picture } from '../support/media.ts'
import { png } from '../support/pictures.ts'
import { type Body, POST, PROJECT, portfolio } from '../support/portfolio.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
let token: string
beforeEach(async () => {
  world = await newWorld({ RATE_LIMIT_SCALE: '1000' })
  token = await adminToken()
})

const { call, upload, adminToken, tokenOf } = portfolio(() => world)
type Thing = Body & { id: number; images: Body[]; videos: Body[] }
type Uploaded = { message: string; image: Body & { id: number; image_url: string } }

const ME = { name: 'Ann', title: 'Potter', email: 'ann@linden.test' }
const make = async (path: string, json: Body) =>
  ((await call('POST', path, { token, json })).body as Thing).id

const OWNERS = [
  {
    type: 'project',
    make: () => make('/projects/admin', PROJECT),
    at: '/projects/admin',
    read: (id: number) => `/projects/${id}`,
    lost: 'Project not found',
  },
  {
    type: 'blog_post',
    make: () => make('/blog', POST),
    at: '/blog',
    read: () => '/blog/tea-bowls',
    lost: 'Blog post not found',
  },
]

const picked = (fields: Record<string, string | number> = {}, file = png()) => form(file, fields)

describe.for(OWNERS)('pictures of a $type', ({ type, make, at, read, lost }) => {
  it('are uploaded, changed, replaced and deleted', async ({ expect }) => {
    const id = await make()
    const path = `${at}/${id}/images`
    const sent = await upload(
      `${path}/upload`,
      token,
      picked({ image_order: 2, alt_text: 'A vase' }),
    )
    expect(sent.status).toBe(201)
    const { message, image } = sent.body as Uploaded
    expect(message).toBe('Image uploaded successfully')
    expect(image).toEqual({
      image_order: 2,
      alt_text: 'A vase',
      id: expect.any(Number),
      entity_id: id,
      entity_type: type,
      image_url: expect.stringMatching(/^http:\/\/.*\/media\/[0-9a-f-]{36}\.png$/),
      blob_name: expect.stringMatching(/^media\/[0-9a-f-]{36}\.png$/),
      file_size: expect.any(Number),
      content_type: 'image/png',
    })
    const first = await upload(`${path}/upload`, token, picked())
    expect((first.body as Uploaded).image).toMatchObject({ image_order: 1, alt_text: null })

    const images = async () => ((await call('GET', read(id))).body as Thing).images
    expect((await images()).map(({ image_order }) => image_order)).toEqual([1, 2])

    const one = `${path}/${image.id}`
    const changed = await call('PUT', one, { token, json: { image_order: 3, alt_text: null } })
    expect([changed.status, changed.body]).toEqual([200, { ...image, image_order: 3 }])

    const form = picked({ alt_text: 'Another' }, png({ width: 9 }))
    const replaced = await upload(`${one}/replace`, token, form, 'PUT')
    expect(replaced.status).toBe(200)
    const other = (replaced.body as Uploaded).image
    expect(replaced.body).toMatchObject({ message: 'Image replaced successfully' })
    expect(other).toMatchObject({ id: image.id, image_order: 3, alt_text: 'Another' })
    expect(other.image_url).not.toBe(image.image_url)
    const { pathname } = new URL(other.image_url)
    expect((await world.as('anonymous').get(pathname)).status).toBe(200)

    const gone = await call('DELETE', one, { token })
    expect([gone.status, gone.body]).toEqual([204, ''])
    expect(await images()).toHaveLength(1)
  })

  it('are refused in the words of the original', async ({ expect }) => {
    const id = await make()
    const path = `${at}/${id}/images/upload`
    const text = Uint8Array.from(
      new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>'),
    )
    const refused = async (file: Uint8Array<ArrayBuffer>, to = path) => {
      const { status, body } = await upload(to, token, picked({}, file))
      return [status, body.detail]
    }
    expect(await refused(text)).toEqual([
      400,
      'Invalid file type. Allowed: .jpg, .jpeg, .png, .gif, .webp, .avif',
    ])
    expect(await refused(new Uint8Array(0))).toEqual([400, 'File is empty'])
    for (const bytes of [8 * 1024 * 1024 + 1, 9 * 1024 * 1024]) {
      expect(await refused(new Uint8Array(bytes))).toEqual([
        400,
        'File too large. Maximum size: 8.0MB',
      ])
    }
    expect(await refused(png(), `${at}/999/images/upload`)).toEqual([404, lost])
    const none = await upload(path, token, picked({ image_order: 0 }))
    expect([none.status, none.body]).toEqual([
      422,
      {
        detail: [
          {
            type: 'greater_than_equal',
            loc: ['body', 'image_order'],
            msg: 'Input should be greater than or equal to 1',
            input: '0',
            ctx: { ge: 1 },
          },
        ],
      },
    ])
    const fields = new FormData()
    fields.set('alt_text', 'no file')
    expect((await upload(path, token, fields)).body).toEqual({
      detail: [{ type: 'missing', loc: ['body', 'file'], msg: 'Field required', input: null }],
    })
    expect(await world.count('images')).toBe(0)
  })

  it('are reached by what they belong to and by nothing else', async ({ expect }) => {
    const id = await make()
    const foreign = await picture(world)
    for (const image of [foreign.id, 999]) {
      const path = `${at}/${id}/images/${image}`
      for (const answer of [
        await call('PUT', path, { token, json: {} }),
        await call('DELETE', path, { token }),
      ]) {
        expect(refusal(answer)).toEqual([404, 'Image not found'])
      }
      const { status, body } = await upload(`${path}/replace`, token, picked(), 'PUT')
      expect([status, body.detail]).toEqual([404, 'Image not found'])
    }
    expect(await world.count('images')).toBe(1)
  })

  it('are an admin’s to change', async ({ expect }) => {
    const id = await make()
    const hers = await tokenOf(await world.person())
    const { status } = await upload(`${at}/${id}/images/upload`, hers, picked())
    expect(status).toBe(403)
    expect(await world.count('images')).toBe(0)
  })

  it('come five at once', async ({ expect }) => {
    const id = await make()
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map((image_order) =>
        upload(`${at}/${id}/images/upload`, token, picked({ image_order })),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(201))
    expect(((await call('GET', read(id))).body as Thing).images).toHaveLength(5)
  })

  it('stand beside videos', async ({ expect }) => {
    const id = await make()
    const url = 'https://youtu.be/dQw4w9WgXcQ'
    const json = { title: 'Throwing', url, source: 'youtube' }
    const added = await call('POST', `${at}/${id}/videos`, { token, json })
    const video = {
      title: 'Throwing',
      url: 'https://www.youtube.com/watch?v=dQw4w9WgXcQ',
      source: 'youtube',
      thumbnail_url: null,
      id: expect.any(Number),
      project_id: type === 'project' ? id : null,
      blog_post_id: type === 'blog_post' ? id : null,
    }
    expect([added.status, added.body]).toEqual([201, video])
    expect(((await call('GET', read(id))).body as Thing).videos).toEqual([video])
    const refused = (more: Body, of: number = id) =>
      call('POST', `${at}/${of}/videos`, { token, json: { ...json, ...more } })
    expect(refusal(await refused({}, 999))).toEqual([404, lost])
    expect((await refused({ source: 'vhs' })).body).toMatchObject({
      detail: [
        {
          type: 'enum',
          msg: "Input should be 'youtube' or 'blob_storage'",
          ctx: { expected: "'youtube' or 'blob_storage'" },
        },
      ],
    })
    expect((await refused({ url: 'https://linden.test/page' })).body).toMatchObject({
      detail: [{ loc: ['body', 'url'] }],
    })
  })
})

describe('the picture of the profile', () => {
  const NOBODY = 'Profile not found'

  it('takes the place of the one before', async ({ expect }) => {
    const id = await make('/profiles/', ME)
    for (const turn of [1, 2]) {
      const fields = { alt_text: `Ann ${turn}`, image_order: 1 }
      const { status, body } = await upload(`/profiles/${id}/images/upload`, token, picked(fields))
      expect([status, body.message]).toEqual([201, 'Profile image uploaded successfully'])
      expect((body as Uploaded).image).toMatchObject({ entity_type: 'profile', entity_id: id })
    }
    const { images } = (await call('GET', '/profiles/')).body as Thing
    expect(images).toMatchObject([{ alt_text: 'Ann 2', image_order: 1 }])
    const gone = await call('DELETE', `/profiles/${id}/images/${images[0]?.id}`, { token })
    expect(gone.status).toBe(204)
    expect(refusal(await call('DELETE', `/profiles/${id}/images/1`, { token }))).toEqual([
      404,
      'Image not found',
    ])
  })

  it('stays when the new one is refused', async ({ expect }) => {
    const id = await make('/profiles/', ME)
    const path = `/profiles/${id}/images/upload`
    await upload(path, token, picked())
    expect((await upload(path, token, picked({}, new Uint8Array(9)))).status).toBe(400)
    expect(((await call('GET', '/profiles/')).body as Thing).images).toHaveLength(1)
    const lost = await upload('/profiles/999/images/upload', token, picked())
    expect([lost.status, lost.body.detail]).toEqual([404, NOBODY])
  })

  it('may be one that is uploaded already, and nothing foreign', async ({ expect }) => {
    const id = await make('/profiles/', ME)
    const { url } = await picture(world)
    const add = (image_url: string, of = id) =>
      call('POST', `/profiles/${of}/images?${new URLSearchParams({ image_url })}`, { token })
    const added = await add(url)
    expect([added.status, added.body]).toEqual([
      201,
      expect.objectContaining({ image_url: url, image_order: 1, entity_type: 'profile' }),
    ])
    for (const foreign of [url, 'https://elsewhere.test/a.png', 'x'.repeat(600), '']) {
      expect(refusal(await add(foreign))).toEqual([400, 'Invalid image URL'])
    }
    expect(refusal(await add(url, 999))).toEqual([404, NOBODY])
    expect((await call('POST', `/profiles/${id}/images`, { token })).body).toEqual({
      detail: [
        { type: 'missing', loc: ['query', 'image_url'], msg: 'Field required', input: null },
      ],
    })
    const actions = (await world.rows('audit_log')).map((row) => row.action)
    expect(actions.filter((action) => action === 'image.update')).toHaveLength(1)
  })
})
