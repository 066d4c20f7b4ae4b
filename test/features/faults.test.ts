import { describe, it } from 'vitest'
import { call, GENEROUS, mailedToken } from '../support/accounts.ts'
import { breakEach, breakEachStatement, type Story } from '../support/break-each.ts'
import { rounds } from '../support/rounds.ts'
import { newWorld, type World } from '../support/world.ts'

const BODY = { name: 'Ann', email: 'ann@example.org', message: 'Hello' }
const REGISTRATION = { email: 'ann@example.org', password: 'a long enough sentence' }
const post = (world: World, key?: string, from?: string) =>
  world.as('anonymous').post('/api/v1/contact', {
    body: BODY,
    ...(key && { headers: { 'idempotency-key': key } }),
    ...(from && { from }),
  })

const onlyMessage = async (world: World): Promise<string> =>
  String((await world.rows('contact_messages'))[0]?.uid)

const queueTestMail = (world: World) =>
  world.as('admin').post('/api/v1/utils/test-email', { body: { to: 'ann@example.org' } })

const onlyMail = async (world: World): Promise<string> =>
  String((await world.rows('outbox'))[0]?.uid)

describe('whatever call breaks', () => {
  it('a message that is acknowledged is there with its mails, and one that is not is whole or absent', async ({
    expect,
  }) => {
    let status = 0
    const calls = await breakEach({
      run: async (world) => {
        status = (await post(world)).status
      },
      after: async (world, point) => {
        const messages = await world.count('contact_messages')
        expect([202, 500, 503], point).toContain(status)
        if (status === 202) expect(messages, point).toBe(1)
        expect(await world.count('outbox'), point).toBe(messages * 2)
        await world.settle()
        expect(world.outside.mails, point).toHaveLength(messages * 2)
      },
    })
    expect(calls).toEqual(['Shield.limit', 'D1.batch', 'D1.batch', 'Queue.sendBatch'])
  })

  it('a message that is sent again under its key is filed and mailed once', async ({ expect }) => {
    const story: Story = {
      run: (world) => post(world, 'k'),
      after: async (world, point) => {
        expect(await world.count('outbox'), point).toBe(2 * (await world.count('contact_messages')))
        expect((await post(world, 'k')).status, point).toBe(202)
        expect(await world.count('contact_messages'), point).toBe(1)
        await world.settle()
        expect(world.outside.to('owner@linden.test'), point).toHaveLength(1)
        expect(world.outside.to('ann@example.org'), point).toHaveLength(1)
      },
    }
    await breakEach(story)
    await breakEachStatement(story)
  })

  it('an account is made once, with its record and its letter, or not at all', async ({
    expect,
  }) => {
    const story: Story = {
      settings: GENEROUS,
      run: (world) => call(world, '/register', REGISTRATION),
      after: async (world, point) => {
        const whole = async () =>
          Promise.all(['users', 'audit_log', 'outbox'].map((table) => world.count(table)))
        expect(
          [
            [0, 0, 0],
            [1, 1, 1],
          ],
          point,
        ).toContainEqual(await whole())
        expect((await call(world, '/register', REGISTRATION)).status, point).toBe(202)
        expect(await world.count('users'), point).toBe(1)
        const token = await mailedToken(world, REGISTRATION.email)
        const proof = { token, password: REGISTRATION.password }
        expect((await call(world, '/verify-email', proof)).status, point).toBe(200)
      },
    }
    await breakEach(story)
    await breakEachStatement(story)
  })

  it('a reply is in the thread and in the post, or in neither', async ({ expect }) => {
    await breakEach({
      before: async (world) => {
        await post(world)
        await world.settle()
      },
      run: async (world) =>
        world.as('admin').post(`/api/v1/contact/messages/${await onlyMessage(world)}/reply`, {
          body: { body: 'Yes' },
        }),
      after: async (world, point) => {
        const replies = await world.count('contact_replies')
        await world.settle()
        expect(world.outside.to('ann@example.org'), point).toHaveLength(1 + replies)
        const [message] = await world.rows('contact_messages')
        expect(message?.status, point).toBe(replies === 1 ? 'read' : 'unread')
      },
    })
  })

  it('a message is marked or not, deleted or not', async ({ expect }) => {
    for (const method of ['PATCH', 'DELETE']) {
      await breakEach({
        before: async (world) => void (await post(world)),
        run: async (world) =>
          world.request(method, `/api/v1/contact/messages/${await onlyMessage(world)}`, 'admin', {
            ...(method === 'PATCH' && { body: { status: 'archived' } }),
          }),
        after: async (world, point) => {
          const [message] = await world.rows('contact_messages')
          const state = [message?.status, message?.version]
          const whole = method === 'PATCH' ? ['archived', 2] : [undefined, undefined]
          expect([['unread', 1], whole], point).toContainEqual(state)
        },
      })
    }
  })

  it('a mail on its way arrives once', async ({ expect }) => {
    const calls = await breakEach({
      before: async (world) => void (await queueTestMail(world)),
      run: (world) => world.deliver(),
      after: async (world, point) => {
        await world.settle()
        expect(world.outside.mails, point).toHaveLength(1)
        expect((await world.rows('outbox'))[0]?.status, point).toBe('sent')
      },
    })
    expect(calls).toEqual(['D1.all', 'Assets.fetch', 'fetch', 'D1.all'])
  })

  it('a mail through a provider without idempotency arrives once, or twice where the cut came after it was accepted', async ({
    expect,
  }) => {
    await breakEach({
      settings: { MAIL_PROVIDER: 'sendgrid' },
      before: async (world) => void (await queueTestMail(world)),
      run: (world) => world.deliver(),
      after: async (world, point) => {
        await world.settle()
        const accepted = point.startsWith('after call 3') || point.startsWith('before call 4')
        expect(world.outside.mails, point).toHaveLength(accepted ? 2 : 1)
      },
    })
  })

  it('a sweep loses no mail and doubles none', async ({ expect }) => {
    await breakEach({
      before: async (world) => {
        await queueTestMail(world)
        world.queued = []
        world.pass(300_000)
      },
      run: (world) => world.runCron('* * * * *').catch(() => undefined),
      after: async (world, point) => {
        await world.settle()
        expect(world.outside.mails, point).toHaveLength(1)
      },
    })
  })

  it('a mail that the admin sends again goes once', async ({ expect }) => {
    await breakEach({
      before: async (world) => {
        await queueTestMail(world)
        world.outside.plan({ status: 400 })
        await world.deliver()
      },
      run: async (world) => world.as('admin').post(`/api/v1/mail/${await onlyMail(world)}/retry`),
      after: async (world, point) => {
        await world.settle()
        const [mail] = await world.rows('outbox')
        expect(world.outside.mails, point).toHaveLength(mail?.status === 'sent' ? 1 : 0)
      },
    })
  })

  it('a dead letter is marked', async ({ expect }) => {
    await breakEach({
      before: async (world) => {
        await queueTestMail(world)
        await world.env.DB.prepare('update outbox set attempts = 6').run()
        world.dead = world.queued.splice(0)
      },
      run: (world) => world.deliver(),
      after: async (world, point) => {
        await world.deliver()
        expect((await world.rows('outbox'))[0]?.status, point).toBe('failed')
      },
    })
  })

  it('reading answers a problem and nothing changes', async ({ expect }) => {
    for (const path of [
      '/api/v1/contact/messages',
      '/api/v1/contact/messages/stats',
      '/api/v1/mail',
    ]) {
      let status = 0
      await breakEach({
        run: async (world) => {
          status = (await world.as('admin').get(path)).status
        },
        after: async (_, point) =>
          expect(status, point).toBe(point === 'nothing broken' ? 200 : 500),
      })
    }
  })
})

describe('a Worker that dies', () => {
  it('at any of four points of a message and its mail loses nothing', async ({ expect }) => {
    const times = rounds(100)
    const points = [
      { name: 'after the batch, before the queue', call: 4, when: 'before' },
      { name: 'after the queue took it, before the answer', call: 4, when: 'after' },
    ] as const
    for (const { name, call, when } of points) {
      const world = await newWorld({ RATE_LIMIT_SCALE: '1000' })
      for (let i = 0; i < times; i++) {
        world.faults.failAt(call, when)
        expect((await post(world, undefined, `198.51.100.${i}`)).status, name).toBe(202)
      }
      world.faults.heal()
      await world.settle()
      expect(world.outside.to('owner@linden.test'), name).toHaveLength(times)
    }
    for (const { name, call, when } of [
      { name: 'after the claim', call: 1, when: 'after' },
      { name: 'after the provider took it', call: 2, when: 'after' },
    ] as const) {
      const world = await newWorld()
      for (let i = 0; i < times; i++) {
        await queueTestMail(world)
        world.faults.failAt(call, when)
        await world.handle('atelier-jobs', world.queued.splice(-1))
      }
      world.faults.heal()
      await world.settle()
      expect(world.outside.mails, name).toHaveLength(times)
    }
  })

  it('because D1 is overloaded says when to come back', async ({ expect }) => {
    for (const text of [
      'D1_ERROR: D1 DB is overloaded. Too many requests queued.',
      'D1_ERROR: Network connection lost.',
      'D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.',
    ]) {
      const world = await newWorld()
      world.env.DB = {
        withSession: () => ({
          prepare: () => ({ bind: () => ({ all: () => Promise.reject(new Error(text)) }) }),
          batch: () => Promise.reject(new Error(text)),
          getBookmark: () => null,
        }),
      } as unknown as D1Database
      const response = await post(world)
      expect(response.status).toBe(503)
      expect(response.headers.get('retry-after')).toBe('2')
      expect(await response.text()).not.toContain('D1')
    }
  })
})
