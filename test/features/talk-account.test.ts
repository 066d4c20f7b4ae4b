import { beforeEach, describe, it } from 'vitest'
import { GENEROUS } from '../support/accounts.ts'
import { POSTS, type Post, PROJECTS, write } from '../support/content.ts'
import type { Person } from '../support/people.ts'
import { comment, miscounted, queue, said, shownOn } from '../support/talk.ts'
import { newWorld, type World } from '../support/world.ts'

const ME = '/api/v1/users/me'

let world: World
let post: Post
let ann: Person
beforeEach(async () => {
  world = await newWorld({ ...GENEROUS, COMMENTS_MODERATION: 'none' })
  post = await write(world)
  ann = await world.person({ email: 'Ann@Example.org', username: 'ann', steppedUp: true })
})

/** Ann comments with her account and as a guest, and reacts; Ben does too. */
async function talk(): Promise<void> {
  const project = await write(world, {}, PROJECTS)
  const ben = await world.person()
  await comment(world, post.id, { content: 'With my account' }, ann)
  await comment(world, post.id, { content: 'As a guest', email: 'ann@EXAMPLE.org' })
  await comment(world, post.id, { content: 'Ben’s', email: 'ben@example.org' })
  await comment(world, project.id, { content: 'On a project' }, ann, { path: PROJECTS })
  for (const who of [ann, ben]) {
    await world.as(who).put(`${POSTS}/${post.id}/reaction`, { body: { type: 'love' } })
    await world.as(who).put(`${PROJECTS}/${project.id}/reaction`, { body: { type: 'like' } })
  }
}

describe('whoever leaves', () => {
  const ways: Record<string, () => Promise<Response>> = {
    'by themselves': () => world.as(ann).delete(ME),
    'by an admin': () => world.as('admin').delete(`/api/v1/users/${ann.id}`),
  }
  for (const [way, leave] of Object.entries(ways)) {
    it(`${way} leaves comments without a person, and no reaction`, async ({ expect }) => {
      await talk()
      const reply = await said(world, post.id, 'Thanks', (await shownOn(world, post.id))[2]?.id)
      expect((await leave()).status).toBe(204)
      world.pass(131_000)
      const shown = await shownOn(world, post.id)
      expect(shown.map(({ name, content }) => `${name}: ${content}`)).toEqual([
        'Ann: Ben’s',
        'Ann: As a guest',
        'Deleted account: With my account',
      ])
      expect(shown[2]?.replies).toMatchObject([{ id: reply.id }])
      expect((await queue(world)).map(({ email }) => email)).toEqual([
        'admin@linden.test',
        null,
        'ben@example.org',
        null,
        null,
      ])
      const rows = await world.rows('comments')
      expect(rows.filter(({ source }) => source === null)).toHaveLength(2)
      expect(JSON.stringify(rows)).not.toMatch(/ann@example/i)
      expect(await world.rows('reactions')).toMatchObject([{ type: 'love' }, { type: 'like' }])
      expect(await world.rows('posts')).toMatchObject([{ love_count: 1, comment_count: 4 }])
      expect(await miscounted()).toEqual([])
    })
  }
})

describe('an export', () => {
  it('holds what a person said and liked, and nobody else’s', async ({ expect }) => {
    await talk()
    await said(world, post.id, 'Ours')
    const response = await world.as(ann).get(`${ME}/export`)
    expect(response.headers.get('server-timing')).toContain('calls=2')
    const kept = await response.json<{
      comments: { content: string; name: string | null }[]
      reactions: { type: string; entity_type: string }[]
    }>()
    expect(kept.comments.map(({ content }) => content)).toEqual([
      'On a project',
      'As a guest',
      'With my account',
    ])
    expect(kept.comments[0]).toEqual({
      id: expect.any(Number),
      name: null,
      content: 'On a project',
      entity_type: 'project',
      entity_id: expect.any(Number),
      created_at: '2026-05-04T09:30:00.000Z',
    })
    expect(
      kept.reactions.map(({ type, entity_type }) => `${type} ${entity_type}`).toSorted(),
    ).toEqual(['like project', 'love post'])
  })
})

describe('an account', () => {
  it('without a name is shown as one', async ({ expect }) => {
    await comment(world, post.id, {}, ann)
    await world.as(ann).patch(ME, { body: { username: null } })
    world.pass(131_000)
    expect(await shownOn(world, post.id)).toMatchObject([{ name: 'Anonymous' }])
  })
})
