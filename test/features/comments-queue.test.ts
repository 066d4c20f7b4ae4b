import { beforeEach, describe, it } from 'vitest'
import { GENEROUS } from '../support/accounts.ts'
import { POSTS, type Post, PROJECTS, write } from '../support/content.ts'
import {
  COMMENTS,
  type Comment,
  comment,
  miscounted,
  type Queued,
  queue,
  said,
  shownOn,
} from '../support/talk.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
let post: Post
let project: Post
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  post = await write(world)
  project = await write(world, {}, PROJECTS)
})

const admin = () => world.as('admin')
const file = (id: number | undefined, status: string, headers = {}) =>
  admin().patch(`${COMMENTS}/${id}`, { body: { status }, headers })
const bulk = (ids: number[], status: string) =>
  admin().post(`${COMMENTS}/bulk`, { body: { ids, status } })
const commentCount = async (table = 'posts') => (await world.rows(table))[0]?.comment_count
const lastEntry = async () => (await world.rows('audit_log')).at(-1)

describe('the queue', () => {
  it('shows admins all comments, newest first, with filters and a count', async ({ expect }) => {
    await comment(world, post.id, { content: 'Über die Schale' })
    await comment(world, post.id, { website: 'x' })
    await comment(world, project.id, { name: 'Ben' }, 'anonymous', { path: PROJECTS })
    const approved = await said(world, post.id, 'Ours')
    const all = await queue(world)
    expect(all.map(({ status }) => status)).toEqual(['approved', 'pending', 'spam', 'pending'])
    expect(all[0]?.id).toBe(approved.id)
    const counts: Record<string, number> = {
      '': 4,
      'status=pending': 2,
      'status=spam': 1,
      'entity_type=project': 1,
      'entity_type=post&status=pending': 1,
      'q=uber': 1,
      'q=ben': 1,
      'q=ANN@example': 3,
      'q=nobody': 0,
      'q=%25': 0,
    }
    for (const [query, count] of Object.entries(counts)) {
      const response = await admin().get(`${COMMENTS}?count=true&${query}`)
      const page = await response.json<{ data: Queued[]; count: number }>()
      expect([page.data.length, page.count], query).toEqual([count, count])
    }
    for (const query of ['status=x', 'entity_type=product', 'entity_type=user', 'sort=id']) {
      expect((await admin().get(`${COMMENTS}?${query}`)).status, query).toBe(422)
    }
    const first = await admin().get(`${COMMENTS}?limit=3`)
    const { next_cursor } = await first.json<{ next_cursor: string }>()
    expect(await queue(world, `?limit=3&cursor=${next_cursor}`)).toHaveLength(1)
  })

  it('shows the same source for the same address, and none of the address', async ({ expect }) => {
    const from = '198.51.100.7'
    await comment(world, post.id, {}, 'anonymous', { from })
    await comment(world, post.id, {}, 'anonymous', { from })
    await comment(world, post.id)
    const [other, second, first] = await queue(world)
    expect(first?.source).toMatch(/^[\w-]{22}$/)
    expect([second?.source, other?.source === first?.source]).toEqual([first?.source, false])
    expect(JSON.stringify(await world.rows('comments'))).not.toContain(from)
  })
})

describe('a decision', () => {
  it('is seen by visitors at once, and counted', async ({ expect }) => {
    await comment(world, post.id)
    const [{ id } = {}] = await queue(world)
    const steps: [status: string, shown: number][] = [
      ['approved', 1],
      ['spam', 0],
      ['pending', 0],
      ['approved', 1],
    ]
    for (const [status, shown] of steps) {
      await world.as('anonymous').get(`${POSTS}/${post.id}`)
      const response = await file(id, status)
      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject({ id, status })
      expect(await shownOn(world, post.id)).toHaveLength(shown)
      const read = await world.as('anonymous').get(`${POSTS}/${post.id}`)
      expect(await read.json()).toMatchObject({ comment_count: shown })
      expect(await lastEntry()).toMatchObject({ action: 'comment.update', entity_id: String(id) })
      world.pass(10)
    }
    const before = await world.count('audit_log')
    expect((await file(id, 'approved')).status).toBe(200)
    expect(await world.count('audit_log')).toBe(before)
  })

  it('on a stale comment is refused', async ({ expect }) => {
    await comment(world, post.id)
    const [{ id } = {}] = await queue(world)
    const tag = (await file(id, 'approved')).headers.get('etag') ?? ''
    expect((await file(id, 'spam', { 'if-match': '"1"' })).status).toBe(412)
    const stale = await admin().delete(`${COMMENTS}/${id}`, { headers: { 'if-match': '"1"' } })
    expect(stale.status).toBe(412)
    expect((await file(id, 'spam', { 'if-match': tag })).status).toBe(200)
    expect((await admin().delete(`${COMMENTS}/${id}`)).status).toBe(204)
    for (const again of [await file(id, 'spam'), await admin().delete(`${COMMENTS}/${id}`)]) {
      expect(again.status).toBe(404)
    }
  })

  it('on a comment hides and shows its replies too', async ({ expect }) => {
    const first = await said(world, post.id, 'First')
    await said(world, post.id, 'a', first.id)
    const b = await said(world, post.id, 'b', first.id)
    expect(await commentCount()).toBe(3)
    await file(first.id, 'spam')
    expect([await shownOn(world, post.id), await commentCount()]).toEqual([[], 0])
    await file(b.id, 'pending')
    await file(first.id, 'approved')
    const [shown] = await shownOn(world, post.id)
    expect(shown?.replies.map(({ content }) => content)).toEqual(['a'])
    expect(await commentCount()).toBe(2)
    expect((await admin().delete(`${COMMENTS}/${first.id}`)).status).toBe(204)
    expect([await commentCount(), await world.count('comments')]).toEqual([0, 0])
    expect(await lastEntry()).toMatchObject({ action: 'comment.delete' })
  })

  it('on many is one batch with one record, for up to 100', async ({ expect }) => {
    for (const [place, id] of [
      [POSTS, post.id],
      [PROJECTS, project.id],
    ] as const) {
      await comment(world, id, {}, 'anonymous', { path: place })
      await comment(world, id, { name: 'Ben' }, 'anonymous', { path: place })
    }
    const ids = (await queue(world)).map(({ id }) => id)
    world.faults.heal()
    const response = await bulk([...ids, 9_999_999], 'approved')
    expect([response.status, await response.json()]).toEqual([200, { ids: ids.toSorted() }])
    // The guard's two, and the batch.
    expect(world.faults.calls.filter((call) => call.startsWith('D1'))).toHaveLength(3)
    expect([await commentCount(), await commentCount('projects')]).toEqual([2, 2])
    expect(await lastEntry()).toMatchObject({ action: 'comment.bulk', entity_id: null })
    const before = await world.count('audit_log')
    await bulk(ids, 'approved')
    expect(await world.count('audit_log')).toBe(before)
    await bulk(ids.slice(0, 2), 'deleted')
    expect(await world.count('comments')).toBe(2)
    expect(await miscounted()).toEqual([])
    for (const [count, status] of [
      [0, 422],
      [99, 200],
      [100, 200],
      [101, 422],
      [250, 422],
    ] as const) {
      const many = Array.from({ length: count }, (_, i) => i + 1)
      expect((await bulk(many, 'spam')).status, String(count)).toBe(status)
    }
  })

  it('on a whole thread at once counts right', async ({ expect }) => {
    const first = await said(world, post.id, 'First')
    const replies: Comment[] = []
    for (const name of ['a', 'b', 'c']) replies.push(await said(world, post.id, name, first.id))
    const ids = [first, ...replies].map(({ id }) => id)
    const counted: unknown[] = []
    for (const [given, status] of [
      [ids, 'spam'],
      [ids.toReversed(), 'approved'],
      [ids.toReversed(), 'pending'],
      [ids, 'approved'],
      [ids.slice(1, 3), 'deleted'],
      [ids.toReversed(), 'deleted'],
    ] as const) {
      await bulk([...given], status)
      expect(await miscounted(), status).toEqual([])
      counted.push(await commentCount())
    }
    expect(counted).toEqual([0, 4, 0, 4, 2, 0])
  })
})

describe('what is kept', () => {
  it('of a source is erased after 30 days', async ({ expect }) => {
    await comment(world, post.id)
    world.pass(30 * 86_400_000 - 1000)
    await comment(world, post.id)
    world.pass(2000)
    await world.runCron('17 3 * * *')
    const sources = (await world.rows('comments')).map(({ source }) => source === null)
    expect(sources).toEqual([true, false])
  })

  it('of spam is deleted after its time', async ({ expect }) => {
    await comment(world, post.id, { website: 'x' })
    await comment(world, post.id)
    world.pass(31 * 86_400_000)
    await world.runCron('17 3 * * *')
    expect(await world.rows('comments')).toMatchObject([{ status: 'pending' }])
  })
})
