import { beforeEach, describe, it } from 'vitest'
import { type Route, refusesBadInput } from '../support/bad-input.ts'
import { newWorld, type World } from '../support/world.ts'

const MESSAGE = { name: 'Ann', email: 'ann@example.org', message: 'Hello' }
const CONTACT = '/api/v1/contact'

let world: World
let id: string
beforeEach(async () => {
  world = await newWorld({ RATE_LIMIT_SCALE: '1000' })
  const response = await world.as('anonymous').post(CONTACT, { body: MESSAGE })
  id = (await response.json<{ id: string }>()).id
})

const state = async () =>
  Promise.all(
    ['contact_messages', 'contact_replies', 'outbox', 'idempotency_keys'].map((table) =>
      world.rows(table),
    ),
  )
const send = (body: object) =>
  world.as('anonymous').post(CONTACT, { body: { ...MESSAGE, ...body } })
const newest = async () => (await world.rows('contact_messages')).at(-1)

describe('no bad body gets past', () => {
  const routes: Record<string, () => Route> = {
    'the contact form': () => ({
      method: 'POST',
      path: CONTACT,
      caller: 'anonymous',
      valid: MESSAGE,
      texts: ['name', 'email', 'message'],
    }),
    'marking a message': () => ({
      method: 'PATCH',
      path: `${CONTACT}/messages/${id}`,
      caller: 'admin',
      valid: { status: 'read' },
      texts: ['status'],
    }),
    'a reply': () => ({
      method: 'POST',
      path: `${CONTACT}/messages/${id}/reply`,
      caller: 'admin',
      valid: { body: 'Yes' },
      texts: ['body'],
    }),
    'a test mail': () => ({
      method: 'POST',
      path: '/api/v1/utils/test-email',
      caller: 'admin',
      valid: { to: 'ann@example.org' },
      texts: ['to'],
    }),
  }
  for (const [name, route] of Object.entries(routes)) {
    it(name, async ({ expect }) => {
      const tried = await refusesBadInput(expect, world, route(), state)
      expect(tried).toBeGreaterThan(120)
    })
  }
})

describe('text', () => {
  it('of any script and form is stored in NFC as it is', async ({ expect }) => {
    const forms: [string, string][] = [
      ['cafe\u0301', 'caf\u00e9'],
      ['caf\u00e9', 'caf\u00e9'],
      ['\uff21\uff22', '\uff21\uff22'],
      ['\ufb01ne', '\ufb01ne'],
      ['\u212a', 'K'],
      ['\u0131i\u0130', '\u0131i\u0130'],
      ['\u017f', '\u017f'],
      ['stra\u00dfe', 'stra\u00dfe'],
      ['👩\u200d🚀', '👩\u200d🚀'],
      ['a\u202eb', 'a\u202eb'],
      ['z\u0335a\u0336l', 'z\u0335a\u0336l'],
      ['a\tb\nc', 'a\tb\nc'],
      ['a\r\nb\rc', 'a\nb\nc'],
    ]
    for (const [given, stored] of forms) {
      expect((await send({ message: given })).status, given).toBe(202)
      expect((await newest())?.message).toBe(stored)
    }
  })

  it('that looks like HTML, Mustache or SQL stays text, in the inbox and in mails', async ({
    expect,
  }) => {
    const strings = [
      '<script>alert(1)</script>',
      '<img src=x onerror=alert(1)>',
      '<svg onload=alert(1)>',
      '<math><mi xlink:href="javascript:alert(1)">',
      '"><iframe srcdoc="<script>1</script>">',
      "'-alert(1)-'",
      '<a href="https://evil.test">Pay here</a>',
      '<style>*{display:none}</style>',
      '&lt;b&gt;',
      '<!--',
      ']]>',
      '<%= 7*7 %>',
      '{{studio.name}}',
      '{{{name}}}',
      '{{=<% %>=}}',
      '{{#lines}}x{{/lines}}',
      '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
      'javascript:alert(1)',
      "'; drop table contact_messages; --",
      '" or 1=1 --',
    ]
    for (const evil of strings) {
      const answer = await send({ name: evil, message: evil, subject: evil, company: evil })
      const { id: one } = await answer.json<{ id: string }>()
      expect((await newest())?.message).toBe(evil)
      const shown = await world.as('admin').get(`${CONTACT}/messages/${one}`)
      expect(await shown.json()).toMatchObject({ name: evil, subject: evil })
      await world.as('admin').post(`${CONTACT}/messages/${one}/reply`, { body: { body: evil } })
    }
    await world.settle()
    expect(world.outside.mails.length).toBeGreaterThanOrEqual(strings.length * 2)
    const tags = strings.filter((evil) => /<\w/.test(evil))
    for (const { html } of world.outside.mails) {
      for (const tag of tags) expect(html).not.toContain(tag)
      expect(html).not.toMatch(/<(script|iframe|svg|math)\b|<[^>&]*onerror/i)
    }
    const [, notification] = world.outside.to('owner@linden.test')
    expect(notification?.text).toContain(strings[0])
    expect(world.outside.mails.some((mail) => mail.text.includes('{{studio.name}}'))).toBe(true)
  })

  it('cannot add a header or a recipient to a mail', async ({ expect }) => {
    const headers = [
      'Ann\r\nBcc: evil@evil.test',
      'Ann\nBcc: evil@evil.test',
      'Ann\rBcc: evil@evil.test',
      'Ann%0d%0aBcc: evil@evil.test',
      'Ann\u2028Bcc: evil@evil.test',
      'Ann\u0085Bcc: evil@evil.test',
      'Ann\r\n Bcc: folded',
      '=?utf-8?q?=0ABcc:_evil@evil.test?=',
      'Ann, evil@evil.test',
      'Ann <evil@evil.test>',
      'Ann" <evil@evil.test>, "',
      'Ann; evil@evil.test',
      'Ann\tX',
      'Ann\u0000',
      'Bcc: evil@evil.test',
    ]
    for (const evil of headers) {
      for (const field of ['name', 'subject']) {
        expect([202, 422], `${field} ${evil}`).toContain((await send({ [field]: evil })).status)
      }
      expect((await send({ email: evil })).status, evil).toBe(422)
    }
    await world.settle()
    const allowed = new Set(['owner@linden.test', 'ann@example.org'])
    for (const mail of world.outside.mails) {
      expect(allowed.has(mail.to), mail.to).toBe(true)
      expect(mail.subject).not.toMatch(/[\r\n\u0085\u2028]/)
    }
  })
})

describe('an e-mail address', () => {
  it('must be one that can be written to', async ({ expect }) => {
    const wrong = [
      '',
      ' ',
      'a',
      'a@',
      '@b.org',
      'a@b',
      'a b@c.org',
      'a@b c.org',
      'a@@b.org',
      'a@b.org@c.org',
      '.a@b.org',
      'a.@b.org',
      'a..b@c.org',
      'a@.b.org',
      'a@b..org',
      'a@b.org.',
      'a@[127.0.0.1]',
      'a@127.0.0.1',
      '"a b"@c.org',
      'a(comment)@b.org',
      'Ann <a@b.org>',
      'a@b.org\n',
      '\na@b.org',
      'a@b.org\r\nBcc: c@d.org',
      'a@b.org,c@d.org',
      'ann@bücher.example',
      'ünn@b.org',
      '\u212aevin@b.org',
      'a@b.o\u212a',
      `${'a'.repeat(65)}@b.org`,
      `a@${'b'.repeat(250)}.org`,
      'a@-b.org',
      'a@b.c',
      'javascript:alert(1)@b.org',
    ]
    for (const email of wrong)
      expect((await send({ email })).status, JSON.stringify(email)).toBe(422)
    for (const email of [
      'a@b.org',
      'first.last+tag@sub.example.co',
      "o'neil@example.org",
      `${'a'.repeat(64)}@b.org`,
      'A_B-C@EXAMPLE.ORG',
      '1@2.org',
    ]) {
      expect((await send({ email })).status, email).toBe(202)
    }
  })
})

describe('a list query', () => {
  it('takes its own parameters in their own form only', async ({ expect }) => {
    const wrong = [
      'limit=0',
      'limit=-1',
      'limit=101',
      'limit=1000000000',
      'limit=1e2',
      'limit=NaN',
      'limit=',
      'limit=%20',
      'limit=0x10',
      'limit=1.0',
      'limit=+1',
      'limit=１',
      'limit=1&limit=2',
      'limit[]=1',
      'limit[a]=1',
      'cursor=',
      'cursor=abc',
      'cursor=abc.def',
      'cursor=WzFd.AAAAAAAAAAAA',
      'cursor=../../x',
      'status=',
      'status=all',
      'status=UNREAD',
      'status=read&status=spam',
      'q=',
      'q=%20',
      'q=%CC%81',
      'q=%CC%81',
      `q=${'x'.repeat(101)}`,
      'q=%00',
      'q=a%0Ab',
      'count=yes',
      'count=1',
      'sort=email',
      'order_by=search',
      'fields=search',
      'include=replies',
      'offset=5',
      'page=1',
      '__proto__=1',
      'q=a&q=b',
      'status[$ne]=spam',
    ]
    for (const query of wrong) {
      const response = await world.as('admin').get(`${CONTACT}/messages?${query}`)
      expect(response.status, query).toBe(422)
      expect(await response.json()).toMatchObject({ code: 'validation' })
    }
  })

  it('pages with its own cursor only', async ({ expect }) => {
    for (let i = 0; i < 3; i++) await send({})
    const cursorOf = async (path: string) =>
      (await (await world.as('admin').get(path)).json<{ next_cursor: string }>()).next_cursor
    const own = await cursorOf(`${CONTACT}/messages?limit=1`)
    const foreign = await cursorOf('/api/v1/mail?limit=1')
    const get = (cursor: string) => world.as('admin').get(`${CONTACT}/messages?cursor=${cursor}`)
    expect((await get(own)).status).toBe(200)
    expect((await get(foreign)).status).toBe(422)
    const [body = '', tag = ''] = own.split('.')
    const edited = btoa(JSON.stringify([999])).replaceAll('=', '')
    for (const wrong of [
      `${edited}.${tag}`,
      `${body}.${tag.slice(1)}`,
      `${body}.`,
      tag,
      `${own}x`,
    ]) {
      expect((await get(wrong)).status, wrong).toBe(422)
    }
  })

  it('cannot be told apart by SQL that is true or false', async ({ expect }) => {
    const pairs: [string, string][] = [
      ["' or '1'='1", "' or '1'='2"],
      ["x' or 1=1 --", "x' or 1=2 --"],
      ["') or ('a'='a", "') or ('a'='b"],
      ['" or ""="', '" or ""="x'],
      ['1) union select 1 --', '1) union select 2 --'],
      ["x%' or '%'='", "x%' or '%'='y"],
    ]
    for (const [truthy, falsy] of pairs) {
      const answers = await Promise.all(
        [truthy, falsy].map(async (q) => {
          const response = await world
            .as('admin')
            .get(`${CONTACT}/messages?q=${encodeURIComponent(q)}`)
          return [response.status, await response.text()]
        }),
      )
      expect(answers[0], truthy).toEqual(answers[1])
    }
  })
})
