import { beforeEach, describe, it } from 'vitest'
import { newWorld, type World } from '../support/world.ts'

const PATH = '/api/v1/contact/messages'
type Message = { id: string; name: string; status: string; replies: { body: string }[] }
type Page = { data: Message[]; next_cursor: string | null; count?: number }

let world: World
beforeEach(async () => {
  world = await newWorld({ RATE_LIMIT_SCALE: '100' })
})

async function write(name: string, body: object = {}): Promise<string> {
  const response = await world.as('anonymous').post('/api/v1/contact', {
    body: { name, email: 'ann@example.org', message: 'Hello', ...body },
  })
  return (await response.json<{ id: string }>()).id
}

const list = async (query = '') => (await world.as('admin').get(PATH + query)).json<Page>()
const read = (id: string, headers: Record<string, string> = {}) =>
  world.as('admin').get(`${PATH}/${id}`, { headers })

describe('the inbox', () => {
  it('is for the admin alone', async ({ expect }) => {
    const id = await write('Ann')
    const before = await world.rows('contact_messages')
    for (const [method, path, body] of [
      ['GET', PATH],
      ['GET', `${PATH}/stats`],
      ['GET', `${PATH}/${id}`],
      ['PATCH', `${PATH}/${id}`, { status: 'read' }],
      ['DELETE', `${PATH}/${id}`],
      ['POST', `${PATH}/${id}/reply`, { body: 'x' }],
      ['GET', '/api/v1/mail'],
      ['POST', `/api/v1/mail/${id}/retry`],
      ['POST', '/api/v1/utils/test-email', { to: 'a@example.org' }],
    ] as const) {
      const response = await world.request(method, path, 'anonymous', { body })
      expect(response.status, `${method} ${path}`).toBe(401)
      expect(response.headers.get('www-authenticate')).toContain('Bearer')
      expect(await response.json()).toMatchObject({ code: 'unauthorized' })
    }
    expect(await world.rows('contact_messages')).toEqual(before)
    expect(await world.count('outbox')).toBe(2)
  })

  it('takes no other credential', async ({ expect }) => {
    const { token } = await world.admin()
    for (const authorization of [
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${token}x`,
      `Bearer ${token.slice(1)}`,
      `Bearer ${token.toLowerCase()}`,
      `Bearer ${token} ${token}`,
      `Bearer ${token}, Bearer ${token}`,
      `Basic ${btoa(`admin:${token}`)}`,
      `Token ${token}`,
      token,
      'Bearer null',
      `Bearer ${'x'.repeat(16_000)}`,
    ]) {
      const response = await world.request('GET', PATH, 'anonymous', { headers: { authorization } })
      expect(response.status, authorization.slice(0, 40)).toBe(401)
    }
    const answer = await world.request('GET', PATH, 'anonymous', {
      headers: { authorization: `bearer  ${token}` },
    })
    expect(answer.status).toBe(200)
  })

  it('lists newest first, page by page, each message once', async ({ expect }) => {
    const names = Array.from({ length: 7 }, (_, index) => `Visitor ${index}`)
    for (const name of names) await write(name)
    const seen: string[] = []
    let cursor: string | null = ''
    for (let page = 0; cursor !== null && page < 10; page++) {
      const answer: Page = await list(`?limit=3${cursor && `&cursor=${cursor}`}`)
      seen.push(...answer.data.map((message) => message.name))
      cursor = answer.next_cursor
      if (page === 0) await write('Latecomer')
    }
    expect(seen).toEqual(names.toReversed())
  })

  it('is empty at first', async ({ expect }) => {
    expect(await list('?count=true')).toEqual({ data: [], next_cursor: null, count: 0 })
    const stats = await world.as('admin').get(`${PATH}/stats`)
    expect(await stats.json()).toEqual({ total: 0, unread: 0 })
  })

  it('filters by status and finds words whatever their case and accents', async ({ expect }) => {
    const id = await write('Jürgen Müller', { message: 'Straße in KÖLN 100%' })
    await write('Ann', { company: 'Tanaka Tea', subject: 'a_b' })
    await world.as('admin').patch(`${PATH}/${id}`, { body: { status: 'archived' } })
    const names = async (query: string) => (await list(query)).data.map((message) => message.name)
    expect(await names('?status=archived')).toEqual(['Jürgen Müller'])
    expect(await names('?status=unread')).toEqual(['Ann'])
    for (const q of ['muller', 'MÜLLER', 'koln', 'jurgen', '100%25']) {
      expect(await names(`?q=${q}`), q).toEqual(['Jürgen Müller'])
    }
    for (const q of ['tanaka', 'A_B', 'ann@example'])
      expect(await names(`?q=${q}`), q).toContain('Ann')
    expect(await names('?q=%25')).toEqual(['Jürgen Müller'])
    expect(await names('?q=nobody')).toEqual([])
    expect((await list('?status=archived&count=true')).count).toBe(1)
  })

  it('counts what is there and what is unread, without spam', async ({ expect }) => {
    const id = await write('Ann')
    await write('Ben')
    await write('Robot', { website: 'x' })
    await world.as('admin').patch(`${PATH}/${id}`, { body: { status: 'read' } })
    const stats = await world.as('admin').get(`${PATH}/stats`)
    expect(await stats.json()).toEqual({ total: 2, unread: 1 })
  })

  it('answers lists and single messages in one D1 round trip beside that of the session', async ({
    expect,
  }) => {
    const id = await write('Ann')
    for (const path of [PATH, `${PATH}?count=true`, `${PATH}/${id}`, `${PATH}/stats`]) {
      const response = await world.as('admin').get(path)
      expect(response.headers.get('server-timing'), path).toContain('calls=2 ')
    }
  })
})

describe('one message', () => {
  it('is read, marked and deleted', async ({ expect }) => {
    const id = await write('Ann', { subject: 'Tiles' })
    expect(await (await read(id)).json()).toEqual({
      id,
      name: 'Ann',
      email: 'ann@example.org',
      subject: 'Tiles',
      company: null,
      message: 'Hello',
      status: 'unread',
      created_at: '2026-05-04T09:30:00.000Z',
      replies: [],
    })
    for (const status of ['read', 'archived', 'spam', 'unread']) {
      const response = await world.as('admin').patch(`${PATH}/${id}`, { body: { status } })
      expect(await response.json()).toMatchObject({ id, status })
    }
    expect((await world.as('admin').delete(`${PATH}/${id}`)).status).toBe(204)
    expect((await read(id)).status).toBe(404)
    expect((await world.as('admin').delete(`${PATH}/${id}`)).status).toBe(404)
  })

  it('answers 304 to whoever has it, and its tag changes with it', async ({ expect }) => {
    const id = await write('Ann')
    const tag = (await read(id)).headers.get('etag') ?? ''
    expect(tag).toMatch(/^"[^"]+"$/)
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const response = await read(id, { 'if-none-match': known })
      expect(response.status, known).toBe(304)
      expect(response.headers.get('etag')).toBe(tag)
    }
    await world.as('admin').patch(`${PATH}/${id}`, { body: { status: 'read' } })
    expect((await read(id, { 'if-none-match': tag })).status).toBe(200)
  })

  it('is not changed by whoever saw an older state', async ({ expect }) => {
    const id = await write('Ann')
    const tag = (await read(id)).headers.get('etag') ?? ''
    const file = (status: string, match: string) =>
      world.as('admin').patch(`${PATH}/${id}`, { body: { status }, headers: { 'if-match': match } })
    expect((await file('read', tag)).status).toBe(200)
    const many = Array.from({ length: 500 }, (_, index) => `"${index + 100}"`).join(', ')
    for (const match of [tag, `W/${tag}`, '"1"', '"99"', 'nonsense', '""', many]) {
      const refused = await file('spam', match)
      expect(refused.status, match).toBe(412)
      expect(await refused.json()).toMatchObject({ code: 'stale' })
    }
    const deleted = await world
      .as('admin')
      .delete(`${PATH}/${id}`, { headers: { 'if-match': tag } })
    expect(deleted.status).toBe(412)
    expect(await (await read(id)).json()).toMatchObject({ status: 'read' })
    expect((await file('archived', '*')).status).toBe(200)
    expect(
      (
        await world.as('admin').patch(`${PATH}/${crypto.randomUUID()}`, {
          body: { status: 'read' },
          headers: { 'if-match': tag },
        })
      ).status,
    ).toBe(404)
  })

  it('of 20 who change the same state at once lets one', async ({ expect }) => {
    const id = await write('Ann')
    const headers = { 'if-match': (await read(id)).headers.get('etag') ?? '' }
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        world.as('admin').patch(`${PATH}/${id}`, { body: { status: 'read' }, headers }),
      ),
    )
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array(19).fill(412)])
  })

  it('is 404 for any id that names nothing', async ({ expect }) => {
    for (const id of [
      '0',
      '-1',
      'abc',
      '%00',
      '..%2f',
      `${'9'.repeat(30)}`,
      crypto.randomUUID(),
      'stats%20',
    ]) {
      expect((await read(id)).status, id).toBe(404)
      const answer = await world.as('admin').post(`${PATH}/${id}/reply`, { body: { body: 'Hi' } })
      expect(answer.status, id).toBe(404)
    }
    expect(await world.count('outbox')).toBe(0)
  })
})

describe('a reply', () => {
  it('goes to the visitor, stays in the thread, and makes the message read', async ({ expect }) => {
    const id = await write('Ann', { subject: 'Tiles' })
    const response = await world
      .as('admin')
      .post(`${PATH}/${id}/reply`, { body: { body: 'Forty tiles\ntake a month.' } })
    expect(response.status).toBe(201)
    expect(response.headers.get('location')).toBe(`${PATH}/${id}`)
    const reply = await response.json<{ id: string }>()
    expect(reply).toMatchObject({ body: 'Forty tiles\ntake a month.' })
    const message = await (await read(id)).json<Message>()
    expect(message.status).toBe('read')
    expect(message.replies).toEqual([reply])
    await world.deliver()
    const mail = world.outside.to('ann@example.org').find((one) => one.subject === 'Re: Tiles')
    expect(mail?.text).toContain('Forty tiles\ntake a month.')
    expect(mail?.replyTo).toBe('owner@linden.test')
  })

  it('keeps the order of the thread and leaves a filed message where it is', async ({ expect }) => {
    const id = await write('Ann')
    await world.as('admin').patch(`${PATH}/${id}`, { body: { status: 'archived' } })
    for (const body of ['one', 'two', 'three']) {
      await world.as('admin').post(`${PATH}/${id}/reply`, { body: { body } })
    }
    const message = await (await read(id)).json<Message>()
    expect(message.replies.map((reply) => reply.body)).toEqual(['one', 'two', 'three'])
    expect(message.status).toBe('archived')
  })

  it('is sent once under one Idempotency-Key', async ({ expect }) => {
    const id = await write('Ann')
    const reply = () =>
      world.as('admin').post(`${PATH}/${id}/reply`, {
        body: { body: 'Once' },
        headers: { 'idempotency-key': 'reply' },
      })
    const answers = await Promise.all([reply(), reply(), reply()])
    expect(answers.map((answer) => answer.status)).toEqual([201, 201, 201])
    expect(answers.map((answer) => answer.headers.get('location'))).toEqual(
      Array(3).fill(`${PATH}/${id}`),
    )
    expect(await world.count('contact_replies')).toBe(1)
  })

  it('goes with its message when that is deleted, and so do the mails about it', async ({
    expect,
  }) => {
    const id = await write('Ann')
    await write('Ben')
    await world.as('admin').post(`${PATH}/${id}/reply`, { body: { body: 'Bye' } })
    expect(await world.count('outbox')).toBe(5)
    await world.as('admin').delete(`${PATH}/${id}`)
    expect(await world.count('contact_replies')).toBe(0)
    const left = await world.rows('outbox')
    expect(left.map((row) => row.subject)).toContain('New message from Ben')
    expect(JSON.stringify(left)).not.toContain('Ann')
  })
})

describe('retention', () => {
  const DAILY = '17 3 * * *'
  const DAY = 86_400_000

  it('deletes messages and spam when their days are over', async ({ expect }) => {
    world = await newWorld({
      KEEP_MESSAGES_DAYS: '100',
      KEEP_SPAM_DAYS: '10',
      RATE_LIMIT_SCALE: '100',
    })
    await write('Ann')
    await write('Robot', { website: 'x' })
    world.pass(9 * DAY)
    await world.runCron(DAILY)
    expect(await world.count('contact_messages')).toBe(2)
    world.pass(2 * DAY)
    await world.runCron(DAILY)
    expect((await world.rows('contact_messages')).map((row) => row.name)).toEqual(['Ann'])
    world.pass(90 * DAY)
    await write('Ben')
    await world.runCron(DAILY)
    await world.runCron(DAILY)
    expect((await world.rows('contact_messages')).map((row) => row.name)).toEqual(['Ben'])
  })

  it('keeps for ever where the setting is 0', async ({ expect }) => {
    world = await newWorld({ KEEP_MESSAGES_DAYS: '0', KEEP_SPAM_DAYS: '0', KEEP_MAIL_DAYS: '0' })
    await write('Ann')
    await world.deliver()
    world.pass(5000 * DAY)
    await world.runCron(DAILY)
    expect(await world.count('contact_messages')).toBe(1)
    expect(await world.count('outbox')).toBe(2)
  })

  it('deletes settled mails, used-up limits and old answers, but no mail that waits', async ({
    expect,
  }) => {
    await write('Ann')
    world.outside.plan({ status: 422 })
    await world.deliver()
    await write('Ben')
    world.pass(91 * DAY)
    await world.runCron(DAILY)
    const left = await world.rows('outbox')
    expect(left.map((row) => row.status)).toEqual(['queued', 'queued'])
    expect(await world.count('rate_limits')).toBe(0)
    expect(await world.count('idempotency_keys')).toBe(0)
  })
})
