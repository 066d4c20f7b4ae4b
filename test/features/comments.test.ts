import { beforeEach, describe, it } from 'vitest'
import { GENEROUS } from '../support/accounts.ts'
import { POSTS, type Post, PROJECTS, walk, write } from '../support/content.ts'
import { type Comment, comment, GUEST, miscounted, queue, said, shownOn } from '../support/talk.ts'
import { newWorld, World } from '../support/world.ts'

const OPEN = { ...GENEROUS, COMMENTS_MODERATION: 'none' }

let world: World
let post: Post
beforeEach(async () => {
  world = await newWorld(GENEROUS)
  post = await write(world)
})

const countOf = async () => (await world.rows('posts'))[0]?.comment_count

describe('a comment', () => {
  it('of a guest waits for the studio, which gets a mail; the guest gets none', async ({
    expect,
  }) => {
    const response = await comment(world, post.id)
    expect([response.status, await response.json()]).toEqual([202, { status: 'accepted' }])
    expect(response.headers.get('location')).toBeNull()
    expect(await shownOn(world, post.id)).toEqual([])
    expect(await queue(world)).toMatchObject([
      { ...GUEST, status: 'pending', entity_type: 'post', entity_id: post.id, replies: [] },
    ])
    await world.deliver()
    expect(world.outside.mails.map(({ to }) => to)).toEqual(['owner@linden.test'])
    const [mail] = world.outside.mails
    expect(mail?.subject).toBe('Ann commented on A post')
    expect(mail?.text).toMatch(/not before you let it through[\s\S]*A fine pot\./)
  })

  it('is shown at once where nothing is moderated', async ({ expect }) => {
    world.useSettings(OPEN)
    // So that the list and the post are cached, without it.
    for (const path of [`${POSTS}/${post.id}`, `${POSTS}/${post.id}/comments`, POSTS]) {
      await world.as('anonymous').get(path)
    }
    const response = await comment(world, post.id)
    expect(response.status).toBe(201)
    expect(response.headers.get('location')).toBe(`${POSTS}/${post.id}/comments`)
    const made = await response.json<Comment>()
    expect(made).toEqual({
      id: made.id,
      name: 'Ann',
      content: 'A fine pot.',
      parent_id: null,
      replies: [],
      created_at: '2026-05-04T09:30:00.000Z',
    })
    expect(await shownOn(world, post.id)).toEqual([made])
    for (const path of [`${POSTS}/${post.id}`, `${POSTS}/a-post`]) {
      expect(await (await world.as('anonymous').get(path)).json()).toMatchObject({
        comment_count: 1,
      })
    }
    const list = await world.as('anonymous').get(POSTS)
    expect(await list.json()).toMatchObject({ data: [{ comment_count: 1 }] })
    await world.deliver()
    expect(world.outside.mails[0]?.text).toContain('since it was sent')
  })

  it('of somebody signed in needs no name and is shown by the account', async ({ expect }) => {
    const ann = await world.person()
    await world.as(ann).patch('/api/v1/users/me', { body: { full_name: 'Ann Linden' } })
    expect((await comment(world, post.id, {}, ann)).status).toBe(202)
    const [row] = await queue(world)
    expect(row).toMatchObject({ name: 'Ann Linden', email: ann.email })
    expect(await world.rows('comments')).toMatchObject([{ name: null, email: null }])
    expect(await queue(world, `?q=${ann.email}`)).toHaveLength(1)
    // A name that is given is not another's to take.
    await comment(world, post.id, { name: 'The Pope', email: 'pope@example.org' }, ann)
    expect((await queue(world))[0]).toMatchObject({ name: 'Ann Linden', email: ann.email })
  })

  it('of the studio is shown at once, with a record and without a mail', async ({ expect }) => {
    const made = await said(world, post.id, 'Thank you.')
    expect(await shownOn(world, post.id)).toEqual([made])
    expect(await world.count('outbox')).toBe(0)
    expect((await world.rows('audit_log')).at(-1)).toMatchObject({
      action: 'comment.create',
      entity_type: 'comment',
      entity_id: String(made.id),
    })
  })

  it('of a known author is let through where that is set, of a guest never', async ({ expect }) => {
    world.useSettings({ COMMENTS_MODERATION: 'first' })
    const ann = await world.person()
    expect((await comment(world, post.id, {}, ann)).status).toBe(202)
    expect((await comment(world, post.id, {}, ann)).status).toBe(202)
    const [first] = await queue(world)
    await world.as('admin').patch(`/api/v1/comments/${first?.id}`, { body: { status: 'approved' } })
    expect((await comment(world, post.id, {}, ann)).status).toBe(201)
    // The address of somebody who is known is no proof.
    expect((await comment(world, post.id, { email: ann.email })).status).toBe(202)
    await comment(world, post.id)
    await world.as('admin').patch(`/api/v1/comments/${(await queue(world))[0]?.id}`, {
      body: { status: 'approved' },
    })
    expect((await comment(world, post.id)).status).toBe(202)
    const ben = await world.person()
    expect((await comment(world, post.id, {}, ben)).status).toBe(202)
  })

  it('answers an approved comment of the same thing, and only that', async ({ expect }) => {
    const other = await write(world, { title: 'Other' })
    const project = await write(world, {}, PROJECTS)
    const first = await said(world, post.id, 'First')
    const reply = await said(world, post.id, 'Reply', first.id)
    expect(reply.parent_id).toBe(first.id)
    const elsewhere = await said(world, other.id, 'Elsewhere')
    const onProject = await said(world, project.id, 'On a project', undefined, PROJECTS)
    await comment(world, post.id)
    const [waiting] = await queue(world, '?status=pending')
    const before = await world.count('comments')
    const answers = new Set<string>()
    for (const parent_id of [reply.id, elsewhere.id, onProject.id, waiting?.id, 9_999_999]) {
      const response = await comment(world, post.id, { parent_id })
      expect(response.status, String(parent_id)).toBe(422)
      const { errors } = await response.json<{ errors: unknown }>()
      answers.add(JSON.stringify(errors))
    }
    expect([...answers]).toHaveLength(1)
    expect(await world.count('comments')).toBe(before)
  })

  it('is closed some days after publication, where that is set', async ({ expect }) => {
    world.useSettings({ COMMENTS_CLOSE_DAYS: '14' })
    world.pass(14 * 86_400_000 - 1)
    expect((await comment(world, post.id)).status).toBe(202)
    world.pass(1)
    const response = await comment(world, post.id)
    expect([response.status, await response.json()]).toMatchObject([409, { code: 'conflict' }])
    world.useSettings({ COMMENTS_CLOSE_DAYS: '0' })
    expect((await comment(world, post.id)).status).toBe(202)
  })

  it('of a guest needs a name and an address', async ({ expect }) => {
    for (const [body, paths] of [
      [{ name: undefined }, ['name']],
      [{ email: undefined }, ['email']],
      [{ name: undefined, email: undefined }, ['name', 'email']],
      [{ name: '', email: 'x' }, ['name', 'email']],
    ] as const) {
      const response = await comment(world, post.id, body)
      expect(response.status).toBe(422)
      const { errors } = await response.json<{ errors: { path: string }[] }>()
      expect(errors.map(({ path }) => path)).toEqual(paths)
    }
    expect(await world.count('comments')).toBe(0)
  })

  it('has 1 to 5,000 characters', async ({ expect }) => {
    for (const [content, status] of [
      ['', 422],
      ['   ', 422],
      ['x', 202],
      ['👩'.repeat(5000), 202],
      ['👩'.repeat(5001), 422],
    ] as const) {
      expect((await comment(world, post.id, { content })).status, content.slice(0, 9)).toBe(status)
    }
  })

  it('is taken once under one Idempotency-Key, and answered alike', async ({ expect }) => {
    for (const [settings, status] of [
      [{ COMMENTS_MODERATION: 'all' }, 202],
      [OPEN, 201],
    ] as const) {
      world.useSettings(settings)
      const before = await world.count('comments')
      const headers = { 'idempotency-key': `k${status}` }
      const [first, second] = [
        await comment(world, post.id, {}, 'anonymous', { headers }),
        await comment(world, post.id, {}, 'anonymous', { headers }),
      ]
      expect([first.status, second.status]).toEqual([status, status])
      expect(second.headers.get('idempotency-replayed')).toBe('true')
      expect(second.headers.get('location')).toBe(first.headers.get('location'))
      expect(await second.text()).toBe(await first.text())
      expect(await world.count('comments')).toBe(before + 1)
    }
  })
})

describe('the comments of a thing', () => {
  it('come newest first, each with its replies, oldest first, in one round trip', async ({
    expect,
  }) => {
    const made: Comment[] = []
    for (let i = 0; i < 5; i++) made.push(await said(world, post.id, `Comment ${i}`))
    for (const name of ['a', 'b', 'c']) await said(world, post.id, name, made[1]?.id)
    world.pass(10)
    const response = await world.as('anonymous').get(`${POSTS}/${post.id}/comments`)
    expect(response.headers.get('server-timing')).toContain('calls=1')
    const { data } = await response.json<{ data: Comment[] }>()
    expect(data.map(({ content }) => content)).toEqual([4, 3, 2, 1, 0].map((i) => `Comment ${i}`))
    expect(data[3]?.replies.map(({ content }) => content)).toEqual(['a', 'b', 'c'])
    expect(data[3]?.replies[0]).toMatchObject({ parent_id: made[1]?.id, replies: [] })
    expect(await countOf()).toBe(8)
    const again = await world.as('anonymous').get(`${POSTS}/${post.id}/comments`, {
      headers: { 'if-none-match': response.headers.get('etag') ?? '' },
    })
    expect([again.status, again.headers.get('server-timing')]).toEqual([
      304,
      expect.stringContaining('calls=0'),
    ])
    const walked = await walk<Comment>(world, `${POSTS}/${post.id}/comments`, 'limit=2')
    expect(walked).toEqual(data)
    for (const query of ['limit=0', 'cursor=a.b', 'q=x', 'status=spam', 'count=true']) {
      const refused = await world.as('anonymous').get(`${POSTS}/${post.id}/comments?${query}`)
      expect(refused.status, query).toBe(422)
    }
  })

  it('show no address, no source and no state to visitors', async ({ expect }) => {
    world.useSettings(OPEN)
    await comment(world, post.id)
    const [row] = await world.rows('comments')
    const text = JSON.stringify(await shownOn(world, post.id))
    expect(text).not.toMatch(/ann@example|source|status|entity/)
    expect(text).not.toContain(String(row?.source))
  })

  it('come in pages that end before they grow large, with none left out', async ({ expect }) => {
    await world.env.DB.batch([
      world.env.DB.prepare(
        `insert into comments (id, key, entity_type, entity_id, name, content, search, status, version, created_at)
         select 1000 + value, 'thread' || value, 'post', ?, 'Ann', 'Thread ' || value, '', 'approved', 1, 1
         from json_each(?)`,
      ).bind(post.id, JSON.stringify(Array.from({ length: 30 }, (_, index) => index))),
      world.env.DB.prepare(
        `insert into comments (key, entity_type, entity_id, parent_id, name, content, search, status, version, created_at)
         select 'reply' || c.id || '.' || value, 'post', ?, c.id, 'Ben', printf('%.*c', 5000, 'x'), '', 'approved', 1, 1
         from comments c join json_each(?) where c.parent_id is null and c.id % 10 < 8`,
      ).bind(post.id, JSON.stringify(Array.from({ length: 50 }, (_, index) => index))),
    ])
    const seen: number[] = []
    const sizes: number[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query = `?limit=100${cursor && `&cursor=${cursor}`}`
      const text = await (
        await world.as('anonymous').get(`${POSTS}/${post.id}/comments${query}`)
      ).text()
      const page: { data: Comment[]; next_cursor: string | null } = JSON.parse(text)
      sizes.push(text.length)
      seen.push(...page.data.map(({ id }) => id))
      for (const { id, replies } of page.data) expect(replies).toHaveLength(id % 10 < 8 ? 50 : 0)
      cursor = page.next_cursor
    }
    expect(seen).toEqual(Array.from({ length: 30 }, (_, index) => 1029 - index))
    // What a page may hold, and the thread that it ends with.
    expect(Math.max(...sizes)).toBeLessThan(800_000)
    expect(sizes.length).toBeLessThan(15)
  })

  it('of a comment end at 50 replies', async ({ expect }) => {
    world.useSettings(OPEN)
    const { id } = await said(world, post.id, 'First')
    await world.env.DB.batch(
      Array.from({ length: 49 }, (_, i) =>
        world.env.DB.prepare(
          `insert into comments (key, entity_type, entity_id, parent_id, name, content, status, search, created_at)
           values (?, 'post', ?, ?, 'Ann', ?, 'approved', '', 1)`,
        ).bind(`k${i}`, post.id, id, '👩'.repeat(5000)),
      ),
    )
    expect((await comment(world, post.id, { parent_id: id })).status).toBe(201)
    expect((await comment(world, post.id, { parent_id: id })).status).toBe(409)
    const [first] = await shownOn(world, post.id)
    expect(first?.replies).toHaveLength(50)
    expect(await miscounted()).toEqual([])
  })

  it('are no longer shown by any isolate 130 s after they or their post were hidden', async ({
    expect,
  }) => {
    const there = new World({ ...GENEROUS })
    const path = `${POSTS}/${post.id}/comments`
    const seen = async () => (await there.as('anonymous').get(path)).text()
    for (const hide of [
      async (id: number) =>
        world.as('admin').patch(`/api/v1/comments/${id}`, { body: { status: 'spam' } }),
      async () => world.as('admin').patch(`${POSTS}/${post.id}`, { body: { status: 'draft' } }),
    ]) {
      const { id } = await said(world, post.id, 'Canary')
      for (let i = 0; i < 30; i++) {
        world.pass(5000)
        for (const one of [world, there]) await one.as('anonymous').get(path)
      }
      expect(await seen()).toContain('Canary')
      await hide(id)
      expect(await (await world.as('anonymous').get(path)).text()).not.toContain('Canary')
      for (let i = 0; i < 26; i++) {
        world.pass(5000)
        await seen()
      }
      expect(await seen()).not.toContain('Canary')
    }
  })

  it('are gone with it, and hidden while it is', async ({ expect }) => {
    const { id } = await said(world, post.id, 'First')
    await said(world, post.id, 'Reply', id)
    await comment(world, post.id)
    expect(await shownOn(world, post.id)).toHaveLength(1)
    await world.as('admin').patch(`${POSTS}/${post.id}`, { body: { status: 'draft' } })
    const hidden = await world.as('anonymous').get(`${POSTS}/${post.id}/comments`)
    expect(hidden.status).toBe(404)
    await world.as('admin').patch(`${POSTS}/${post.id}`, { body: { status: 'published' } })
    expect(await shownOn(world, post.id)).toHaveLength(1)
    await world.as('admin').delete(`${POSTS}/${post.id}`)
    expect(await world.count('comments')).toBe(0)
    expect((await world.rows('outbox')).filter(({ about }) => about !== null)).toEqual([])
    const gone = await world.as('anonymous').get(`${POSTS}/${post.id}/comments`)
    expect(gone.status).toBe(404)
  })
})
