import { env } from 'cloudflare:workers'
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import { beforeEach, describe, it } from 'vitest'
import { call, everyRow, GENEROUS, mailed } from '../support/accounts.ts'
import { breakEach } from '../support/break-each.ts'
import { write } from '../support/content.ts'
import { fill, join, readersOf, sendAll, subscribe } from '../support/newsletter.ts'
import { newWorld, type World } from '../support/world.ts'

const KEY = Buffer.from('0123456789abcdefghijklmnop')
const OTHER_KEY = Buffer.from('zyxwvutsrqponmlkjihgfedcba')
const SECRET = `whsec_${KEY.toString('base64')}`
const RESEND = '/webhooks/resend'
const SENDGRID = '/webhooks/sendgrid'
const ANN = 'Ann@example.org'

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const PUBLIC_KEY = pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')

const PRIVATE_KEY = pair.privateKey.export({ format: 'pem', type: 'pkcs8' })

const settings = { ...GENEROUS, MAIL_WEBHOOK_SECRET: SECRET }
const sendgridSettings = {
  ...GENEROUS,
  MAIL_PROVIDER: 'sendgrid',
  MAIL_WEBHOOK_SECRET: PUBLIC_KEY,
}

let world: World
beforeEach(async () => {
  world = await newWorld(settings)
})

const seconds = (ago = 0) => String(Math.floor(Date.now() / 1000) - ago)
const bounce = (to = ANN, type = 'Permanent') =>
  JSON.stringify({ type: 'email.bounced', data: { email_id: 'x', to: [to], bounce: { type } } })

function svix(body: string | Buffer, key = KEY, timestamp = seconds(), id = 'msg_1') {
  const signature = createHmac('sha256', key)
    .update(`${id}.${timestamp}.`)
    .update(body)
    .digest('base64')
  return { 'svix-id': id, 'svix-timestamp': timestamp, 'svix-signature': `v1,${signature}` }
}

function twilio(body: string, key = pair.privateKey, timestamp = seconds()) {
  return {
    'x-twilio-email-event-webhook-timestamp': timestamp,
    'x-twilio-email-event-webhook-signature': createSign('sha256')
      .update(timestamp + body)
      .sign(key, 'base64'),
  }
}

const post = async (path: string, raw: string | Buffer, headers: Record<string, string>) =>
  (await world.as('anonymous').post(path, { raw, headers })).status

const suppressed = async () =>
  (await world.rows('suppressions')).map((row) => `${row.email_key} ${row.reason}`)

describe('Resend', () => {
  it('ends newsletters to an address that is dead or complains, once and for all', async ({
    expect,
  }) => {
    await join(world, ANN)
    await fill(1)
    const body = bounce(`Ann <${ANN.toUpperCase()}>`)
    const headers = svix(body)
    for (let turn = 0; turn < 3; turn++) expect(await post(RESEND, body, headers)).toBe(204)
    const complaint = JSON.stringify({
      type: 'email.complained',
      data: { to: ['eve@example.org', ANN] },
    })
    expect(await post(RESEND, complaint, svix(complaint))).toBe(204)
    expect(await suppressed()).toEqual(['ann@example.org bounce', 'eve@example.org complaint'])
    await write(world, { title: 'News' })
    await sendAll(world)
    expect(readersOf(world, 'New post: News')).toEqual(['Reader0@example.org'])
  })

  it('hears of a dead address where a byte of the rest is no UTF-8, or a mark is before it', async ({
    expect,
  }) => {
    const broken = Buffer.from(bounce().replace('{', '{"subject":"caf\u00e9",'), 'latin1')
    expect(await post(RESEND, broken, svix(broken))).toBe(204)
    expect(await suppressed()).toEqual(['ann@example.org bounce'])
    const marked = Buffer.from(`\ufeff${bounce('eve@example.org')}`)
    expect(await post(RESEND, marked, svix(marked))).toBe(204)
    expect(await suppressed()).toHaveLength(2)
  })

  it('does not end mails of accounts', async ({ expect }) => {
    await post(RESEND, bounce(), svix(bounce()))
    await world.person({ email: ANN })
    await call(world, '/password/forgot', { email: ANN })
    await subscribe(world, ANN)
    await world.settle()
    expect(world.outside.to(ANN).map((mail) => mail.subject)).toEqual(['Choose a new password'])
  })

  it('takes back what waits for an address, and leaves all other mails', async ({ expect }) => {
    await join(world, ANN)
    await fill(1)
    await write(world, { title: 'News' })
    await world.runCron('* * * * *')
    await call(world, '/register', { email: ANN, password: 'a long password' })
    const waiting = await mailed(world)
    await post(RESEND, bounce(), svix(bounce()))
    await world.settle()
    expect(await mailed(world)).toEqual(waiting)
    expect(readersOf(world, 'New post: News')).toEqual(['Reader0@example.org'])
    expect(world.outside.to(ANN).at(-1)?.subject).toBe('Confirm your address')
    const [row] = (await world.rows('outbox')).filter(({ status }) => status === 'failed')
    expect(row).toMatchObject({ last_error: 'The address is suppressed', payload: null })
    const retry = await world.as('admin').post(`/api/v1/mail/${row?.uid}/retry`)
    expect(retry.status).toBe(409)
  })

  it('reports much that ends nothing', async ({ expect }) => {
    for (const body of [
      bounce(ANN, 'Transient'),
      bounce(ANN, 'Undetermined'),
      bounce('nobody'),
      bounce(`${'a'.repeat(250)}@example.org`),
      JSON.stringify({ type: 'email.delivered', data: { to: [ANN] } }),
      JSON.stringify({ type: 'email.bounced', data: { to: ANN } }),
      JSON.stringify({ type: 'email.bounced' }),
      JSON.stringify({ type: 'contact.deleted', data: { email: ANN } }),
      '{}',
      '[]',
      'null',
      '"x"',
    ]) {
      expect(await post(RESEND, body, svix(body)), body).toBe(204)
    }
    for (const body of ['', '{', 'type=email.bounced']) {
      expect(await post(RESEND, body, svix(body)), body).toBe(400)
    }
    expect(await suppressed()).toEqual([])
  })

  it('is believed by its signature alone', async ({ expect }) => {
    const body = bounce()
    const good = svix(body)
    const signature = good['svix-signature']
    const [, code = ''] = signature.split(',')
    const signed = (value: string) => ({ ...good, 'svix-signature': value })
    const before = await everyRow()
    const forged: Record<string, Record<string, string>> = {
      'no headers': {},
      'no signature': { 'svix-id': 'msg_1', 'svix-timestamp': seconds() },
      'no id': { ...svix(body, KEY, seconds(), ''), 'svix-id': '' },
      'another id': { ...good, 'svix-id': 'msg_2' },
      'another time': { ...good, 'svix-timestamp': seconds(1) },
      'too old': svix(body, KEY, seconds(301)),
      'too new': svix(body, KEY, seconds(-301)),
      'no time': svix(body, KEY, ''),
      'time in words': svix(body, KEY, 'now'),
      'time with a fraction': svix(body, KEY, `${seconds()}.0`),
      'a negative time': svix(body, KEY, `-${seconds()}`),
      'time in milliseconds': svix(body, KEY, String(Date.now())),
      'time in another form': svix(body, KEY, `0x${Number(seconds()).toString(16)}`),
      'another key': svix(body, OTHER_KEY),
      'another body': svix(`${body} `),
      'an empty signature': signed(''),
      'no version': signed(code),
      'another version': signed(`v1a,${code}`),
      'an older version': signed(`v0,${code}`),
      'a cut signature': signed(signature.slice(0, -2)),
      'a longer signature': signed(`${signature}AA`),
      'in other letters': signed(`v1,${code.toLowerCase()}`),
      'in hexadecimal': signed(`v1,${Buffer.from(code, 'base64').toString('hex')}`),
      'parted by a comma': signed(`v1,AAAA,${signature}`),
      'the secret itself': signed(`v1,${KEY.toString('base64')}`),
      'of SendGrid': twilio(body),
    }
    expect(Object.keys(forged).length).toBeGreaterThanOrEqual(20)
    for (const [name, headers] of Object.entries(forged)) {
      expect(await post(RESEND, body, headers), name).toBe(400)
    }
    expect(await everyRow()).toEqual(before)
    const real = [
      good,
      signed(`v1,AAAA ${signature}`),
      signed(`v2,${code} ${signature} v1,BBBB`),
      svix(body, KEY, seconds(299)),
      svix(body, KEY, seconds(-299)),
    ]
    for (const headers of real) expect(await post(RESEND, body, headers)).toBe(204)
    expect(await suppressed()).toEqual(['ann@example.org bounce'])
  })

  it('sends no more than a megabyte', async ({ expect }) => {
    const most = bounce().padEnd(1024 * 1024)
    expect(await post(RESEND, most, svix(most))).toBe(204)
    expect(await post(RESEND, `${most} `, svix(`${most} `))).toBe(413)
  })

  it('has no address where it is not the provider, or has no secret', async ({ expect }) => {
    const body = bounce()
    const at = async (given: object, path: string) => {
      world = await newWorld({ ...GENEROUS, ...given })
      return await post(path, body, { ...svix(body), ...twilio(body) })
    }
    expect(await at({}, RESEND)).toBe(404)
    expect(await at({}, SENDGRID)).toBe(404)
    expect(await at(settings, SENDGRID)).toBe(404)
    expect(await at(sendgridSettings, RESEND)).toBe(404)
    expect(await at({ ...settings, MAIL_PROVIDER: 'mailbox' }, RESEND)).toBe(404)
    expect(await at(settings, '/webhooks/mailgun')).toBe(404)
    expect(await world.count('suppressions')).toBe(0)
    world = await newWorld(settings)
    expect((await world.as('anonymous').get(RESEND)).status).toBe(405)
    expect(await post(`${RESEND}?secret=x`, body, svix(body))).toBe(422)
    for (const wrong of ['whsec_', 'short', `whsec_${'*'.repeat(40)}`]) {
      expect(await at({ MAIL_WEBHOOK_SECRET: wrong }, RESEND), wrong).toBe(503)
    }
  })
})

describe('SendGrid', () => {
  beforeEach(async () => {
    world = await newWorld(sendgridSettings)
  })

  const EVENTS = [
    { email: 'dead@example.org', event: 'bounce', type: 'bounce', status: '5.1.1' },
    { email: 'busy@example.org', event: 'bounce', type: 'blocked' },
    { email: 'late@example.org', event: 'deferred' },
    { email: 'angry@example.org', event: 'spamreport' },
    { email: 'fine@example.org', event: 'delivered' },
    { event: 'bounce' },
    'bounce',
    null,
  ]

  it('reports many at once, of whom the dead and the angry get nothing more', async ({
    expect,
  }) => {
    const body = JSON.stringify(EVENTS)
    const headers = twilio(body)
    for (let turn = 0; turn < 3; turn++) expect(await post(SENDGRID, body, headers)).toBe(204)
    expect(await suppressed()).toEqual(['angry@example.org complaint', 'dead@example.org bounce'])
    const many = Array.from({ length: 1000 }, (_, index) => ({
      email: `reader${index}@example.org`,
      event: 'bounce',
      type: 'bounce',
    }))
    const twice = JSON.stringify([...many, ...many])
    expect(await post(SENDGRID, twice, twilio(twice))).toBe(204)
    expect(await world.count('suppressions')).toBe(1002)
  })

  it('is believed by its signature alone', async ({ expect }) => {
    const body = JSON.stringify(EVENTS)
    const good = twilio(body)
    const name = 'x-twilio-email-event-webhook-signature'
    const signature = good[name]
    const raw = createSign('sha256')
      .update(good['x-twilio-email-event-webhook-timestamp'] + body)
      .sign({ key: PRIVATE_KEY, dsaEncoding: 'ieee-p1363' }, 'base64')
    const before = await everyRow()
    const forged: Record<string, Record<string, string>> = {
      'no headers': {},
      'no signature': { ...good, [name]: '' },
      'another key': twilio(body, stranger.privateKey),
      'another body': twilio(`${body} `),
      'another time': { ...good, 'x-twilio-email-event-webhook-timestamp': seconds(1) },
      'no time': twilio(body, pair.privateKey, ''),
      'too old': twilio(body, pair.privateKey, seconds(86_401)),
      'too new': twilio(body, pair.privateKey, seconds(-86_401)),
      'a cut signature': { ...good, [name]: signature.slice(0, 40) },
      'another form': { ...good, [name]: raw },
      'no base64': { ...good, [name]: '*'.repeat(96) },
      zeros: { ...good, [name]: Buffer.alloc(72).toString('base64') },
      'an empty pair': {
        ...good,
        [name]: Buffer.from('3006020100020100', 'hex').toString('base64'),
      },
      'of Resend': svix(body),
    }
    for (const [what, headers] of Object.entries(forged)) {
      expect(await post(SENDGRID, body, headers), what).toBe(400)
    }
    expect(await everyRow()).toEqual(before)
    const old = twilio(body, pair.privateKey, seconds(86_000))
    expect(await post(SENDGRID, body, old)).toBe(204)
    for (const bad of ['', '{', '[']) {
      expect(await post(SENDGRID, bad, twilio(bad)), bad).toBe(400)
    }
  })
})

describe('whatever call breaks', () => {
  it('a report is taken whole, and repeated where the answer was lost', async ({ expect }) => {
    let status = 0
    const send = () => post(RESEND, bounce(), svix(bounce()))
    await breakEach({
      settings,
      before: async (calm) => {
        world = calm
        await join(calm, ANN)
        await write(calm, { title: 'News' })
        await calm.runCron('* * * * *')
      },
      run: async () => {
        status = await send()
      },
      after: async (healed, point) => {
        const found = (await suppressed()).length
        expect([204, 500], point).toContain(status)
        if (status === 204) expect(found, point).toBe(1)
        if (found === 0) expect(await send(), point).toBe(204)
        await healed.settle()
        expect(readersOf(healed, 'New post: News'), point).toEqual([])
        const { results } = await env.DB.prepare('select count(*) as n from suppressions').all()
        expect(results, point).toEqual([{ n: 1 }])
      },
    })
  })
})
