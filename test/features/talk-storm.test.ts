import { describe, it } from 'vitest'
import { GENEROUS } from '../support/accounts.ts'
import { breakEach } from '../support/break-each.ts'
import { POSTS, type Post, PROJECTS, write } from '../support/content.ts'
import type { Person } from '../support/people.ts'
import { rounds } from '../support/rounds.ts'
import { COMMENTS, comment, miscounted, said } from '../support/talk.ts'
import { newWorld, type World } from '../support/world.ts'

const settings = { ...GENEROUS, COMMENTS_MODERATION: 'none' }

/** Numbers that look random and are the same each time. */
function createDice(seed: number) {
  let state = seed
  return (sides: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * sides)
  }
}

const TYPES = ['like', 'love', 'congratulations', 'insightful']
const STATUSES = ['approved', 'pending', 'spam']

describe('a storm', () => {
  it('of everything at once, with calls that break, leaves counters that equal rows', async ({
    expect,
  }) => {
    const world = await newWorld(settings)
    const people: Person[] = []
    for (let i = 0; i < 5; i++) people.push(await world.person({ steppedUp: true }))
    const things: [path: string, id: number][] = []
    for (let i = 0; i < 4; i++) things.push([POSTS, (await write(world, { title: `P ${i}` })).id])
    for (let i = 0; i < 4; i++) {
      things.push([PROJECTS, (await write(world, { title: `P ${i}` }, PROJECTS)).id])
    }
    const roll = createDice(7)
    const any = <T>(list: T[]): T | undefined => list[roll(list.length)]
    const statuses: Record<number, number> = {}
    const done = new Set<string>()

    for (let round = 0; round < Math.max(25, rounds(100)); round++) {
      const comments = await world.rows('comments')
      const ids = comments.map(({ id }) => Number(id))
      const open = comments.filter((row) => row.status === 'approved' && row.parent_id === null)
      const deeds = Array.from({ length: 8 }, (): [string, () => Promise<Response>] => {
        const [path = '', id = 0] = any(things) ?? []
        const who = any([...people, 'anonymous' as const]) ?? 'anonymous'
        const one = any(ids) ?? 1
        const status = any(STATUSES)
        switch (roll(9)) {
          case 0:
          case 1:
            return ['comment', () => comment(world, id, {}, who, { path })]
          case 2: {
            const { id: parent_id, entity_type, entity_id } = any(open) ?? {}
            const to = entity_type === 'post' ? POSTS : PROJECTS
            return [
              'reply',
              () => comment(world, Number(entity_id), { parent_id }, who, { path: to }),
            ]
          }
          case 3:
            return [
              'file',
              () => world.as('admin').patch(`${COMMENTS}/${one}`, { body: { status } }),
            ]
          case 4: {
            const some = ids.filter(() => roll(3) === 0).slice(0, 100)
            const wish = roll(8) === 0 ? 'deleted' : status
            const body = { ids: some.length > 0 ? some : [one], status: wish }
            return ['bulk', () => world.as('admin').post(`${COMMENTS}/bulk`, { body })]
          }
          case 5:
            return ['delete', () => world.as('admin').delete(`${COMMENTS}/${one}`)]
          case 6:
          case 7: {
            const body = { type: any(TYPES) }
            return ['react', () => world.as(who).put(`${path}/${id}/reaction`, { body })]
          }
          default:
            return ['unreact', () => world.as(who).delete(`${path}/${id}/reaction`)]
        }
      })
      if (roll(4) === 0) {
        const [path = '', id = 0] = any(things) ?? []
        deeds.push(['leave', () => world.as('admin').delete(`${path}/${id}`)])
      }
      if (round === 15) {
        deeds.push(['account', () => world.as(people[0] as Person).delete('/api/v1/users/me')])
      }
      if (roll(2) === 0) world.faults.failAt(1 + roll(20), roll(2) === 0 ? 'before' : 'after')
      const answers = await Promise.all(
        deeds.map(async ([name, deed]) => [name, (await deed()).status] as const),
      )
      world.faults.heal()
      for (const [name, status] of answers) {
        statuses[status] = (statuses[status] ?? 0) + 1
        if (status < 300) done.add(name)
      }
      expect(await miscounted(), `round ${round}`).toEqual([])
      // What is gone comes anew, so that the storm does not die down.
      for (const [index, [path, id]] of things.entries()) {
        const table = path === POSTS ? 'posts' : 'projects'
        if ((await world.rows(table)).some((row) => row.id === id)) continue
        things[index] = [path, (await write(world, { title: `P ${round} ${index}` }, path)).id]
      }
    }
    expect([...done].toSorted()).toEqual([
      'account',
      'bulk',
      'comment',
      'delete',
      'file',
      'leave',
      'react',
      'reply',
      'unreact',
    ])
    expect(statuses[500]).toBeGreaterThan(3)
    expect(
      Object.keys(statuses)
        .map(Number)
        .every((one) => one <= 500),
    ).toBe(true)
  })
})

const rowsOf = async (world: World) =>
  JSON.stringify([
    (await world.rows('comments')).map(({ key, ...row }) => row),
    (await world.rows('reactions')).map(({ person, ...row }) => row),
    (await world.rows('posts')).map(({ view_count, ...row }) => row),
    (await world.rows('audit_log')).map(({ action }) => action),
    (await world.rows('outbox')).map(({ kind }) => kind),
  ])

describe('whatever call breaks', () => {
  let post: Post
  const deeds: Record<string, (world: World, id: number) => Promise<Response>> = {
    'a comment': (world) =>
      comment(world, post.id, {}, 'anonymous', { headers: { 'idempotency-key': 'k' } }),
    'a decision': (world, id) =>
      world.as('admin').patch(`${COMMENTS}/${id}`, { body: { status: 'spam' } }),
    'many decisions': (world, id) =>
      world
        .as('admin')
        .post(`${COMMENTS}/bulk`, { body: { ids: [id, id + 1], status: 'pending' } }),
    'deleting a comment': (world, id) => world.as('admin').delete(`${COMMENTS}/${id}`),
    'deleting a post': (world) => world.as('admin').delete(`${POSTS}/${post.id}`),
    'a reaction': (world) =>
      world.as('admin').put(`${POSTS}/${post.id}/reaction`, { body: { type: 'love' } }),
  }
  for (const [name, run] of Object.entries(deeds)) {
    it(`${name} is done whole, or not at all`, async ({ expect }) => {
      let before = ''
      let done = ''
      let status = 0
      let id = 0
      await breakEach({
        settings,
        before: async (world) => {
          await world.admin()
          post = await write(world)
          id = (await said(world, post.id, 'First')).id
          await said(world, post.id, 'Reply', id)
          await world.as('admin').put(`${POSTS}/${post.id}/reaction`, { body: { type: 'like' } })
          before = await rowsOf(world)
        },
        run: async (world) => {
          status = (await run(world, id)).status
        },
        after: async (world, point) => {
          const after = await rowsOf(world)
          done ||= after
          if (point === 'nothing broken') expect(after, point).not.toBe(before)
          expect([before, done], point).toContain(after)
          if (status < 300) expect(after, point).toBe(done)
          else expect(status, point).toBe(500)
          expect(await miscounted(), point).toEqual([])
        },
      })
    })
  }
})
