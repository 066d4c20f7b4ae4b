import Mustache from 'mustache'
import { describe, it } from 'vitest'
import * as z from 'zod/mini'
import { compileMails } from '../../src/cli/compile-mails.ts'
import { type Bindings, readSettings } from '../../src/env.ts'
import { MAIL_KINDS, MAILS, type MailKind, type MailModel } from '../../src/features/mail/kinds.ts'
import { renderMail, renderSubject } from '../../src/features/mail/render.ts'
import type { MailTemplate } from '../../src/platform/assets.ts'
import { TEST_SETTINGS } from '../support/settings.ts'

const NAMESPACES = ['http://www.w3.org/1999/xhtml']

const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<a href="https://evil.test">click</a>',
  '"><svg onload=alert(1)>',
  "' onmouseover='alert(1)",
  '</td></tr></table><h1>Pay here</h1>',
  '<style>body{display:none}</style>',
  '<!-- <b> -->',
  '&lt;b&gt; & &amp;',
  '{{studio.name}} {{{subject}}} {{&subject}}',
  '#{7*7} <%= 7*7 %>',
  '{{/message}}{{#studio}}<i>{{/studio}}',
]

// Settings only; the renderer reads no binding.
const settingsWith = (given: object) =>
  readSettings({ ...TEST_SETTINGS, ...given } as unknown as Bindings)
const settings = settingsWith({ STUDIO_LOGO_URL: 'https://www.linden.test/logo.svg' })

/** A model of this kind with `value` in every field. */
const filled = <Kind extends MailKind>(kind: Kind, value: string) =>
  MAILS[kind].model().parse(sampleOf(MAILS[kind].model(), value)) as MailModel<Kind>

function sampleOf(field: z.ZodMiniType, value: string): unknown {
  if (field instanceof z.ZodMiniArray)
    return [sampleOf(field._zod.def.element as z.ZodMiniType, value)]
  if (field instanceof z.ZodMiniObject) {
    const parts = Object.entries(field.shape) as [string, z.ZodMiniType][]
    return Object.fromEntries(parts.map(([name, part]) => [name, sampleOf(part, value)]))
  }
  // A field that is no text is a flag.
  return field.safeParse(value).success ? value : true
}

/** The names of its fields, and of those that stand in lists. */
function fieldsOf(field: z.ZodMiniType): string[] {
  if (field instanceof z.ZodMiniArray) return fieldsOf(field._zod.def.element as z.ZodMiniType)
  if (!(field instanceof z.ZodMiniObject)) return []
  const parts = Object.entries(field.shape) as [string, z.ZodMiniType][]
  return parts.flatMap(([name, part]) => [name, ...fieldsOf(part)])
}

const templates = await compileMails()

function templateOf(kind: MailKind): MailTemplate {
  const template = templates[MAILS[kind].template]
  if (!template) throw new Error(`There is no template for ${kind}`)
  return template
}

const render = (kind: MailKind, value: string) =>
  renderMail(
    settings,
    templateOf(kind),
    renderSubject(settings, kind, filled(kind, value)),
    filled(kind, value),
  )

describe('the compiled templates', () => {
  it('are those that the mails use', ({ expect }) => {
    const used = new Set(MAIL_KINDS.map((kind) => MAILS[kind].template))
    expect(Object.keys(templates).sort()).toEqual([...used].sort())
  })

  it('ask no other host for anything', ({ expect }) => {
    const foreign = Object.values(templates).flatMap(({ html }) =>
      Array.from(html.matchAll(/(?:https?:)?\/\/[\w-]+\.[^\s"'()<>]+/g), ([address]) => address),
    )
    expect(foreign.filter((address) => !NAMESPACES.includes(address))).toEqual([])
  })

  it.for(MAIL_KINDS)('of %s name nothing that its model does not hold', (kind, { expect }) => {
    const known = [...fieldsOf(MAILS[kind].model()), 'lines', '.', 'subject', 'studio.name']
    const { html, text } = templateOf(kind)
    const named = [html, text, MAILS[kind].subject].flatMap((one) => namesIn(Mustache.parse(one)))
    const studio = ['studio.color', 'studio.logo_url', 'studio.site_url']
    expect(named).toContain('studio.name')
    expect(named.filter((name) => !known.includes(name) && !studio.includes(name))).toEqual([])
  })
})

describe.for(MAIL_KINDS)('a mail of kind %s', (kind) => {
  it.for(HOSTILE)('shows %s as text', (value, { expect }) => {
    const { html, text } = render(kind, value)
    const harmless = render(kind, 'harmless').html
    for (const sign of ['<', '>', '"', "'"]) {
      expect(countOf(html, sign), `${sign} in the HTML`).toBe(countOf(harmless, sign))
    }
    const fields = Object.keys(MAILS[kind].model().shape).length
    expect(countOf(text, value) > 0, 'the text holds it as it is').toBe(fields > 0)
  })

  it('escapes the studio too', ({ expect }) => {
    const name = 'Lind & <b>Sons</b>'
    const { html, text } = renderMail(
      settingsWith({ STUDIO_NAME: name }),
      templateOf(kind),
      name,
      filled(kind, 'x'),
    )
    expect(html).not.toContain('<b>')
    expect(html).toContain('Lind &amp; &lt;b&gt;Sons')
    expect(text).toContain(name)
  })

  it('has a subject of one line in which nothing is escaped', ({ expect }) => {
    for (const value of HOSTILE) {
      const subject = renderSubject(settings, kind, filled(kind, value))
      expect(subject).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
      expect(subject).not.toMatch(/^\s*$/)
      if (/\{\{(name|topic)/.test(MAILS[kind].subject)) expect(subject).toContain(value)
    }
  })

  it('leaves no placeholder and no empty section behind', ({ expect }) => {
    const { html, text } = render(kind, 'harmless')
    expect(`${html}${text}`).not.toMatch(/\{\{|undefined|\[object/)
  })
})

describe('a subject', () => {
  it.for(['\r\nBcc: all@evil.test', 'a\nb', 'a\rb', 'a\u2028b'])(
    'is never made with a line break in it: %j',
    (name, { expect }) => {
      const model = { ...filled('contact.notification', 'x'), name }
      expect(() => renderSubject(settings, 'contact.notification', model)).toThrow()
    },
  )
})

describe('what a visitor left out', () => {
  it('is not mentioned in the notification', ({ expect }) => {
    const model = { name: 'Ann', email: 'ann@a.test', message: 'Hello', received_at: 'today' }
    const mail = renderMail(settings, templateOf('contact.notification'), 'New message', model)
    for (const part of Object.values(mail)) expect(part).not.toMatch(/Company|Subject:|about/)
  })

  it('does not make the answer speak of a subject', ({ expect }) => {
    const mail = renderMail(settings, templateOf('contact.reply'), 'Our answer', {
      message: 'Hello',
    })
    for (const part of Object.values(mail)) expect(part).not.toMatch(/About/)
    expect(renderSubject(settings, 'contact.reply', { message: 'Hello' })).not.toMatch(/^Re:/)
  })
})

describe('a message of several lines', () => {
  it('keeps its lines in both parts', ({ expect }) => {
    const model = filled('contact.reply', 'one\ntwo\n\nfour')
    const { html, text } = renderMail(settings, templateOf('contact.reply'), 'x', model)
    expect(html).toContain('one<br>two<br><br>four')
    expect(text).toContain('one\ntwo\n\nfour')
  })
})

const countOf = (text: string, part: string): number => text.split(part).length - 1

type Tokens = ReturnType<typeof Mustache.parse>

/** Every name that a template looks up. */
function namesIn(tokens: Tokens): string[] {
  return tokens.flatMap((token) => [
    ...(token[0] === 'text' ? [] : [token[1]]),
    ...(Array.isArray(token[4]) ? namesIn(token[4] as Tokens) : []),
  ])
}
