import { env } from 'cloudflare:workers'
import { beforeEach, describe, it } from 'vitest'
import { PostPage, PostView, TagPage } from '../../src/features/posts/schemas.ts'
import { ProfilePage, ProfileView } from '../../src/features/profiles/schemas.ts'
import { ProjectPage, ProjectView } from '../../src/features/projects/schemas.ts'
import { GENEROUS } from '../support/accounts.ts'
import {
  detailOf,
  listOf,
  POSTS,
  type Post,
  PROFILES,
  PROJECTS,
  TAGS,
  write,
} from '../support/content.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const run = (statement: string, ...values: unknown[]) =>
  env.DB.prepare(statement)
    .bind(...values)
    .run()

/** A picture and a video of it, and a picture that stands in its text. */
async function furnish(type: string, id: number): Promise<void> {
  const image = `insert into images (key, status, entity_type, entity_id, alt_text, content_type, byte_size, width, height, created_at, updated_at)
    values (?, ?, ?, ?, 'A bowl', 'image/webp', 10, 4, 3, 1, 1)`
  await run(image, `${type}${id}-a.webp`, 'ready', type, id)
  await run(image, `${type}${id}-b.webp`, 'pending', type, id)
  await run(
    `insert into videos (entity_type, entity_id, title, url, source, external_id, created_at, updated_at)
     values (?, ?, 'At the wheel', 'https://vimeo.com/1', 'vimeo', '1', 1, 1)`,
    type,
    id,
  )
}

const counts = async () =>
  Object.fromEntries((await world.rows('tags')).map(({ key, post_count }) => [key, post_count]))

describe('the count of a tag', () => {
  it('follows every change of its posts', async ({ expect }) => {
    const change = (id: number, body: object) => world.as('admin').patch(`${POSTS}/${id}`, { body })
    const one = await write(world, { tags: ['Clay', 'Kiln'] })
    const two = await write(world, { tags: ['clay'], status: 'draft' })
    expect(await counts()).toEqual({ clay: 1, kiln: 1 })
    await change(two.id, { status: 'published' })
    expect(await counts()).toEqual({ clay: 2, kiln: 1 })
    await change(two.id, { tags: ['Kiln', 'New'] })
    expect(await counts()).toEqual({ clay: 1, kiln: 2, new: 1 })
    await change(one.id, { tags: ['New'], status: 'draft' })
    expect(await counts()).toEqual({ clay: 0, kiln: 1, new: 1 })
    await change(one.id, { status: 'published', tags: [] })
    expect(await counts()).toEqual({ clay: 0, kiln: 1, new: 1 })
    const page = await listOf<{ name: string; post_count: number }>(world, TAGS)
    expect(page.data).toEqual([
      { id: expect.any(Number), name: 'New', post_count: 1 },
      { id: expect.any(Number), name: 'Kiln', post_count: 1 },
    ])
    await world.as('admin').delete(`${POSTS}/${two.id}`)
    expect(await counts()).toEqual({ clay: 0, kiln: 0, new: 0 })
    expect((await listOf(world, TAGS)).data).toEqual([])
  })
})

describe('an answer', () => {
  it('is what the document says, and no more', async ({ expect }) => {
    const ann = await world.person()
    await world.as(ann).put(`${PROFILES}/${ann.username}`, { body: { name: 'Ann', bio: '*x*' } })
    for (const [type, path] of [
      ['post', POSTS],
      ['project', PROJECTS],
    ] as const) {
      const names = type === 'post' ? { tags: ['Clay'] } : { technologies: ['Clay'] }
      for (const title of ['One', 'Two', 'Three']) await write(world, { title, ...names }, path)
      for (const { id } of await world.rows(path === POSTS ? 'posts' : 'projects')) {
        await furnish(type, Number(id))
      }
    }
    await furnish('profile', Number((await world.rows('profiles'))[0]?.id))
    const parts = [
      [POSTS, PostPage],
      [`${POSTS}/two`, PostView],
      [PROJECTS, ProjectPage],
      [`${PROJECTS}/two`, ProjectView],
      [PROFILES, ProfilePage],
      [`${PROFILES}/${ann.username}`, ProfileView],
      [TAGS, TagPage],
    ] as const
    for (const [path, schema] of parts) {
      const answer = await (await world.as('anonymous').get(path)).json()
      expect(schema().parse(answer), path).toEqual(answer)
    }
  })
})

describe('what belongs to something', () => {
  it('is shown with it in one round trip, and goes with it', async ({ expect }) => {
    const key = 'shared.webp'
    await run(
      `insert into images (key, status, content_type, byte_size, width, height, created_at, updated_at)
       values (?, 'ready', 'image/webp', 10, 4, 3, 1, 1)`,
      key,
    )
    const content = `![In the text](/media/${key})`
    const paths = { post: POSTS, project: PROJECTS }
    for (const [type, path] of Object.entries(paths)) {
      const { id, slug } = await write(
        world,
        { content, title: `A ${type}`, tags: undefined },
        path,
      )
      await furnish(type, id)
      world.pass(10)
      const headers = {
        'x-d1-bookmark': '00000000-00000000-00000000-00000000000000000000000000000000',
      }
      for (const address of [path, `${path}/${id}`, `${path}/${slug}`]) {
        const response = await world.as('anonymous').get(address, { headers })
        expect(response.headers.get('server-timing'), address).toContain('calls=1 ')
        expect(await response.text(), address).toContain(`/media/${type}${id}-a.webp`)
      }
      const detail = (await detailOf(world, path, id)) as Post & Record<string, unknown>
      expect(detail).toMatchObject({
        images: [{ url: `http://localhost:8787/media/${type}${id}-a.webp`, alt_text: 'A bowl' }],
        videos: [{ embed_url: 'https://player.vimeo.com/video/1', source: 'vimeo' }],
      })
      expect(await world.rows('image_uses')).toMatchObject([{ entity_type: type, entity_id: id }])
      await world.as('admin').delete(`${path}/${id}`)
      for (const table of ['videos', 'image_uses', 'slugs']) {
        expect(await world.rows(table), table).toEqual([])
      }
      const gone = (await world.rows('deleted_files')).map((row) => row.key)
      expect(gone).toEqual(expect.arrayContaining([`${type}${id}-a.webp`, `${type}${id}-b.webp`]))
      expect(await world.rows('images')).toMatchObject([{ key }])
    }
    const [file] = await world.rows('deleted_files')
    expect(file?.deleted_at).toBe(0)
  })

  it('goes with an account too: profile, its pictures, not the posts', async ({ expect }) => {
    const ann = await world.person({ role: 'admin', steppedUp: true })
    const post = { title: 'Hers', content: 'x', status: 'published' }
    await world.as(ann).post(POSTS, { body: post })
    await world.as(ann).put(`${PROFILES}/${ann.username}`, { body: { name: 'Ann', bio: 'x' } })
    const [profile] = await world.rows('profiles')
    await furnish('profile', Number(profile?.id))
    const { data } = await listOf<object>(world, PROFILES)
    expect(data).toMatchObject([{ username: ann.username, images: [{ alt_text: 'A bowl' }] }])
    expect((await world.as('admin').delete(`/api/v1/users/${ann.id}`)).status).toBe(204)
    for (const table of ['profiles', 'images', 'videos']) {
      expect(await world.rows(table), table).toEqual([])
    }
    expect(await world.count('deleted_files')).toBe(2)
    expect(await detailOf(world, POSTS, 'hers')).toMatchObject({ author: null })
    expect(await detailOf(world, PROFILES, ann.username)).toBe(404)
  })

  it('stands among those of its tags as it is published', async ({ expect }) => {
    const at = (day: number) => new Date(Date.UTC(2026, 3, day)).toISOString()
    const later = new Date(Date.now() + 60_000).toISOString()
    await write(world, { title: 'Other', tags: ['Clay'], publish_at: at(3) })
    const { id } = await write(world, { title: 'Mine', tags: ['Clay', 'Ash'], status: 'draft' })
    const change = (body: object) => world.as('admin').patch(`${POSTS}/${id}`, { body })
    const ofTag = async (tag: string) =>
      (await listOf<Post>(world, POSTS, `?tag=${tag}`)).data.map(({ title }) => title)
    const steps: [change: object, clay: string[], ash: string[]][] = [
      [{}, ['Other'], []],
      [{ status: 'published', publish_at: at(2) }, ['Other', 'Mine'], ['Mine']],
      [{ publish_at: at(4) }, ['Mine', 'Other'], ['Mine']],
      [{ tags: ['Ash'] }, ['Other'], ['Mine']],
      [{ tags: ['Ash', 'Clay'], status: 'draft' }, ['Other'], []],
      [{ status: 'scheduled', publish_at: later }, ['Other'], []],
    ]
    for (const [body, clay, ash] of steps) {
      await change(body)
      expect([await ofTag('clay'), await ofTag('ash')], JSON.stringify(body)).toEqual([clay, ash])
    }
    world.pass(60_000)
    expect(await ofTag('clay')).toEqual(['Mine', 'Other'])
    await world.runCron('* * * * *')
    expect(await ofTag('ash')).toEqual(['Mine'])
    await world.as('admin').delete(`${POSTS}/${id}`)
    expect(await ofTag('clay')).toEqual(['Other'])
  })

  it('is known to stand in a text as long as it does', async ({ expect }) => {
    for (const key of ['a.webp', 'b.webp']) {
      await run(
        `insert into images (key, status, content_type, byte_size, width, height, created_at, updated_at)
         values (?, 'ready', 'image/webp', 10, 4, 3, 1, 1)`,
        key,
      )
    }
    const ours = 'http://localhost:8787/media/b.webp'
    const { id } = await write(world, { content: `![](/media/a.webp) [full](${ours})` })
    expect(await world.count('image_uses')).toBe(2)
    await world.as('admin').patch(`${POSTS}/${id}`, { body: { content: `![](${ours})` } })
    const [b] = (await world.rows('images')).filter(({ key }) => key === 'b.webp')
    expect(await world.rows('image_uses')).toMatchObject([{ image_id: b?.id }])
    const foreign = { content: '![](https://other.example/media/a.webp) `/media/b.webp`' }
    await world.as('admin').patch(`${POSTS}/${id}`, { body: foreign })
    expect(await world.count('image_uses')).toBe(0)
  })
})
