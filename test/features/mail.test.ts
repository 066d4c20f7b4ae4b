import { beforeEach, describe, it, vi } from 'vitest'
import type { Behaviour } from '../support/outside.ts'
import { rounds } from '../support/rounds.ts'
import { newWorld, type World } from '../support/world.ts'

type Mail = {
  id: string
  status: string
  attempts: number
  last_error: string | null
  sent_at: string | null
}

/** As random as the one in the settings. */
const OTHER_KEY = 'Zb6Yx1Wd8Vc3Ut5Sr0Qp7On2Ml9Kj4Ih'

let world: World
beforeEach(async () => {
  world = await newWorld()
})

async function sendTest(to = 'ann@example.org'): Promise<Mail> {
  const response = await world.as('admin').post('/api/v1/utils/test-email', { body: { to } })
  return response.json<Mail>()
}

/** Straight from D1: these stories last longer than a session. */
async function read(id: string): Promise<Mail> {
  const row = (await world.rows('outbox')).find((one) => one.uid === id)
  return row as unknown as Mail
}
const contact = (from: string, email = 'ann@example.org') =>
  world.as('anonymous').post('/api/v1/contact', {
    body: { name: 'Ann', email, message: 'CANARY-IN-TEXT' },
    from,
  })

describe('a provider that', () => {
  const faults: Record<string, Behaviour> = {
    'answers 500': { status: 500 },
    'answers 429': { status: 429, headers: { 'retry-after': '90' } },
    'does not answer in time': 'timeout',
    'cuts the connection': 'cut',
    'answers 200 without a body': 'accept-without-body',
    'accepts, then cuts the connection': 'accept-then-cut',
  }

  for (const [name, fault] of Object.entries(faults)) {
    it(`${name} gets every mail once in the end`, async ({ expect }) => {
      const messages = rounds(50)
      for (let i = 0; i < messages; i++) await contact(`198.51.100.${i}`, `visitor${i}@example.org`)
      world.outside.plan(...Array<Behaviour>(messages * 2).fill(fault))
      await world.settle()
      expect(world.outside.mails).toHaveLength(messages * 2)
      expect(new Set(world.outside.mails.map((mail) => mail.key)).size).toBe(messages * 2)
      const rows = await world.rows('outbox')
      expect(new Set(rows.map((row) => row.status))).toEqual(new Set(['sent']))
    })
  }

  it('never answers is left after ten seconds', async ({ expect }) => {
    const { id } = await sendTest()
    world.outside.plan('hang')
    const timeout = AbortSignal.timeout.bind(AbortSignal)
    const hurried = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(ms / 100))
    await world.deliver()
    expect(hurried.mock.calls).toEqual([[10_000]])
    hurried.mockRestore()
    expect(await read(id)).toMatchObject({
      status: 'queued',
      last_error: 'The provider did not answer in time',
    })
    await world.settle()
    expect(world.outside.mails).toHaveLength(1)
  })

  it('answers 400 is not asked again, and every row says so', async ({ expect }) => {
    const messages = rounds(50)
    for (let i = 0; i < messages; i++) await contact(`198.51.100.${i}`, `visitor${i}@example.org`)
    world.outside.plan(...Array<Behaviour>(messages * 2).fill({ status: 400 }))
    await world.settle()
    expect(world.outside.calls).toHaveLength(messages * 2)
    const rows = await world.rows('outbox')
    expect(rows.filter((row) => row.status === 'failed')).toHaveLength(messages * 2)
    expect(rows[0]?.last_error).toBe('The provider answered 400')
    expect(rows[0]?.attempts).toBe(1)
  })

  it('has no idempotency key may get one mail twice when it accepts, then cuts', async ({
    expect,
  }) => {
    world = await newWorld({ MAIL_PROVIDER: 'sendgrid' })
    await sendTest()
    world.outside.plan('accept-then-cut')
    await world.settle()
    expect(world.outside.mails).toHaveLength(2)
    expect(world.outside.mails[0]?.key).toBeNull()
  })
})

describe('a retry', () => {
  it('waits 30 s, 2 min, 10 min, 1 h and 6 h, then the mail is failed and buried', async ({
    expect,
  }) => {
    const { id } = await sendTest()
    world.outside.plan(...Array<Behaviour>(20).fill({ status: 503 }))
    for (const seconds of [30, 120, 600, 3600, 21_600]) {
      await world.deliver()
      const [message] = world.queued
      const wait = ((message?.dueAt ?? 0) - Date.now()) / 1000
      expect(wait).toBeGreaterThanOrEqual(seconds)
      expect(wait).toBeLessThanOrEqual(seconds * 1.1 + 1)
      expect(await read(id)).toMatchObject({
        status: 'queued',
        last_error: 'The provider answered 503',
      })
      world.pass(wait * 1000)
    }
    await world.deliver()
    expect(await read(id)).toMatchObject({ status: 'failed', attempts: 6 })
    world.pass(1000)
    await world.deliver()
    expect(world.queued).toHaveLength(0)
    expect(world.logs.join('\n')).toContain('mail.dead_letter')
    expect(world.outside.calls).toHaveLength(6)
  })

  it('obeys Retry-After in both of its forms, up to the twelve hours a queue can wait', async ({
    expect,
  }) => {
    const waits: [string, number, number][] = [
      ['7200', 7200, 7201],
      [new Date(Date.now() + 900_000).toUTCString(), 899, 901],
      ['999999', 999_999, 999_999],
      ['5', 30, 34],
      ['soon', 30, 34],
      ['-3', 30, 34],
    ]
    for (const [value, least, most] of waits) {
      world = await newWorld()
      await sendTest()
      world.outside.plan({ status: 429, headers: { 'retry-after': value } })
      await world.deliver()
      const [row] = await world.rows('outbox')
      const wait = (Number(row?.due_at) - Date.now()) / 1000
      const message = ((world.queued[0]?.dueAt ?? 0) - Date.now()) / 1000
      expect(message).toBe(Math.min(wait, 43_200))
      expect(wait, value).toBeGreaterThanOrEqual(least)
      expect(wait, value).toBeLessThanOrEqual(most)
    }
  })

  it('by the admin starts a failed mail anew, and only a failed one', async ({ expect }) => {
    const { id } = await sendTest()
    const retry = () => world.as('admin').post(`/api/v1/mail/${id}/retry`)
    expect((await retry()).status).toBe(409)
    world.outside.plan({ status: 422 })
    await world.deliver()
    expect(await read(id)).toMatchObject({ status: 'failed' })
    const again = await retry()
    expect(again.status).toBe(200)
    expect(await again.json()).toMatchObject({ status: 'queued', attempts: 0, last_error: null })
    await world.deliver()
    expect(await read(id)).toMatchObject({ status: 'sent', sent_at: expect.any(Number) })
    expect((await retry()).status).toBe(409)
    expect((await world.as('admin').post(`/api/v1/mail/${crypto.randomUUID()}/retry`)).status).toBe(
      404,
    )
    expect(world.outside.mails).toHaveLength(1)
  })
})

describe('the queue', () => {
  it('may bring a message three times in any order: each mail goes once', async ({ expect }) => {
    const mails = rounds(100)
    for (let i = 0; i < mails; i++) await sendTest(`visitor${i}@example.org`)
    const once = world.queued.splice(0)
    const thrice = [...once, ...once, ...once].sort(() => Math.random() - 0.5)
    await Promise.all(
      [0, 1, 2].map((third) =>
        world.handle(
          'atelier-jobs',
          thrice.filter((_, i) => i % 3 === third),
        ),
      ),
    )
    expect(world.outside.mails).toHaveLength(mails)
  })

  it('is not held up by one mail that the provider refuses', async ({ expect }) => {
    for (let i = 0; i < 10; i++) await sendTest(`visitor${i}@example.org`)
    world.outside.plan('accept', 'accept', { status: 400 })
    await world.handle('atelier-jobs', world.queued.splice(0))
    expect(world.outside.mails).toHaveLength(9)
  })

  it('carries ids only', async ({ expect }) => {
    await contact('192.0.2.1')
    for (const { body } of world.queued) {
      expect(body).toEqual({
        v: 1,
        kind: 'mail.send',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      })
    }
  })

  it('may bring what nobody understands: it ends among the dead letters', async ({ expect }) => {
    const strange = [
      null,
      'text',
      42,
      [],
      {},
      { v: 2, kind: 'mail.send', id: crypto.randomUUID() },
      { v: 1, kind: 'mail.burn', id: crypto.randomUUID() },
      { v: 1, kind: 'mail.send' },
      { v: 1, kind: 'mail.send', id: '../../etc' },
      { v: 1, kind: 'mail.send', id: crypto.randomUUID(), extra: 'x'.repeat(100_000) },
    ]
    world.queued = strange.map((body) => ({ id: crypto.randomUUID(), body, attempts: 1, dueAt: 0 }))
    const { id } = await sendTest()
    for (let i = 0; i < 8; i++) {
      await world.deliver()
      world.pass(60_000)
    }
    expect(world.queued).toHaveLength(0)
    expect(world.logs.filter((line) => line.includes('"queue":"dead-letters"'))).toHaveLength(
      strange.length,
    )
    expect(await read(id)).toMatchObject({ status: 'sent' })
  })

  it('may name a mail that is gone', async ({ expect }) => {
    const body = { v: 1, kind: 'mail.send', id: crypto.randomUUID() }
    await world.handle('atelier-jobs', [{ id: 'a', body, attempts: 1, dueAt: 0 }])
    await world.handle('atelier-jobs-dead', [{ id: 'b', body, attempts: 6, dueAt: 0 }])
    expect(world.queued).toHaveLength(0)
    expect(world.dead).toHaveLength(0)
  })
})

describe('the sweep', () => {
  it('sends what was never queued, also after five days', async ({ expect }) => {
    await sendTest()
    world.queued = []
    world.pass(5 * 86_400_000)
    await world.runCron('* * * * *')
    await world.deliver()
    expect(world.outside.mails).toHaveLength(1)
  })

  it('run twice at once sends nothing twice', async ({ expect }) => {
    for (let i = 0; i < 5; i++) await sendTest(`visitor${i}@example.org`)
    world.queued = []
    world.pass(300_000)
    await Promise.all([world.runCron('* * * * *'), world.runCron('* * * * *')])
    await world.deliver()
    expect(world.outside.mails).toHaveLength(5)
  })

  it('never shortens the wait that a provider has asked for', async ({ expect }) => {
    const { id } = await sendTest()
    world.pass(300_000)
    world.outside.plan({ status: 429, headers: { 'retry-after': '21600' } })
    await Promise.all([world.deliver(), world.runCron('* * * * *')])
    world.pass(600_000)
    await world.runCron('* * * * *')
    await world.deliver()
    expect(await read(id)).toMatchObject({ status: 'queued', attempts: 1 })
  })

  it('leaves alone what waits for its retry', async ({ expect }) => {
    await sendTest()
    world.outside.plan({ status: 429, headers: { 'retry-after': '3600' } })
    await world.deliver()
    world.queued = []
    world.pass(1_800_000)
    await world.runCron('* * * * *')
    expect(world.queued).toHaveLength(0)
    world.pass(2_000_000)
    await world.runCron('* * * * *')
    await world.deliver()
    expect(world.outside.mails).toHaveLength(1)
  })

  it('gives up a mail whose every attempt broke off half-way', async ({ expect }) => {
    const { id } = await sendTest()
    await world.env.DB.prepare(
      "update outbox set status = 'sending', attempts = 6, leased_until = ?, due_at = ?",
    )
      .bind(Date.now(), Date.now())
      .run()
    world.queued = []
    world.pass(300_000)
    await world.runCron('* * * * *')
    await world.deliver()
    expect(await read(id)).toMatchObject({
      status: 'failed',
      last_error: 'Every attempt broke off',
    })
    expect(world.outside.mails).toHaveLength(0)
  })
})

describe('what a mail holds', () => {
  it('is sealed while it waits and erased once it is sent', async ({ expect }) => {
    await contact('192.0.2.1')
    const waiting = await world.rows('outbox')
    expect(waiting.every((row) => typeof row.payload === 'string')).toBe(true)
    expect(JSON.stringify(waiting)).not.toContain('CANARY-IN-TEXT')
    await world.deliver()
    expect(world.outside.mails[0]?.text).toContain('CANARY-IN-TEXT')
    expect((await world.rows('outbox')).map((row) => row.payload)).toEqual([null, null])
  })

  it('opens after the secret was rotated, and in no other row', async ({ expect }) => {
    const first = await sendTest('one@example.org')
    const second = await sendTest('two@example.org')
    await world.env.DB.prepare(
      'update outbox set payload = (select payload from outbox where uid = ?) where uid = ?',
    )
      .bind(first.id, second.id)
      .run()
    const { SECRET_KEY } = world.env
    world.useSettings({ SECRET_KEY: OTHER_KEY, SECRET_KEY_PREVIOUS: String(SECRET_KEY) })
    await world.deliver()
    expect(await read(first.id)).toMatchObject({ status: 'sent' })
    expect(await read(second.id)).toMatchObject({ last_error: 'The mail could not be made' })
    await world.settle()
    expect(await read(second.id)).toMatchObject({ status: 'failed', attempts: 6 })
    expect(world.outside.mails.map((mail) => mail.to)).toEqual(['one@example.org'])
  })

  it('waits while isolates with the old secret are still about', async ({ expect }) => {
    const { SECRET_KEY } = world.env
    world.useSettings({ SECRET_KEY: OTHER_KEY, SECRET_KEY_PREVIOUS: String(SECRET_KEY) })
    const { id } = await sendTest()
    world.useSettings({ SECRET_KEY: String(SECRET_KEY) })
    await world.deliver()
    expect(await read(id)).toMatchObject({ status: 'queued', attempts: 1 })
    world.useSettings({ SECRET_KEY: OTHER_KEY, SECRET_KEY_PREVIOUS: String(SECRET_KEY) })
    await world.settle()
    expect(await read(id)).toMatchObject({ status: 'sent' })
  })

  it('of a kind that a newer version has made waits for that version', async ({ expect }) => {
    const { id } = await sendTest()
    await world.env.DB.prepare("update outbox set kind = 'orders.receipt'").run()
    await world.deliver()
    expect(await read(id)).toMatchObject({ status: 'queued', attempts: 1 })
    await world.env.DB.prepare("update outbox set kind = 'system.test'").run()
    await world.settle()
    expect(await read(id)).toMatchObject({ status: 'sent' })
  })

  it('that Resend has under the same key with other words counts as sent', async ({ expect }) => {
    const { id } = await sendTest()
    const body = JSON.stringify({ statusCode: 409, name: 'invalid_idempotent_request' })
    world.outside.plan('accept-then-cut', { status: 409, body })
    await world.settle()
    expect(await read(id)).toMatchObject({ status: 'sent', attempts: 2 })
    expect(world.outside.mails).toHaveLength(1)
  })

  it('that Resend is still busy with is tried again', async ({ expect }) => {
    const { id } = await sendTest()
    world.outside.plan(
      { status: 409, body: '{"name":"concurrent_idempotent_requests"}' },
      { status: 409, body: 'x' },
    )
    await world.settle()
    expect(await read(id)).toMatchObject({ status: 'sent', attempts: 3 })
  })

  it('never becomes a second header', async ({ expect }) => {
    for (const evil of [
      'a\r\nBcc: x@evil.test',
      'a\nb',
      'a\rb',
      'a\u0000b',
      'a\u2028b',
      'a\u0085b',
    ]) {
      const { id } = await sendTest()
      await world.env.DB.prepare('update outbox set subject = ? where uid = ?').bind(evil, id).run()
      await world.deliver()
      expect(await read(id)).toMatchObject({ status: 'failed' })
    }
    expect(world.outside.calls).toHaveLength(0)
  })

  it('reaches Resend and SendGrid in their own form', async ({ expect }) => {
    for (const provider of ['resend', 'sendgrid']) {
      world = await newWorld({ MAIL_PROVIDER: provider })
      await contact('192.0.2.1')
      await world.deliver()
      const [mail] = world.outside.to('owner@linden.test')
      expect(mail).toMatchObject({ replyTo: 'ann@example.org', subject: 'New message from Ann' })
      expect(mail?.headers.get('authorization')).toBe('Bearer re_test_0123456789')
      expect(mail?.html).toContain('<!doctype html>')
    }
    expect(world.outside.calls[0]).toBe('https://api.sendgrid.com/v3/mail/send')
  })
})

describe('a test mail', () => {
  it('is sent once under one Idempotency-Key', async ({ expect }) => {
    const send = () =>
      world.as('admin').post('/api/v1/utils/test-email', {
        body: { to: 'ann@example.org' },
        headers: { 'idempotency-key': 'k' },
      })
    const texts = await Promise.all((await Promise.all([send(), send()])).map((one) => one.text()))
    expect(texts[0]).toBe(texts[1])
    expect(await world.count('outbox')).toBe(1)
  })
})

describe('the admin', () => {
  it('sees how mails fare and nothing of what they say', async ({ expect }) => {
    await contact('192.0.2.1')
    world.outside.plan({ status: 400 })
    await world.deliver()
    const list = async (query: string) =>
      (await world.as('admin').get(`/api/v1/mail${query}`)).json<{
        data: Mail[]
        count: number
        next_cursor: string
      }>()
    const all = await list('?count=true')
    expect(all.count).toBe(2)
    expect(Object.keys(all.data[0] ?? {}).sort()).toEqual([
      'attempts',
      'created_at',
      'id',
      'kind',
      'last_error',
      'sent_at',
      'status',
      'subject',
      'to',
    ])
    expect(JSON.stringify(all)).not.toContain('CANARY-IN-TEXT')
    expect((await list('?status=failed')).data).toHaveLength(1)
    expect((await list('?kind=contact.confirmation')).data).toHaveLength(1)
    expect((await list('?to=ANN%40example.org')).data).toHaveLength(1)
    expect((await list('?to=nobody%40example.org')).data).toHaveLength(0)
    const { next_cursor } = await list('?limit=1')
    expect((await list(`?limit=1&cursor=${next_cursor}`)).data[0]?.id).toBe(all.data[1]?.id)
  })

  it('is told that a mail does not exist', async ({ expect }) => {
    for (const id of ['1', 'x', crypto.randomUUID()]) {
      expect((await world.as('admin').get(`/api/v1/mail/${id}`)).status).toBe(404)
    }
  })
})
