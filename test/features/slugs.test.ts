import { beforeEach, describe, it } from 'vitest'
import { GENEROUS } from '../support/accounts.ts'
import { detailOf, listOf, POSTS, type Post, PROJECTS, write } from '../support/content.ts'
import { rounds } from '../support/rounds.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const change = (path: string, id: number, body: object) =>
  world.as('admin').patch(`${path}/${id}`, { body })

describe('a slug', () => {
  it('is each thing’s own when fifty take the same title at once', async ({ expect }) => {
    const count = rounds(500)
    for (const path of [POSTS, PROJECTS]) {
      const made = await Promise.all(
        Array.from({ length: count }, () => write(world, { title: 'Tea bowls' }, path)),
      )
      const slugs = made.map(({ slug }) => slug)
      expect(new Set(slugs).size).toBe(count)
      expect(slugs).toContain('tea-bowls')
      expect(slugs).toContain('tea-bowls-50')
      expect(slugs.every((slug) => /^tea-bowls(-\d+)?$/.test(slug))).toBe(true)
      const [first] = made
      expect(await detailOf(world, path, 'tea-bowls-7')).toMatchObject({ title: 'Tea bowls' })
      expect(first && (await detailOf(world, path, first.slug))).toMatchObject({ id: first?.id })
    }
    const owners = await world.rows('slugs')
    expect(owners).toHaveLength(2 * count)
  })

  it('given by hand to two at once is one’s and a conflict for the other', async ({ expect }) => {
    const body = { title: 'T', content: 'x', slug: 'same' }
    const make = () => world.as('admin').post(POSTS, { body })
    const statuses = (await Promise.all([make(), make(), make()])).map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([201, 409, 409])
    expect(await world.count('posts')).toBe(1)
    expect(await world.count('audit_log')).toBe(1)
    // Projects have addresses of their own.
    expect((await write(world, { slug: 'same' }, PROJECTS)).slug).toBe('same')
  })

  it('is made of any title', async ({ expect }) => {
    const long = 'word '.repeat(39).trim()
    const expected: Record<string, RegExp> = {
      'Über Öfen & Glück': /^ueber-oefen-and-glueck$/,
      'Привет, мир': /^privet-mir$/,
      陶器の写真: /^post$/,
      '🏺🏺': /^post-2$/,
      '!!!': /^post-3$/,
      '2026': /^post-2026$/,
      '42 - 7': /^post-42-7$/,
      drafts: /^post-drafts$/,
      Tags: /^post-tags$/,
      'ﬁne ｗｏｒｋ': /^fine-work$/,
      iPhone: /^iphone$/,
      [long]: /^word(-word){15}$/,
      [`${long} x`]: /^word(-word){14}-2$/,
      '../../etc/passwd': /^etc-passwd$/,
      '<script>': /^script$/,
    }
    for (const [title, slug] of Object.entries(expected)) {
      const made = await write(world, { title })
      expect(made.slug, title).toMatch(slug)
      expect(made.slug.length).toBeLessThanOrEqual(80)
      expect(await detailOf(world, POSTS, made.slug), title).toMatchObject({ id: made.id })
    }
  })

  it('that was before leads to the present one, and may be taken back', async ({ expect }) => {
    for (const path of [POSTS, PROJECTS]) {
      const { id } = await write(world, { title: 'First name' }, path)
      const visit = async (slug: string) => {
        const response = await world.as('anonymous').get(`${path}/${slug}`)
        return response.status === 301 ? response.headers.get('location') : response.status
      }
      const answer = await change(path, id, { title: 'Second name' })
      expect(await answer.json()).toMatchObject({ slug: 'second-name' })
      expect(await visit('first-name')).toBe(`${path}/second-name`)
      await change(path, id, { slug: 'by-hand' })
      expect(await visit('first-name')).toBe(`${path}/by-hand`)
      expect(await visit('second-name')).toBe(`${path}/by-hand`)
      const moved = await world.as('anonymous').get(`${path}/first-name`)
      expect(moved.headers.get('cache-control')).toBe('no-cache')
      // One that was written by hand stays when the title changes.
      await change(path, id, { title: 'Third name' })
      expect(await visit('by-hand')).toBe(200)
      // An old one is nobody else's.
      expect((await write(world, { title: 'First name' }, path)).slug).toBe('first-name-2')
      const taken = { title: 'x', content: 'x', slug: 'second-name' }
      expect((await world.as('admin').post(path, { body: taken })).status).toBe(409)
      await change(path, id, { slug: 'first-name' })
      expect(await visit('first-name')).toBe(200)
      expect(await visit('by-hand')).toBe(`${path}/first-name`)
      await change(path, id, { status: 'draft' })
      for (const slug of ['first-name', 'by-hand', 'second-name']) {
        expect(await visit(slug), slug).toBe(404)
      }
    }
  })

  it('is another’s: nothing is changed', async ({ expect }) => {
    await write(world, { title: 'Mine' })
    const other = await write(world, { title: 'Other', tags: ['a'] })
    const before = [await world.rows('posts'), await world.rows('slugs'), await world.rows('tags')]
    const body = { slug: 'mine', title: 'New', tags: ['b'] }
    expect((await change(POSTS, other.id, body)).status).toBe(409)
    const after = [await world.rows('posts'), await world.rows('slugs'), await world.rows('tags')]
    expect(after).toEqual(before)
  })

  it('is free when its thing is deleted', async ({ expect }) => {
    const { id } = await write(world, { title: 'Gone' })
    await change(POSTS, id, { slug: 'gone-too' })
    await world.as('admin').delete(`${POSTS}/${id}`)
    for (const slug of ['gone', 'gone-too']) {
      expect(await detailOf(world, POSTS, slug)).toBe(404)
      expect((await write(world, { slug })).slug).toBe(slug)
    }
    expect((await listOf<Post>(world, POSTS)).data).toHaveLength(2)
  })
})
