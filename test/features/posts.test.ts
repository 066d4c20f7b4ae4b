import { beforeEach, describe, it } from 'vitest'
import { GENEROUS, inParallel } from '../support/accounts.ts'
import { refusesBadInput } from '../support/bad-input.ts'
import { detailOf, listOf, POSTS, type Post, write } from '../support/content.ts'
import { rounds } from '../support/rounds.ts'
import { newWorld, type World } from '../support/world.ts'

const NOW = '2026-05-04T09:30:00.000Z'

let world: World
beforeEach(async () => {
  world = await newWorld(GENEROUS)
})

const titles = async (query = '') =>
  (await listOf<Post>(world, POSTS, query)).data.map(({ title }) => title)

describe('a post', () => {
  it('is written, read, changed and deleted', async ({ expect }) => {
    const made = await world.as('admin').post(POSTS, {
      body: {
        title: 'Glazing *the* Öfen',
        content: '# Glazing\n\nWe fired at **1240 °C** for ten hours.',
        tags: ['Glaze', 'Kiln', 'glaze'],
        status: 'published',
      },
    })
    const post = await made.json<Post>()
    expect([made.status, made.headers.get('location')]).toEqual([201, `${POSTS}/${post.id}`])
    const admin = await world.admin()
    expect(post).toEqual({
      id: expect.any(Number),
      slug: 'glazing-the-oefen',
      title: 'Glazing *the* Öfen',
      excerpt: 'We fired at 1240 °C for ten hours.',
      content: '# Glazing\n\nWe fired at **1240 °C** for ten hours.',
      content_html:
        '<h1 id="section-glazing">Glazing</h1>\n<p>We fired at <strong>1240 °C</strong> for ten hours.</p>\n',
      tags: ['Glaze', 'Kiln'],
      author: { id: admin.id, name: 'admin' },
      status: 'published',
      reading_minutes: 1,
      views: 0,
      images: [],
      videos: [],
      comment_count: 0,
      reactions: { total: 0, like: 0, love: 0, congratulations: 0, insightful: 0 },
      previous: null,
      next: null,
      published_at: NOW,
      created_at: NOW,
      updated_at: NOW,
    })
    expect(await detailOf(world, POSTS, post.id)).toEqual(post)
    expect(await detailOf(world, POSTS, post.slug)).toMatchObject({ id: post.id })

    world.pass(1000)
    const changed = await world.as('admin').patch(`${POSTS}/${post.id}`, {
      body: { content: 'Cooled for two days.', tags: ['kiln', 'Cooling'] },
    })
    expect(await changed.json()).toMatchObject({
      content_html: '<p>Cooled for two days.</p>\n',
      excerpt: 'Cooled for two days.',
      tags: ['Kiln', 'Cooling'],
      slug: 'glazing-the-oefen',
      published_at: NOW,
      updated_at: '2026-05-04T09:30:01.000Z',
    })
    expect((await world.as('admin').delete(`${POSTS}/${post.id}`)).status).toBe(204)
    expect((await world.as('anonymous').get(`${POSTS}/${post.id}`)).status).toBe(404)
    for (const table of ['posts', 'slugs', 'post_tags']) expect(await world.count(table)).toBe(0)
    const actions = (await world.rows('audit_log')).map(({ action, entity_id }) => [
      action,
      entity_id,
    ])
    expect(actions).toEqual(
      ['post.create', 'post.update', 'post.delete'].map((action) => [action, String(post.id)]),
    )
  })
})
