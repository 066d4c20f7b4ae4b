import { beforeEach, describe, it } from 'vitest'
import { rounds } from '../support/rounds.ts'
import { newWorld, type World } from '../support/world.ts'

const PATH = '/api/v1/contact'
const OWNER = 'owner@linden.test'
const MESSAGE = { name: 'Ann Miller', email: 'ann@example.org', message: 'Hello\nthere' }

let world: World
beforeEach(async () => {
  world = await newWorld()
})

const send = (
  body: object = {},
  options: { from?: string; headers?: Record<string, string> } = {},
) => world.as('anonymous').post(PATH, { body: { ...MESSAGE, ...body }, ...options })

describe('a visitor writes', () => {
  it('is answered 202 and mailed, and so is the owner', async ({ expect }) => {
    const response = await send({ subject: 'Tiles', company: 'Casa' })
    expect(response.status).toBe(202)
    expect(await response.json()).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      status: 'received',
    })
    await world.deliver()
    const [notification] = world.outside.to(OWNER)
    expect(notification?.subject).toBe('New message from Ann Miller')
    expect(notification?.replyTo).toBe('ann@example.org')
    for (const part of ['Ann Miller', 'ann@example.org', 'Tiles', 'Casa', 'there']) {
      expect(notification?.text).toContain(part)
      expect(notification?.html).toContain(part)
    }
    expect(world.outside.to('ann@example.org')).toHaveLength(1)
    expect(world.outside.mails).toHaveLength(2)
  })

  it('cannot put a word of theirs into the mail that goes to the address they name', async ({
    expect,
  }) => {
    const words = {
      name: 'XNAMEX',
      message: 'XMESSAGEX',
      subject: 'XSUBJECTX',
      company: 'XCOMPANYX',
    }
    await send(words)
    await world.deliver()
    const [confirmation] = world.outside.to('ann@example.org')
    const content = JSON.stringify([confirmation?.subject, confirmation?.text, confirmation?.html])
    for (const word of Object.values(words)) expect(content).not.toContain(word)
  })

  it('needs two D1 round trips', async ({ expect }) => {
    const response = await send()
    expect(response.headers.get('server-timing')).toContain('calls=2 ')
  })

  it('has text kept in NFC with LF, and the address as it was typed', async ({ expect }) => {
    await send({ message: 'cafe\u0301\r\nau\rlait', email: 'Ann.Miller@EXAMPLE.org' })
    const [row] = await world.rows('contact_messages')
    expect(row?.message).toBe('caf\u00e9\nau\nlait')
    expect(row?.email).toBe('Ann.Miller@example.org')
  })

  it('gets through with names of 100 and messages of 5,000 code points', async ({ expect }) => {
    const response = await send({ name: '𝒜'.repeat(100), message: '😀'.repeat(5000) })
    expect(response.status).toBe(202)
    expect((await send({ name: '𝒜'.repeat(101) })).status).toBe(422)
    expect((await send({ message: '😀'.repeat(5001) })).status).toBe(422)
  })

  it('who fills the trap is answered alike, filed as spam, and mails nobody', async ({
    expect,
  }) => {
    const human = await send()
    const robot = await send({ website: 'https://spam.test' })
    expect(robot.status).toBe(human.status)
    expect(Object.keys(await robot.json())).toEqual(Object.keys(await human.json()))
    await world.deliver()
    expect(world.outside.mails).toHaveLength(2)
    expect((await world.rows('contact_messages')).map((row) => row.status)).toEqual([
      'unread',
      'spam',
    ])
  })

  it('is not shown what went wrong with the queue: the mail is in the outbox', async ({
    expect,
  }) => {
    world.faults.failAt(4, 'before')
    expect((await send()).status).toBe(202)
    expect(world.faults.calls.at(-1)).toBe('Queue.sendBatch')
    world.faults.heal()
    world.pass(5 * 60_000)
    await world.runCron('* * * * *')
    await world.deliver()
    expect(world.outside.mails).toHaveLength(2)
  })
})

describe('the trap for robots', () => {
  it('says nothing of what it holds', async ({ expect }) => {
    for (const website of ['x'.repeat(10_000), 'a\nb', 'a\u0007b', ' ', 'http://spam.test']) {
      expect((await send({ website }, { from: `192.0.2.${website.length % 200}` })).status).toBe(
        202,
      )
    }
    expect((await world.rows('contact_messages')).every((row) => row.status === 'spam')).toBe(true)
  })

  it('is open when it is empty', async ({ expect }) => {
    await send({ website: '' })
    expect((await world.rows('contact_messages')).map((row) => row.status)).toEqual(['unread'])
  })
})

describe('limits', () => {
  it('accept five messages an hour from one source and say when to come back', async ({
    expect,
  }) => {
    for (let i = 0; i < 5; i++) expect((await send()).status).toBe(202)
    const refused = await send()
    expect(refused.status).toBe(429)
    expect(await refused.json()).toMatchObject({ code: 'rate_limited' })
    expect(Number(refused.headers.get('retry-after'))).toBe(3600)
    expect(refused.headers.get('ratelimit')).toContain('"contact-messages";r=0;t=3600')
    expect(refused.headers.get('ratelimit-policy')).toContain('"contact-messages";q=5;w=3600')
    expect(await world.count('contact_messages')).toBe(5)
    expect((await send({}, { from: '192.0.2.2' })).status).toBe(202)
    world.pass(3_601_000)
    expect((await send()).status).toBe(202)
  })

  it('count a burst exactly', async ({ expect }) => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => send()))
    expect(answers.filter((answer) => answer.status === 202)).toHaveLength(5)
    expect(await world.count('contact_messages')).toBe(5)
    expect(await world.count('outbox')).toBe(6)
  })

  it('allow 60 requests of any kind a minute', async ({ expect }) => {
    for (let i = 0; i < 60; i++) expect((await send({ name: '' })).status).toBe(422)
    const refused = await send()
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    expect(await world.count('contact_messages')).toBe(0)
    world.pass(61_000)
    expect((await send()).status).toBe(202)
  })

  it('see one customer behind all hosts of an IPv6 /64', async ({ expect }) => {
    for (let i = 0; i < 5; i++) await send({}, { from: `2001:db8:1:2::${i}` })
    expect((await send({}, { from: '2001:0db8:0001:0002:ffff::1' })).status).toBe(429)
    expect((await send({}, { from: '2001:db8:1:3::1' })).status).toBe(202)
  })

  it('believe no other header about the source', async ({ expect }) => {
    for (let i = 0; i < 5; i++) await send()
    for (const name of [
      'x-forwarded-for',
      'x-real-ip',
      'forwarded',
      'true-client-ip',
      'x-client-ip',
    ]) {
      expect((await send({}, { headers: { [name]: '203.0.113.9' } })).status).toBe(429)
    }
  })

  it('multiply by RATE_LIMIT_SCALE in tests', async ({ expect }) => {
    world = await newWorld({ RATE_LIMIT_SCALE: '2' })
    const answers = await Promise.all(Array.from({ length: 12 }, () => send()))
    expect(answers.filter((answer) => answer.status === 202)).toHaveLength(10)
  })

  it('send a victim whose address strangers name one mail a day', async ({ expect }) => {
    const posts = rounds(1000)
    const spellings = [
      'victim@gmail.com',
      'Victim@Gmail.com',
      'victim+a@gmail.com',
      'VIC.TIM+b@gmail.com',
    ]
    for (let i = 0; i < posts; i++) {
      const email = spellings[i % spellings.length]
      const response = await send({ email }, { from: `198.51.${i >> 8}.${i & 255}` })
      expect(response.status).toBe(202)
    }
    await world.deliver()
    const toVictim = world.outside.mails.filter((mail) => mail.to !== OWNER)
    expect(toVictim).toHaveLength(1)
    expect(world.outside.to(OWNER)).toHaveLength(posts)
    world.pass(86_401_000)
    await send({ email: 'victim@gmail.com' }, { from: '203.0.113.7' })
    await world.deliver()
    expect(world.outside.mails.filter((mail) => mail.to !== OWNER)).toHaveLength(2)
  })

  it('stop confirming at 200 an hour to all addresses, and still tell the owner', async ({
    expect,
  }) => {
    await world.as('anonymous').post(PATH, { body: MESSAGE })
    await world.env.DB.prepare(
      "update rate_limits set used = 200 where key like 'contact-confirmations:%'",
    ).run()
    await send({ email: 'other@example.org' })
    await world.deliver()
    expect(world.outside.to('other@example.org')).toHaveLength(0)
    expect(world.outside.to(OWNER)).toHaveLength(2)
    world.pass(3_601_000)
    await send({ email: 'other@example.org' })
    await world.deliver()
    expect(world.outside.to('other@example.org')).toHaveLength(1)
  })
})

describe('an Idempotency-Key', () => {
  const keyed = (key: string, body: object = {}, from = '192.0.2.1') =>
    send(body, { headers: { 'idempotency-key': key }, from })

  it('gets the same answer again and files one message', async ({ expect }) => {
    const first = await (await keyed('order 1')).text()
    const again = await keyed('order 1')
    expect(again.status).toBe(202)
    expect(await again.text()).toBe(first)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(await world.count('contact_messages')).toBe(1)
  })

  it('gives 50 parallel requests one effect and one answer', async ({ expect }) => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => keyed('parallel')))
    const texts = await Promise.all(answers.map((answer) => answer.text()))
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]))
    expect(new Set(texts).size).toBe(1)
    expect(await world.count('contact_messages')).toBe(1)
    expect(await world.count('outbox')).toBe(2)
  })

  it('is refused with another body, belongs to its caller, and lasts a day', async ({ expect }) => {
    const first = await (await keyed('mine')).text()
    expect((await keyed('mine', { name: 'Other' })).status).toBe(422)
    expect(await (await keyed('mine', {}, '192.0.2.9')).text()).not.toBe(first)
    world.pass(86_401_000)
    expect(await (await keyed('mine')).text()).not.toBe(first)
  })

  it('of one request that is quicker refuses the others with another body', async ({ expect }) => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => keyed('mixed', { name: `Ann ${index}` })),
    )
    const statuses = answers.map((answer) => answer.status).sort()
    expect(statuses).toEqual([202, ...Array(7).fill(422)])
    expect(await world.count('contact_messages')).toBe(1)
    expect(world.logs.join('\n')).not.toContain('request.failed')
  })

  it('whose answer cannot be read any more is refused', async ({ expect }) => {
    await keyed('lost')
    await world.env.DB.prepare("update idempotency_keys set answer = 'x'").run()
    expect((await keyed('lost')).status).toBe(409)
  })

  it('must be 1 to 255 printable ASCII characters', async ({ expect }) => {
    for (const key of ['', 'x'.repeat(256), 'caf\u00e9', 'a\tb']) {
      expect((await keyed(key)).status).toBe(422)
    }
    expect((await keyed('x'.repeat(255))).status).toBe(202)
    expect(await world.count('contact_messages')).toBe(1)
  })

  it('does not remember a refusal', async ({ expect }) => {
    for (let i = 0; i < 5; i++) await send()
    expect((await keyed('late')).status).toBe(429)
    world.pass(3_601_000)
    expect((await keyed('late')).status).toBe(202)
  })

  it('keeps no answer in the clear', async ({ expect }) => {
    const { id } = await (await keyed('sealed')).json<{ id: string }>()
    expect(JSON.stringify(await world.rows('idempotency_keys'))).not.toContain(id)
  })
})

describe('Turnstile', () => {
  beforeEach(async () => {
    world = await newWorld({ TURNSTILE_SECRET: '1x0000000000000000000000000000000AA' })
  })
  const withToken = (token?: string) => send(token === undefined ? {} : { turnstile_token: token })

  it('is asked for when it is on, and lets a person through', async ({ expect }) => {
    const missing = await withToken()
    expect(missing.status).toBe(422)
    expect(await missing.json()).toMatchObject({
      errors: [{ path: 'turnstile_token', code: 'required' }],
    })
    expect((await withToken('good')).status).toBe(202)
  })

  it('refuses a used token, another host and another action', async ({ expect }) => {
    const good = { success: true, hostname: 'localhost', action: 'contact' }
    for (const answer of [
      { ...good, success: false },
      { ...good, hostname: 'evil.test' },
      { ...good, action: 'login' },
      { success: true },
    ]) {
      world.outside.turnstile = answer
      expect((await withToken('bad')).status).toBe(422)
    }
    expect(await world.count('contact_messages')).toBe(0)
  })

  it('tells the owner, not the visitor, that its secret is wrong', async ({ expect }) => {
    for (const code of ['invalid-input-secret', 'missing-input-secret', 'internal-error']) {
      world.outside.turnstile = { success: false, 'error-codes': [code] }
      expect((await withToken('good')).status).toBe(503)
      expect(world.logs.join('\n')).toContain(code)
    }
    world.outside.turnstile = { success: false, 'error-codes': ['timeout-or-duplicate'] }
    expect((await withToken('used')).status).toBe(422)
  })

  it('lets nobody through while it does not answer', async ({ expect }) => {
    world.faults.failAt(3, 'before')
    const response = await withToken('good')
    expect(world.faults.calls).toEqual(['Shield.limit', 'D1.batch', 'fetch'])
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
    world.outside.turnstile = { surprise: true }
    expect((await withToken('good')).status).toBe(503)
    expect(await world.count('contact_messages')).toBe(0)
  })
})
