import { beforeEach, describe, it } from 'vitest'
import { newWorld, type World } from '../support/world.ts'

const CONTACT = '/dialects/onedna/api/contact'
const LETTER = { name: 'Ann', email: 'ann@example.org', message: 'Hello' }

let world: World
beforeEach(async () => {
  world = await newWorld()
})

const send = (body: unknown, from = '192.0.2.1') =>
  world.as('anonymous').post(CONTACT, { body, from })

describe('the portfolio on one page', () => {
  it('learns that the back end lives', async ({ expect }) => {
    const response = await world.as('anonymous').get('/dialects/onedna/health')
    expect([response.status, await response.text()]).toEqual([
      200,
      '{"status":"healthy","message":"Portfolio API is running"}',
    ])
  })

  it('sends a letter, and both mails follow', async ({ expect }) => {
    const response = await send({ ...LETTER, company: 'Linden & Co', phone: 'is not asked for' })
    expect([response.status, await response.text()]).toEqual([
      200,
      '{"success":true,"message":"Thank you for your message!"}',
    ])
    await world.settle()
    const kinds = (await world.rows('outbox')).map(
      (row) => `${row.kind} ${row.recipient} ${row.status}`,
    )
    expect(kinds).toEqual([
      'contact.notification owner@linden.test sent',
      'contact.confirmation ann@example.org sent',
    ])
    expect(await world.rows('contact_messages')).toMatchObject([
      { name: 'Ann', company: 'Linden & Co' },
    ])
    expect(world.outside.to('owner@linden.test')[0]?.html).toContain('Linden &amp; Co')
  })

  it.for([undefined, null, ''])(
    'takes a letter without a company: %j',
    async (company, { expect }) => {
      expect((await send({ ...LETTER, company })).status).toBe(200)
      expect(await world.rows('contact_messages')).toMatchObject([{ company: null }])
    },
  )

  it('says what is wrong, and keeps nothing of it', async ({ expect }) => {
    const body = { email: 'nobody', message: '' }
    const response = await send(body)
    expect(response.status).toBe(422)
    expect(await response.json()).toEqual({
      detail: [
        { type: 'missing', loc: ['body', 'name'], msg: 'Field required', input: body },
        {
          type: 'value_error',
          loc: ['body', 'email'],
          msg: 'value is not a valid email address: An email address must have an @-sign.',
          input: 'nobody',
          ctx: { reason: 'An email address must have an @-sign.' },
        },
        {
          type: 'string_too_short',
          loc: ['body', 'message'],
          msg: 'String should have at least 1 character',
          input: '',
          ctx: { min_length: 1 },
        },
      ],
    })
    expect(await world.count('contact_messages')).toBe(0)
  })

  const BODIES: [what: string, raw: string, type: string, detail: object][] = [
    [
      'no body',
      '',
      'application/json',
      { type: 'missing', loc: ['body'], msg: 'Field required', input: null },
    ],
    [
      'null',
      'null',
      'application/json',
      { type: 'missing', loc: ['body'], msg: 'Field required', input: null },
    ],
    [
      'half a body',
      '{"name":',
      'application/json',
      {
        type: 'json_invalid',
        loc: ['body', 8],
        msg: 'JSON decode error',
        input: {},
        ctx: { error: 'Expecting value' },
      },
    ],
    [
      'a list',
      '[]',
      'application/json; charset=utf-8',
      {
        type: 'model_attributes_type',
        loc: ['body'],
        msg: 'Input should be a valid dictionary or object to extract fields from',
        input: [],
      },
    ],
    [
      'a plain text',
      '{"name":"Ann"}',
      'text/plain;charset=UTF-8',
      {
        type: 'model_attributes_type',
        loc: ['body'],
        msg: 'Input should be a valid dictionary or object to extract fields from',
        input: '{"name":"Ann"}',
      },
    ],
  ]
  it.for(BODIES)('refuses %s as FastAPI does', async ([, raw, type, fault], { expect }) => {
    const response = await world
      .as('anonymous')
      .post(CONTACT, { raw, headers: { 'content-type': type } })
    expect([response.status, await response.json()]).toEqual([422, { detail: [fault] }])
  })

  it('refuses two meanings for one key, and what cannot be stored', async ({ expect }) => {
    const headers = { 'content-type': 'application/json' }
    const twice = await world
      .as('anonymous')
      .post(CONTACT, { raw: '{"name":"a","name":"b"}', headers })
    expect([twice.status, await twice.json()]).toEqual([
      400,
      { detail: 'The body names a key twice.' },
    ])
    const nul = await send({ ...LETTER, message: 'a\u0000b' })
    expect(nul.status).toBe(422)
    expect((await nul.json<{ detail: object[] }>()).detail).toMatchObject([
      { loc: ['body', 'message'] },
    ])
  })

  it('keeps the limit of the contact form, and says when to come back', async ({ expect }) => {
    for (let turn = 0; turn < 5; turn++) expect((await send(LETTER)).status).toBe(200)
    const response = await send(LETTER)
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('3600')
    expect(await response.json()).toEqual({ detail: expect.stringContaining('is used up') })
    expect((await send(LETTER, '192.0.2.2')).status).toBe(200)
  })

  it('answers 500 in plain text while something is broken, so that pages can read it', async ({
    expect,
  }) => {
    // The first call is the shield's, which lets everything through while it does not answer.
    world.faults.failAt(2, 'before')
    const response = await world
      .as('anonymous')
      .post(CONTACT, { body: LETTER, headers: { origin: 'https://any.example.org' } })
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error'])
    expect(response.headers.get('content-type')).toContain('text/plain')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
  })
})
