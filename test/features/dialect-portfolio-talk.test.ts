import { beforeEach, describe, it } from 'vitest'
import { refusal } from '../support/dialects.ts'
import { type Body, POST, PROJECT, portfolio } from '../support/portfolio.ts'
import { COMMENTS, queue, said } from '../support/talk.ts'
import { newWorld, type World } from '../support/world.ts'

const MINUTE = 60_000
const DAY = 86_400_000

let world: World
let token: string
beforeEach(async () => {
  world = await newWorld({ RATE_LIMIT_SCALE: '1000' })
  token = await adminToken()
})

const { call, adminToken } = portfolio(() => world)
type Thing = Body & { id: number; comments: Body[] }

const GUEST = { name: 'Ben', email: 'ben@example.org', content: 'What a green!' }
const KINDS = [
  {
    kind: 'blog_post',
    make: (more: Body = {}) =>
      call('POST', '/blog', { token, json: { ...POST, ...more } }).then(
        ({ body }) => body as Thing,
      ),
    at: '/blog',
    read: '/blog/tea-bowls',
    lost: 'Blog post not found',
    noReaction: 'Blog Post not found',
    own: '/api/v1/posts',
  },
  {
    kind: 'project',
    make: (more: Body = {}) =>
      call('POST', '/projects/admin', { token, json: { ...PROJECT, ...more } }).then(
        ({ body }) => body as Thing,
      ),
    at: '/projects',
    read: '/projects/1',
    lost: 'Project not found',
    noReaction: 'Project not found',
    own: '/api/v1/projects',
  },
]

describe.for(KINDS)('comments on a $kind', ({ kind, make, at, read, lost, own }) => {
  const comment = (id: number, more: Body = {}) =>
    call('POST', `${at}/${id}/comments`, { json: { ...GUEST, ...more } })
  const shown = async () => ((await call('GET', read)).body as Thing).comments

  it('wait for the studio, and are shown once it lets them', async ({ expect }) => {
    const { id } = await make()
    const written = await comment(id)
    const expected = {
      name: 'Ben',
      email: 'ben@example.org',
      content: 'What a green!',
      id: expect.any(Number),
      approved: false,
      created_at: '2026-05-04T09:30:00Z',
      project_id: kind === 'project' ? id : null,
      blog_post_id: kind === 'project' ? null : id,
    }
    expect([written.status, written.body]).toEqual([201, expected])
    expect(await shown()).toEqual([])
    await world.settle()
    expect(world.outside.to('owner@linden.test')[0]?.subject).toContain('Ben')

    // Reading it deletes nothing that waits, as the original did.
    const [waiting] = await queue(world, '?status=pending')
    expect(waiting).toMatchObject({ email: 'ben@example.org', content: 'What a green!' })
    await world.as('admin').patch(`${COMMENTS}/${waiting?.id}`, { body: { status: 'approved' } })
    expect(await shown()).toEqual([{ ...expected, email: '', approved: true }])
    await world.as('admin').delete(`${COMMENTS}/${waiting?.id}`)
    expect(await shown()).toEqual([])
  })

  it('are shown with answers to them, the oldest first', async ({ expect }) => {
    const { id } = await make()
    const first = await said(world, id, 'One thing.', undefined, own)
    await said(world, id, 'Another.', undefined, own)
    await said(world, id, 'An answer.', first.id, own)
    expect((await shown()).map(({ content }) => content)).toEqual([
      'One thing.',
      'Another.',
      'An answer.',
    ])
  })

  it('are refused with all that is wrong', async ({ expect }) => {
    const { id } = await make()
    const { status, body } = await comment(id, { name: 'B', email: 'nobody', content: 'Hm' })
    expect(status).toBe(422)
    expect(body).toMatchObject({
      detail: [
        { loc: ['body', 'name'], ctx: { min_length: 2 } },
        { loc: ['body', 'email'], ctx: { reason: 'An email address must have an @-sign.' } },
        { loc: ['body', 'content'], ctx: { min_length: 5 } },
      ],
    })
    expect((await comment(id, { content: 'x'.repeat(1001) })).status).toBe(422)
    expect(refusal(await comment(999))).toEqual([404, lost])
    expect(await world.count('comments')).toBe(0)
  })

  it('are taken on nothing that is not shown', async ({ expect }) => {
    const { id } = await make({ published: false })
    expect(refusal(await comment(id))).toEqual([404, lost])
    expect((await call('GET', read, { token })).body).toMatchObject({ comments: [] })
  })
})

describe.for(KINDS)('reactions to a $kind', ({ kind, make, noReaction }) => {
  const at = (id: number | string) => `/reactions/${kind}/${id}`
  const react = (id: number, reaction_type: unknown, email = 'ben@example.org') =>
    call('POST', at(id), { json: { email, name: 'Ben', reaction_type } })
  const summary = async (id: number, email?: string) =>
    (await call('GET', `${at(id)}/summary${email ? `?user_email=${email}` : ''}`)).body

  it('are one for each address: made, changed, taken back', async ({ expect }) => {
    const { id } = await make()
    const first = await react(id, 'like')
    const reaction = {
      email: 'ben@example.org',
      name: 'Ben',
      reaction_type: 'like',
      id: expect.any(Number),
      entity_id: id,
      entity_type: kind,
      ip_address: null,
      created_at: '2026-05-04T09:30:00Z',
      updated_at: '2026-05-04T09:30:00Z',
    }
    expect([first.status, first.body]).toEqual([
      200,
      { reaction, action: 'created', message: 'Your reaction has been added successfully!' },
    ])
    expect((await react(id, 'love')).body).toEqual({
      reaction: { ...reaction, reaction_type: 'love' },
      action: 'updated',
      message: 'Your reaction has been updated successfully!',
    })
    await react(id, 'congratulations', 'clara@example.org')
    const counts = { total_reactions: 2, like_count: 0, love_count: 1, congratulations_count: 1 }
    expect(await summary(id)).toEqual({ ...counts, user_reaction: null })
    expect(await summary(id, 'ben@example.org')).toEqual({ ...counts, user_reaction: 'love' })

    const remove = (email: string) => call('DELETE', `${at(id)}?email=${email}`)
    const removed = await remove('ben@example.org')
    expect([removed.status, removed.body]).toEqual([
      200,
      { message: 'Your reaction has been removed successfully', deleted: true },
    ])
    expect(refusal(await remove('ben@example.org'))).toEqual([
      404,
      'Reaction not found or already deleted',
    ])
    expect(await summary(id)).toMatchObject({ total_reactions: 1 })
    expect((await call('DELETE', at(id))).body).toEqual({
      detail: [{ type: 'missing', loc: ['query', 'email'], msg: 'Field required', input: null }],
    })
  })

  it('are listed newest first, without a word of whose they are', async ({ expect }) => {
    const { id } = await make()
    for (const [index, type] of ['like', 'love', 'like'].entries()) {
      world.pass(1000)
      await react(id, type, `person${index}@example.org`)
    }
    const list = async (query = '') =>
      (await call('GET', `${at(id)}${query}`)).body as { reaction_type: string; email: string }[]
    expect((await list()).map(({ reaction_type }) => reaction_type)).toEqual([
      'like',
      'love',
      'like',
    ])
    expect(JSON.stringify(await list())).not.toContain('@')
    expect(JSON.stringify(await world.rows('reactions'))).not.toContain('@')
    expect(await list('?skip=1&limit=1')).toMatchObject([{ reaction_type: 'love' }])
    expect(await list('?skip=20000')).toEqual([])
    expect((await call('GET', `${at(id)}?limit=501`)).body).toMatchObject({
      detail: [{ msg: 'Input should be less than or equal to 500' }],
    })
  })

  it('count the kinds that the front end knows', async ({ expect }) => {
    const { id } = await make()
    const path = `/api/v1/${kind === 'project' ? 'projects' : 'posts'}/${id}/reaction`
    await world.as('admin').put(path, { body: { type: 'insightful' } })
    await react(id, 'like')
    expect(await summary(id)).toMatchObject({ total_reactions: 1, like_count: 1 })
  })

  it('of addresses that nobody has seen are counted fifty times a day', async ({ expect }) => {
    const { id } = await make()
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    const statuses: number[] = []
    for (let minute = 0; minute < 3; minute++) {
      for (let turn = 0; turn < 25; turn++) {
        const email = `ann${statuses.length}@example.org`
        statuses.push((await react(id, 'like', email)).status)
      }
      world.pass(MINUTE)
    }
    expect(statuses).toEqual([...Array(50).fill(200), ...Array(25).fill(429)])
    expect(await world.count('reactions')).toBe(50)
    // Whoever has reacted before may still change their mind, thirty times a minute.
    const again: number[] = []
    for (let turn = 0; turn < 31; turn++) {
      again.push((await react(id, turn % 2 ? 'like' : 'love', 'ann0@example.org')).status)
    }
    expect(again).toEqual([...Array(30).fill(200), 429])
    const wait = async (email: string) =>
      (await react(id, 'like', email)).headers.get('retry-after')
    expect(Number(await wait('ann0@example.org'))).toBeLessThanOrEqual(60)
    expect(Number(await wait('new@example.org'))).toBeGreaterThan(DAY / 1000 - 600)
    world.pass(DAY)
    expect((await react(id, 'like', 'new@example.org')).status).toBe(200)
  })

  it('are refused with what is wrong, and to nothing that is not shown', async ({ expect }) => {
    const { id } = await make({ published: false })
    for (const answer of [
      await react(id, 'like'),
      await call('GET', `${at(id)}/summary`),
      await call('GET', at(id)),
    ]) {
      expect(refusal(answer)).toEqual([404, noReaction])
    }
    expect((await call('DELETE', `${at(id)}?email=a@example.org`)).status).toBe(404)
    expect((await react(id, 'insightful')).body).toMatchObject({
      detail: [
        {
          type: 'enum',
          loc: ['body', 'reaction_type'],
          msg: "Input should be 'like', 'love' or 'congratulations'",
        },
      ],
    })
    expect((await call('GET', at('x'))).status).toBe(422)
  })
})

describe('a reaction to anything else', () => {
  it.for([
    ['video', 'Video not found'],
    ['some_thing', 'Some Thing not found'],
    ['constructor', 'Constructor not found'],
  ] as const)('is refused by its name: %s', async ([type, detail], { expect }) => {
    expect(refusal(await call('GET', `/reactions/${type}/1/summary`))).toEqual([404, detail])
    expect(refusal(await call('GET', `/reactions/${type}/1`))).toEqual([404, detail])
    const json = { email: 'ben@example.org', name: 'Ben', reaction_type: 'like' }
    expect(refusal(await call('POST', `/reactions/${type}/1`, { json }))).toEqual([404, detail])
    expect(refusal(await call('DELETE', `/reactions/${type}/1?email=a@example.org`))).toEqual([
      404,
      'Reaction not found or already deleted',
    ])
  })
})
