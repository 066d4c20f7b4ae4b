import Mustache from 'mustache'
import { escapeText } from '../../core/xml.ts'
import type { Settings } from '../../env.ts'
import type { MailTemplate } from '../../platform/assets.ts'
import { MailRefused } from '../../platform/mailer/index.ts'
import { MAILS, type MailKind, type MailModel } from './kinds.ts'

const plain = { escape: (value: unknown) => String(value) }
// Mustache's own would also write out what is harmless in quotes, such as the slashes of links.
const html = { escape: (value: unknown) => escapeText(String(value)) }

/** Refuses what would end a header and start another (RFC 5322, 2.2). */
export function headerValue(value: string): string {
  if (/[\p{Cc}\u2028\u2029]/u.test(value)) {
    throw new MailRefused('A header holds a control character')
  }
  return value
}

/** Throws MailRefused when the subject would not be one clean header line. */
export function renderSubject<Kind extends MailKind>(
  settings: Settings,
  kind: Kind,
  model: MailModel<Kind>,
): string {
  const view = { ...model, studio: studioOf(settings) }
  return headerValue(Mustache.render(MAILS[kind].subject, view, undefined, plain))
}

/** Fills the template. Values are escaped in HTML and stand as they are in text. */
export function renderMail(
  settings: Settings,
  template: MailTemplate,
  subject: string,
  model: object,
): MailTemplate {
  const view = { ...model, ...linesOf(model), subject, studio: studioOf(settings) }
  return {
    html: Mustache.render(template.html, view, undefined, html),
    text: Mustache.render(template.text, view, undefined, plain),
  }
}

/** HTML knows no line ends, so a template that shows a message goes through its lines. */
const linesOf = (model: object) =>
  'message' in model && typeof model.message === 'string'
    ? { lines: model.message.split('\n') }
    : {}

const studioOf = (settings: Settings) => ({
  name: settings.STUDIO_NAME,
  color: settings.STUDIO_COLOR,
  logo_url: settings.STUDIO_LOGO_URL,
  site_url: settings.SITE_ORIGIN,
})
