import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { type Bindings, readSettings } from '../../../src/env.ts'
import { MailRefused, MailUnavailable, openMailer } from '../../../src/platform/mailer/index.ts'
import { type OutgoingMail, parseAddress } from '../../../src/platform/mailer/mailer.ts'
import { resendMailer } from '../../../src/platform/mailer/resend.ts'
import { sendgridMailer } from '../../../src/platform/mailer/sendgrid.ts'
import { TEST_SETTINGS } from '../../support/settings.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const MAIL: OutgoingMail = {
  id: '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10',
  from: 'Studio Linden <hello@linden.test>',
  to: 'ann@studio.test',
  replyTo: null,
  subject: 'Hello',
  headers: {},
  html: '<p>Hello</p>',
  text: 'Hello',
  createdAt: NOW,
}

type Call = { url: string; init: RequestInit & { headers: Record<string, string> } }
let calls: Call[]
let answer: () => Response | Promise<Response>

beforeEach(() => {
  calls = []
  answer = () => new Response('{}')
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] })
  vi.stubGlobal('fetch', async (url: string, init: Call['init']) => {
    calls.push({ url, init })
    return await answer()
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const bodyOf = (call: Call | undefined) => JSON.parse(String(call?.init.body))

/** What send() throws for this answer. */
async function failure(status: number, headers: Record<string, string> = {}): Promise<unknown> {
  answer = () => new Response('no', { status, headers })
  return await resendMailer('re_key')
    .send(MAIL)
    .catch((error: unknown) => error)
}

describe('what a provider answers', () => {
  it.for([200, 201, 202, 204])(
    'means with %i that the mail is accepted',
    async (status, { expect }) => {
      answer = () => new Response(null, { status })
      await expect(resendMailer('re_key').send(MAIL)).resolves.toBeUndefined()
    },
  )

  it.for([400, 401, 403, 404, 413, 422])(
    'means with %i that it never will be',
    async (status, { expect }) => {
      expect(await failure(status, { 'retry-after': '60' })).toBeInstanceOf(MailRefused)
    },
  )

  it.for([408, 409, 425, 429, 500, 502, 503, 504, 301, 307])(
    'means with %i that it may be later',
    async (status, { expect }) => {
      expect(await failure(status)).toBeInstanceOf(MailUnavailable)
    },
  )

  it.for([
    new TypeError('fetch failed to ann@studio.test'),
    new DOMException('x', 'TimeoutError'),
    'reset',
  ])(
    'may be nothing at all: later, and without the words of the error',
    async (error, { expect }) => {
      answer = () => Promise.reject(error)
      const failed = await resendMailer('re_key')
        .send(MAIL)
        .catch((one: unknown) => one)
      expect(failed).toBeInstanceOf(MailUnavailable)
      expect(String(failed)).not.toContain('ann@')
    },
  )

  it('is not quoted in the error, which is shown to admins', async ({ expect }) => {
    answer = () => new Response('canary re_key ann@studio.test', { status: 422 })
    const failed = await resendMailer('re_key').send(MAIL).catch(String)
    expect(failed).toContain('422')
    expect(failed).not.toMatch(/canary|re_key|ann@/)
  })
})

describe('Retry-After', () => {
  it.for([
    ['120', 120],
    ['1', 1],
    ['Sat, 21 Nov 2026 12:01:30 GMT', 90],
    ['Saturday, 21-Nov-26 12:01:30 GMT', 90],
    ['0', null],
    ['', null],
    ['-5', null],
    ['soon', null],
    ['1.5', null],
    ['Infinity', null],
    ['Sat, 21 Nov 2026 11:59:00 GMT', null],
  ] as const)('of %j asks for %s seconds', async ([value, seconds], { expect }) => {
    const failed = await failure(429, { 'retry-after': value })
    expect(failed instanceof MailUnavailable && failed.retryAfter).toBe(seconds)
  })

  it('asks for nothing when it is missing', async ({ expect }) => {
    expect(await failure(503)).toMatchObject({ retryAfter: null })
  })
})

describe('Resend', () => {
  it('gets the mail under its id, to one recipient', async ({ expect }) => {
    await resendMailer('re_key').send(MAIL)
    const [call, ...more] = calls
    expect(more).toEqual([])
    expect(call?.url).toBe('https://api.resend.com/emails')
    expect(call?.init.headers).toMatchObject({
      authorization: 'Bearer re_key',
      'idempotency-key': MAIL.id,
    })
    const { from, to, subject, html, text } = MAIL
    expect(bodyOf(call)).toEqual({ from, to: [to], subject, html, text })
  })

  it('gets the address to answer to where there is one', async ({ expect }) => {
    await resendMailer('re_key').send({ ...MAIL, replyTo: 'ben@studio.test' })
    expect(bodyOf(calls[0])).toMatchObject({ reply_to: 'ben@studio.test' })
  })
})

describe('SendGrid', () => {
  it('gets addresses in parts, and the id to find the mail by', async ({ expect }) => {
    await sendgridMailer('SG.key').send({ ...MAIL, replyTo: 'Ben <ben@studio.test>' })
    expect(calls[0]?.url).toBe('https://api.sendgrid.com/v3/mail/send')
    expect(calls[0]?.init.headers.authorization).toBe('Bearer SG.key')
    expect(bodyOf(calls[0])).toEqual({
      from: { name: 'Studio Linden', email: 'hello@linden.test' },
      personalizations: [{ to: [{ email: 'ann@studio.test' }] }],
      reply_to: { name: 'Ben', email: 'ben@studio.test' },
      subject: 'Hello',
      // SendGrid refuses a mail whose plain part does not come first.
      content: [
        { type: 'text/plain', value: 'Hello' },
        { type: 'text/html', value: '<p>Hello</p>' },
      ],
      custom_args: { outbox_id: MAIL.id },
    })
  })
})

describe('every call', () => {
  it('follows no redirect and does not wait for ever', async ({ expect }) => {
    await resendMailer('re_key').send(MAIL)
    await sendgridMailer('SG.key').send(MAIL)
    for (const { init } of calls) {
      expect(init).toMatchObject({ method: 'POST', redirect: 'manual' })
      expect(init.signal).toBeInstanceOf(AbortSignal)
    }
  })

  it('goes to the provider that the settings name', async ({ expect }) => {
    for (const MAIL_PROVIDER of ['resend', 'sendgrid']) {
      const env = { ...TEST_SETTINGS, MAIL_PROVIDER } as unknown as Bindings
      await openMailer(readSettings(env), env).send(MAIL)
    }
    expect(calls.map(({ url }) => new URL(url).hostname)).toEqual([
      'api.resend.com',
      'api.sendgrid.com',
    ])
    expect(calls[0]?.init.headers.authorization).toBe(`Bearer ${TEST_SETTINGS.MAIL_API_KEY}`)
  })
})

describe('an address', () => {
  it.for([
    ['ann@studio.test', { email: 'ann@studio.test' }],
    ['Ann <ann@studio.test>', { name: 'Ann', email: 'ann@studio.test' }],
    ['Ann B. Miller <ann@studio.test>', { name: 'Ann B. Miller', email: 'ann@studio.test' }],
    ['Müller & Söhne <a@studio.test>', { name: 'Müller & Söhne', email: 'a@studio.test' }],
    ['<ann@studio.test>', { email: '<ann@studio.test>' }],
  ] as const)('is split into its parts: %s', ([address, parts], { expect }) => {
    expect(parseAddress(address)).toEqual(parts)
  })
})
