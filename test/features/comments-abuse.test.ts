import { beforeEach, describe, it } from 'vitest'
import { comparable, GENEROUS } from '../support/accounts.ts'
import { activeNodes } from '../support/active-nodes.ts'
import { type Route, refusesBadInput } from '../support/bad-input.ts'
import { POSTS, type Post, PROJECTS, write } from '../support/content.ts'
import { COMMENTS, comment, GUEST, queue, said, shownOn } from '../support/talk.ts'
import { newWorld, type World } from '../support/world.ts'

let world: World
let post: Post
beforeEach(async () => {
  world = await newWorld({ ...GENEROUS, COMMENTS_MODERATION: 'none' })
  post = await write(world)
})

const statusesOf = async () => (await world.rows('comments')).map(({ status }) => status)

describe('a robot', () => {
  it('is answered as if its comment waited, and mails nobody', async ({ expect }) => {
    world.useSettings({ COMMENTS_MODERATION: 'all' })
    const honest = await comparable(await comment(world, post.id))
    await world.env.DB.prepare('delete from outbox').run()
    const traps = [
      { website: 'https://spam.example' },
      { filled_ms: 0 },
      { filled_ms: 1999 },
      { content: 'https://a.example '.repeat(8) },
    ]
    for (const trap of traps) {
      expect(await comparable(await comment(world, post.id, trap))).toBe(honest)
    }
    expect(await statusesOf()).toEqual(['pending', ...traps.map(() => 'spam')])
    expect(await world.count('outbox')).toBe(0)
  })

  it('is told from people by traps that leave people alone', async ({ expect }) => {
    for (const [body, status] of [
      [{ website: '' }, 'approved'],
      [{ filled_ms: 2000 }, 'approved'],
      [{ content: 'See https://a.example and www.b.example' }, 'approved'],
      [{ content: 'https://a.example '.repeat(3) }, 'pending'],
      [{ content: '[url=https://a.example]a[/url] <a href="https://b.example">' }, 'pending'],
      [{ content: 'HTTPS://a.example\n'.repeat(8) }, 'spam'],
    ] as const) {
      await comment(world, post.id, body)
      expect((await statusesOf()).at(-1), JSON.stringify(body)).toBe(status)
    }
    for (const filled_ms of [-1, 1.5, '3000', null, 1e12]) {
      expect((await comment(world, post.id, { filled_ms })).status).toBe(422)
    }
  })

  it('needs a token of Turnstile where that is on; people with an account do not', async ({
    expect,
  }) => {
    world.useSettings({ TURNSTILE_SECRET: '0x4AAAAAAA-turnstile' })
    expect((await comment(world, post.id)).status).toBe(422)
    const ann = await world.person()
    expect((await comment(world, post.id, {}, ann)).status).toBe(201)
    expect((await comment(world, post.id, { turnstile_token: 'x' })).status).toBe(422)
    world.outside.turnstile = { success: true, hostname: 'localhost', action: 'comment' }
    expect((await comment(world, post.id, { turnstile_token: 'x' })).status).toBe(201)
  })
})

describe('a limit', () => {
  const burst = async (count: number, send: () => Promise<Response>) => {
    const statuses: number[] = []
    for (let i = 0; i < count; i++) statuses.push((await send()).status)
    return statuses
  }

  it('lets one source and one account through five times a minute', async ({ expect }) => {
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    const ann = await world.person()
    for (const send of [
      () => comment(world, post.id, {}, 'anonymous', { from: '198.51.100.7' }),
      () => comment(world, post.id, {}, ann, { from: '198.51.100.7' }),
    ]) {
      expect(await burst(6, send)).toEqual([201, 201, 201, 201, 201, 429])
      const refused = await send()
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(refused.headers.get('ratelimit')).toContain('"comments";r=0')
    }
    // Another source is not held up.
    expect((await comment(world, post.id)).status).toBe(201)
    world.pass(60_000)
    expect((await comment(world, post.id, {}, ann)).status).toBe(201)
    expect(await world.count('comments')).toBe(12)
  })

  it('lets them through fifty times a day', async ({ expect }) => {
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    const statuses: number[] = []
    for (let minute = 0; minute < 11; minute++) {
      statuses.push(...(await burst(5, () => comment(world, post.id))))
      world.pass(60_000)
    }
    expect(statuses.filter((status) => status === 201)).toHaveLength(50)
    expect(statuses.slice(50)).toEqual([429, 429, 429, 429, 429])
    world.pass(86_400_000)
    expect((await comment(world, post.id)).status).toBe(201)
  })

  it('is not overspent by a burst, nor spent on what is refused', async ({ expect }) => {
    world.useSettings({ RATE_LIMIT_SCALE: '1' })
    for (const id of [999_999, post.id]) {
      await burst(6, () => comment(world, id, id === post.id ? { content: '' } : {}))
    }
    const answers = await Promise.all(Array.from({ length: 20 }, () => comment(world, post.id)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5)
    expect(await world.count('comments')).toBe(5)
  })
})

describe('nobody learns', () => {
  it('of a draft from its comments', async ({ expect }) => {
    const { id } = await said(world, post.id, 'First')
    const draft = await write(world, { title: 'Draft', status: 'draft' })
    const ahead = await write(world, {
      title: 'Ahead',
      status: 'scheduled',
      publish_at: '2026-05-05T09:30:00.000Z',
    })
    const project = await write(world, { title: 'Draft', status: 'draft' }, PROJECTS)
    await world.as('admin').patch(`${POSTS}/${post.id}`, { body: { status: 'draft' } })
    const missing = 999_999
    const answersOf = async (path: string, one: number) => [
      await comparable(await world.as('anonymous').get(`${path}/${one}/comments`)),
      await comparable(await world.as('anonymous').get(`${path}/${one}/comments?limit=5`)),
      await comparable(await comment(world, one, {}, 'anonymous', { path })),
      await comparable(await comment(world, one, { parent_id: id }, 'anonymous', { path })),
      await comparable(await comment(world, one, { content: 'x' }, 'admin', { path })),
    ]
    const strip = (answers: string[], one: number) =>
      answers.map((answer) => answer.replaceAll(`/${one}`, '/n'))
    for (const [path, hidden] of [
      [POSTS, [post.id, draft.id, ahead.id]],
      [PROJECTS, [project.id]],
    ] as const) {
      const expected = strip(await answersOf(path, missing), missing)
      expect(expected.every((answer) => answer.startsWith('{"status":404'))).toBe(true)
      for (const one of hidden) expect(strip(await answersOf(path, one), one)).toEqual(expected)
    }
    expect(await world.count('comments')).toBe(1)
  })

  it('whether an address has an account or an approved comment', async ({ expect }) => {
    world.useSettings({ COMMENTS_MODERATION: 'first' })
    const ann = await world.person()
    await comment(world, post.id, {}, ann)
    const [{ id } = {}] = await queue(world)
    await world.as('admin').patch(`${COMMENTS}/${id}`, { body: { status: 'approved' } })
    const known = await comparable(await comment(world, post.id, { email: ann.email }))
    const unknown = await comparable(await comment(world, post.id, { email: 'x@example.org' }))
    expect(known).toBe(unknown)
  })
})

describe('what stands under what', () => {
  it('is named by a known kind and an id that is there', async ({ expect }) => {
    const kinds = ['posts', 'projects', 'products', 'profiles', 'comments']
    const ids = ['0', '-1', '999999', '1.5', 'null', `${post.id}%27--`]
    for (const kind of kinds) {
      for (const id of ids) {
        for (const [method, what, body] of [
          ['GET', 'comments', undefined],
          ['POST', 'comments', { ...GUEST, content: 'x' }],
          ['GET', 'reactions', undefined],
          ['PUT', 'reaction', { type: 'like' }],
          ['DELETE', 'reaction', undefined],
        ] as const) {
          const path = `/api/v1/${kind}/${id}/${what}`
          const response = await world.request(method, path, 'anonymous', { body })
          expect(response.status, `${method} ${path}`).toBe(404)
        }
      }
    }
    expect(await world.count('comments')).toBe(0)
    expect(await world.count('reactions')).toBe(0)
  })
})

describe('a comment in the queue', () => {
  it('in a form that none has is not found', async ({ expect }) => {
    const { id } = await said(world, post.id, 'First')
    const uid = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10'
    const forms = [
      `0${id}`,
      `-${id}`,
      `${id}.0`,
      `${id}%00`,
      '1e3',
      'bulk',
      'x',
      uid,
      '9'.repeat(19),
    ]
    for (const form of forms) {
      const path = `${COMMENTS}/${form}`
      const patched = await world.as('admin').patch(path, { body: { status: 'spam' } })
      const deleted = await world.as('admin').delete(path)
      expect(
        [patched.status, deleted.status].every((one) => one === 404 || one === 405),
        form,
      ).toBe(true)
    }
    expect(await statusesOf()).toEqual(['approved'])
    for (const ids of [[0], [-1], [1.5], ['1'], [null], [1e11], {}, '1', [[id]]]) {
      const body = { ids, status: 'spam' }
      const response = await world.as('admin').post(`${COMMENTS}/bulk`, { body })
      expect(response.status, JSON.stringify(ids)).toBe(422)
    }
    expect(await statusesOf()).toEqual(['approved'])
  })
})

describe('no bad body gets past', () => {
  const routes: Record<string, () => Promise<Route>> = {
    'a comment': async () => ({
      method: 'POST',
      path: `${POSTS}/${post.id}/comments`,
      caller: 'anonymous',
      valid: { content: 'Fine.', ...GUEST },
      texts: ['content', 'name', 'email'],
    }),
    'a decision': async () => ({
      method: 'PATCH',
      path: `${COMMENTS}/${(await said(world, post.id, 'First')).id}`,
      caller: 'admin',
      valid: { status: 'spam' },
      texts: ['status'],
    }),
    'many decisions': async () => ({
      method: 'POST',
      path: `${COMMENTS}/bulk`,
      caller: 'admin',
      valid: { status: 'spam', ids: [(await said(world, post.id, 'First')).id] },
      texts: ['status'],
    }),
    'a reaction': async () => ({
      method: 'PUT',
      path: `${POSTS}/${post.id}/reaction`,
      caller: 'anonymous',
      valid: { type: 'like' },
      texts: ['type'],
    }),
  }
  for (const [name, route] of Object.entries(routes)) {
    it(name, async ({ expect }) => {
      const state = () =>
        Promise.all(['comments', 'reactions', 'outbox', 'posts'].map((table) => world.rows(table)))
      expect(await refusesBadInput(expect, world, await route(), state)).toBeGreaterThan(100)
    })
  }
})

const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "' onmouseover='alert(1)",
  '<math><mtext><style><img src=x onerror=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '[x](javascript:alert(1))',
  '![x](x" onerror="alert(1))',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#60;script&#62;',
  '</td></tr></table><h1>Pay here</h1>',
  '<!-- --><b>',
  '{{name}} {{{subject}}} {{&subject}}',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<style>*{display:none}</style>',
  '\u202e<b>',
  '<scr\u0000ipt>'.replace('\u0000', ''),
  '=HYPERLINK("https://evil.example")',
  '<template><script>',
  '<x onclick=alert(1)>',
]

describe('hostile text', () => {
  it('in names and comments stays text, in answers and in mails', async ({ expect }) => {
    const calm = await comment(world, post.id, { name: 'harmless', content: 'harmless' })
    expect(calm.status).toBe(201)
    for (const text of HOSTILE) {
      const response = await comment(world, post.id, { name: text, content: text })
      expect(response.status, text).toBe(201)
      expect(response.headers.get('content-type')).toContain('application/json')
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    }
    const shown = await shownOn(world, post.id)
    expect(shown.map(({ name }) => name)).toEqual([...HOSTILE.toReversed().slice(0, 20)])
    for (const { name, content } of shown) expect(name).toBe(content)
    await world.deliver()
    const [harmless, ...mails] = world.outside.mails
    expect(mails).toHaveLength(HOSTILE.length)
    const nodesOf = async (html = '') => (await activeNodes(html)).length
    const expected = await nodesOf(harmless?.html)
    for (const mail of mails) {
      expect(await nodesOf(mail.html), mail.subject).toBe(expected)
      expect(mail.to).toBe('owner@linden.test')
    }
  })

  it('in a header of a mail is refused', async ({ expect }) => {
    for (const name of ['Ann\r\nBcc: all@evil.test', 'Ann\nX', 'Ann\u0000', 'Ann\u2028X']) {
      expect((await comment(world, post.id, { name })).status).toBe(422)
      expect((await comment(world, post.id, { email: `${name}@example.org` })).status).toBe(422)
    }
    expect(await world.count('outbox')).toBe(0)
  })
})
