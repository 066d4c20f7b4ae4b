import { describe, it } from 'vitest'
import { GENEROUS } from '../support/accounts.ts'
import { breakEach } from '../support/break-each.ts'
import { POSTS, PROFILES, PROJECTS, write } from '../support/content.ts'
import type { World } from '../support/world.ts'

const settings = GENEROUS
const TABLES = [
  'posts',
  'projects',
  'profiles',
  'slugs',
  'tags',
  'post_tags',
  'technologies',
  'project_technologies',
  'image_uses',
]

/** All that content is made of, and how many changes the record knows. */
const stateOf = async (world: World) => {
  const tables = await Promise.all(TABLES.map((table) => world.rows(table)))
  const entries = await world.rows('audit_log')
  return JSON.stringify([tables, entries.map(({ action }) => action)])
}

type Deed = { name: string; run: (world: World) => Promise<Response> }

const DEEDS: Deed[] = [
  {
    name: 'writing a post',
    run: (world) => {
      const body = { title: 'New', content: 'Words.', tags: ['a', 'b'], status: 'published' }
      return world.as('admin').post(POSTS, { body, headers: { 'idempotency-key': 'k' } })
    },
  },
  {
    name: 'changing and publishing a post',
    run: async (world) => {
      const [post] = await world.rows('posts')
      const body = { title: 'Renamed', content: 'Other', tags: ['c'], status: 'published' }
      return world.as('admin').patch(`${POSTS}/${post?.id}`, { body })
    },
  },
  {
    name: 'deleting a post',
    run: async (world) =>
      world.as('admin').delete(`${POSTS}/${(await world.rows('posts'))[0]?.id}`),
  },
  {
    name: 'changing a project',
    run: async (world) => {
      const [project] = await world.rows('projects')
      const body = { title: 'Renamed', technologies: ['c'], status: 'draft' }
      return world.as('admin').patch(`${PROJECTS}/${project?.id}`, { body })
    },
  },
  {
    name: 'putting projects into an order',
    run: async (world) => {
      const ids = (await world.rows('projects')).map(({ id }) => id).toReversed()
      return world.as('admin').put(`${PROJECTS}/order`, { body: { ids } })
    },
  },
  {
    name: 'saving a profile',
    run: (world) =>
      world.as('admin').put(`${PROFILES}/admin`, { body: { name: 'Ada', bio: '*x*' } }),
  },
]

async function open(world: World): Promise<void> {
  await write(world, { status: 'draft', tags: ['a'] })
  await write(world, { technologies: ['x'] }, PROJECTS)
  await write(world, { technologies: ['y'] }, PROJECTS)
}

describe('whatever call breaks', () => {
  for (const { name, run } of DEEDS) {
    it(`${name} is done whole with its record, or not at all`, async ({ expect }) => {
      let before = ''
      let done = ''
      let status = 0
      const calls = await breakEach({
        settings,
        before: async (world) => {
          await world.admin()
          await open(world)
          before = await stateOf(world)
        },
        run: async (world) => {
          status = (await run(world)).status
        },
        after: async (world, point) => {
          const after = await stateOf(world)
          done ||= after
          if (point === 'nothing broken') expect(after, point).not.toBe(before)
          expect([before, done], point).toContain(after)
          if (status < 300) expect(after, point).toBe(done)
          else expect(status, point).toBe(500)
        },
      })
      // Without the guard's own two and the cache: one to read, one batch to write.
      expect(
        calls.filter((call) => call.startsWith('D1')).length,
        calls.join(),
      ).toBeLessThanOrEqual(5)
    })
  }

  it('publishing by the clock is done once in the end', async ({ expect }) => {
    await breakEach({
      settings,
      before: async (world) => {
        const at = '2026-05-04T09:31:00.000Z'
        await write(world, { status: 'scheduled', publish_at: at, tags: ['a'] })
        world.pass(60_000)
      },
      run: (world) => world.runCron('* * * * *').catch(() => undefined),
      after: async (world, point) => {
        await world.runCron('* * * * *')
        expect(await world.rows('posts'), point).toMatchObject([
          { status: 'published', version: 2 },
        ])
        expect(await world.rows('tags'), point).toMatchObject([{ post_count: 1 }])
        const entries = (await world.rows('audit_log')).map(({ action }) => action)
        expect(entries, point).toEqual(['post.create', 'post.publish'])
      },
    })
  })

  it('reading answers a problem, or what is kept', async ({ expect }) => {
    let status = 0
    for (const path of [POSTS, `${POSTS}/a-post`, PROJECTS, '/api/v1/tags', PROFILES]) {
      await breakEach({
        settings,
        before: async (world) => {
          await write(world)
        },
        run: async (world) => {
          status = (await world.as('anonymous').get(path)).status
        },
        after: async (_, point) => expect([200, 500, 503], `${path} ${point}`).toContain(status),
      })
    }
  })
})
