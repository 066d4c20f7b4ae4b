import { beforeEach, describe, it } from 'vitest'
import { GENEROUS } from '../support/accounts.ts'
import { refusesBadInput } from '../support/bad-input.ts'
import { mediaState, thing, VIDEOS } from '../support/media.ts'
import { newWorld, type World } from '../support/world.ts'

const ID = 'aqz-KE-bpKQ'

let world: World
let project: number
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  project = await thing(world, 'project')
})

type Video = { id: number; url: string; embed_url: string | null; source: string }
const add = (url: string, more: object = {}, headers: Record<string, string> = {}) =>
  world.as('admin').post(VIDEOS, {
    body: { entity_type: 'project', entity_id: project, title: 'At the wheel', url, ...more },
    headers,
  })
const shown = async () =>
  (await (await world.as('admin').get(`/api/v1/projects/${project}`)).json<{ videos: Video[] }>())
    .videos

describe('a video', () => {
  it('is known by every usual form of its link', async ({ expect }) => {
    const youtube = {
      url: `https://www.youtube.com/watch?v=${ID}`,
      embed_url: `https://www.youtube-nocookie.com/embed/${ID}`,
      source: 'youtube',
    }
    const vimeo = {
      url: 'https://vimeo.com/76979871',
      embed_url: 'https://player.vimeo.com/video/76979871',
      source: 'vimeo',
    }
    const unlisted = {
      url: 'https://vimeo.com/76979871/8272103f6e',
      embed_url: 'https://player.vimeo.com/video/76979871?h=8272103f6e',
      source: 'vimeo',
    }
    const links: [string, object][] = [
      ...[
        `https://www.youtube.com/watch?v=${ID}`,
        `https://youtube.com/watch?feature=share&v=${ID}&t=30s`,
        `https://m.youtube.com/watch?v=${ID}`,
        `https://music.youtube.com/watch?v=${ID}`,
        `https://youtu.be/${ID}`,
        `https://youtu.be/${ID}?si=abc`,
        `https://www.youtube.com/embed/${ID}`,
        `https://www.youtube-nocookie.com/embed/${ID}?rel=0`,
        `https://www.youtube.com/shorts/${ID}`,
        `https://www.youtube.com/live/${ID}/`,
        `https://WWW.YouTube.com/watch?v=${ID}`,
      ].map((url): [string, object] => [url, youtube]),
      ...[
        'https://vimeo.com/76979871',
        'https://www.vimeo.com/76979871/',
        'https://player.vimeo.com/video/76979871',
        'https://vimeo.com/channels/staffpicks/76979871',
        'https://vimeo.com/groups/shortfilms/videos/76979871',
      ].map((url): [string, object] => [url, vimeo]),
      ['https://vimeo.com/76979871/8272103f6e', unlisted],
      ['https://player.vimeo.com/video/76979871?h=8272103f6e', unlisted],
      [
        'https://files.studio.dev/a%20wheel.MP4?v=2',
        {
          url: 'https://files.studio.dev/a%20wheel.MP4?v=2',
          embed_url: null,
          source: 'file',
        },
      ],
    ]
    for (const [url, expected] of links) {
      const response = await add(url)
      expect(response.status, url).toBe(201)
      expect(await response.json(), url).toMatchObject(expected)
    }
    expect(await shown()).toHaveLength(links.length)
  })

  it('is added, changed and deleted', async ({ expect }) => {
    const thumbnail_url = 'https://files.studio.dev/wheel.jpg'
    const response = await add(`https://youtu.be/${ID}`, { thumbnail_url })
    const video = await response.json<Video>()
    const path = `${VIDEOS}/${video.id}`
    expect(response.headers.get('location')).toBe(path)
    expect(await shown()).toEqual([video])
    const change = { url: 'https://vimeo.com/1', title: 'Glaze', thumbnail_url: null, position: 3 }
    const changed = await world.as('admin').patch(path, { body: change })
    expect(await changed.json()).toEqual({
      id: video.id,
      url: 'https://vimeo.com/1',
      embed_url: 'https://player.vimeo.com/video/1',
      source: 'vimeo',
      title: 'Glaze',
      thumbnail_url: null,
    })
    const headers = { 'if-match': '"1"' }
    expect((await world.as('admin').patch(path, { body: { title: 'x' }, headers })).status).toBe(
      412,
    )
    expect((await world.as('admin').delete(path, { headers })).status).toBe(412)
    await add(`https://youtu.be/${ID}`)
    expect((await world.rows('videos')).map(({ position }) => position)).toEqual([3, 4])
    expect((await world.as('admin').delete(path)).status).toBe(204)
    expect((await world.as('admin').delete(path)).status).toBe(404)
    expect(await shown()).toHaveLength(1)
    const actions = (await world.rows('audit_log')).map((row) => `${row.action} ${row.entity_id}`)
    expect(actions.filter((action) => action.startsWith('video'))).toEqual([
      `video.create ${video.id}`,
      `video.update ${video.id}`,
      `video.create ${video.id + 1}`,
      `video.delete ${video.id}`,
    ])
  })

  it('is added once under one key', async ({ expect }) => {
    const headers = { 'idempotency-key': 'k' }
    const first = await add(`https://youtu.be/${ID}`, {}, headers)
    const again = await add(`https://youtu.be/${ID}`, {}, headers)
    expect(await again.json()).toEqual(await first.json())
    expect(again.headers.get('location')).toBe(first.headers.get('location'))
    expect((await add('https://vimeo.com/1', {}, headers)).status).toBe(422)
    expect(await world.count('videos')).toBe(1)
  })

  it('is not added to a thing that is gone meanwhile, nor to a full one', async ({ expect }) => {
    const headers = { 'idempotency-key': 'k' }
    await add(`https://youtu.be/${ID}`)
    await world.env.DB.prepare(
      `insert into videos (entity_type, entity_id, title, url, source, created_at, updated_at)
       select entity_type, entity_id, title, url, source, 0, 0 from videos, json_each(?)`,
    )
      .bind(JSON.stringify(Array(99).fill(0)))
      .run()
    const before = await mediaState(world)
    expect((await add(`https://youtu.be/${ID}`, {}, headers)).status).toBe(409)
    expect(await mediaState(world)).toEqual(before)
  })
})

describe('a link that is none', () => {
  const NO_WEB_ADDRESS = [
    'javascript:alert(1)',
    'data:video/mp4;base64,AAAA',
    '//evil.test/a.mp4',
    'http://files.studio.dev/a.mp4',
    'https://user@files.studio.dev/a.mp4',
    'https://user:pass@files.studio.dev/a.mp4',
    'java\tscript:alert(1)',
    'https://files.studio.dev\\@evil.test/a.mp4',
    'https://127.0.0.1/a.mp4',
    'https://2130706433/a.mp4',
    'https://0x7f.1/a.mp4',
    'https://[::1]/a.mp4',
    'https://169.254.169.254/latest/a.mp4',
    'https://localhost/a.mp4',
    'https://xn--pypal-4ve.com/a.mp4',
    'https://p\u0430ypal.com/a.mp4',
    `https://files.studio.dev/${'a'.repeat(3000)}.mp4`,
    'https://files.studio.dev/a.mp4\r\nX: y',
    'file:///etc/passwd.mp4',
    'ftp://files.studio.dev/a.mp4',
    ' https://youtu.be/aqz-KE-bpKQ',
    'youtu.be/aqz-KE-bpKQ',
    'https:///a.mp4',
    '',
  ]

  const NO_VIDEO = [
    'https://files.studio.dev/a.html',
    'https://files.studio.dev/a.svg',
    'https://youtube.com.evil.test/watch?v=aqz-KE-bpKQ',
    'https://evil.test/?https://youtu.be/aqz-KE-bpKQ',
    'https://www.youtube.com/watch?v=short',
    'https://www.youtube.com/watch?v="onload=alert(1)',
    'https://youtu.be/../aqz',
    'https://vimeo.com/about',
    'https://vimeo.com/1/"><script>',
  ]

  it('is refused, and nobody is asked what stands there', async ({ expect }) => {
    const { id } = await (await add(`https://youtu.be/${ID}`)).json<Video>()
    const before = await mediaState(world)
    const calls = world.outside.calls
    for (const url of [...NO_WEB_ADDRESS, ...NO_VIDEO]) {
      expect((await add(url)).status, url).toBe(422)
      const patched = await world.as('admin').patch(`${VIDEOS}/${id}`, { body: { url } })
      expect(patched.status, url).toBe(422)
    }
    for (const thumbnail_url of NO_WEB_ADDRESS) {
      const pictured = await add(`https://youtu.be/${ID}`, { thumbnail_url })
      expect(pictured.status, thumbnail_url).toBe(422)
    }
    const after = await mediaState(world)
    expect([after.videos, after.images, after.files]).toEqual([
      before.videos,
      before.images,
      before.files,
    ])
    expect(world.outside.calls).toEqual(calls)
  })

  it('is one of many bad inputs', async ({ expect }) => {
    await refusesBadInput(
      expect,
      world,
      {
        method: 'POST',
        path: VIDEOS,
        caller: 'admin',
        valid: {
          entity_type: 'project',
          entity_id: project,
          title: 'x',
          url: `https://youtu.be/${ID}`,
        },
        texts: ['title', 'url'],
      },
      () => mediaState(world),
    )
    for (const more of [
      { entity_id: 999_999 },
      { entity_id: 0 },
      { entity_id: '1' },
      { entity_id: 1.5 },
      { entity_type: 'product' },
      { entity_type: 'user' },
      { position: 1 },
      { source: 'file' },
    ]) {
      expect((await add(`https://youtu.be/${ID}`, more)).status, JSON.stringify(more)).toBe(422)
    }
    for (const path of ['0', '-1', 'x', '1e2', '99999999999']) {
      const { status } = await world.as('admin').patch(`${VIDEOS}/${path}`, { body: {} })
      expect(status, path).toBe(404)
    }
  })
})
