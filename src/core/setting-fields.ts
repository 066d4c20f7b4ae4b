import * as z from 'zod/mini'
import { DIALECTS, type Dialect, isDialect } from './dialects.ts'
import { CONTROLS, lowerDomain } from './fields.ts'
import { toFieldErrors } from './issues.ts'
import type { Lazy } from './lazily.ts'
import { codePoints, toStored } from './text.ts'
import { toUtf8 } from './utf8.ts'

// Plain functions: schemas for fifty settings were a third of what a new isolate's first answer took.

/** What is wrong with a setting, in words that follow its name. They never repeat what it holds. */
export class Unfit extends Error {
  readonly reasons: string[]
  constructor(...reasons: string[]) {
    super(reasons.join('; '))
    this.reasons = reasons
  }
}

/** Makes a value of a setting's text. Throws Unfit. */
export type Read<Value> = (text: string) => Value

/** The same, where the setting may be absent. */
export type Setting<Value> = (text: string | undefined) => Value

export const required =
  <Value>(read: Read<Value>): Setting<Value> =>
  (text) => {
    if (text === undefined) throw new Unfit('is missing')
    return read(text)
  }

export const optional =
  <Value>(read: Read<Value>): Setting<Value | undefined> =>
  (text) =>
    text === undefined ? undefined : read(text)

export const or =
  <Value>(fallback: Value, read: Read<Value>): Setting<Value> =>
  (text) =>
    text === undefined ? fallback : read(text)

export const matching =
  (pattern: RegExp, wrong: string, most = 500): Read<string> =>
  (text) => {
    if (text.length > most) throw new Unfit(`is longer than ${most} characters`)
    if (!pattern.test(text)) throw new Unfit(wrong)
    return text
  }

export const longerThan =
  (least: number, most = 500): Read<string> =>
  (text) => {
    if (text.length < least) throw new Unfit(`is shorter than ${least} characters`)
    if (text.length > most) throw new Unfit(`is longer than ${most} characters`)
    return text
  }

export const oneOf =
  <Value extends string>(values: readonly Value[]): Read<Value> =>
  (text) => {
    const value = values.find((one) => one === text)
    if (value === undefined) throw new Unfit(`is none of ${values.join(', ')}`)
    return value
  }

/** Texts with commas between them. */
export const each =
  <Value>(read: Read<Value>, most = 100): Read<Value[]> =>
  (text) => {
    const parts = list(text)
    if (parts.length > most) throw new Unfit(`holds more than ${most}`)
    return parts.map(read)
  }

/** JSON that a schema reads. */
export const json =
  <Value>(schema: Lazy<z.ZodMiniType<Value>>): Read<Value> =>
  (text) => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      throw new Unfit('is not JSON')
    }
    const result = schema().safeParse(value, { reportInput: true })
    if (result.success) return result.data
    throw new Unfit(
      ...toFieldErrors(result.error.issues).map(
        ({ message, path }) => afterName(message) + (path === '' ? '' : ` (at ${path})`),
      ),
    )
  }

/** Our words for fields are sentences; those of settings go on where the name ends. */
const afterName = (message: string): string =>
  /^[A-Z]/.test(message)
    ? `is wrong: ${message.charAt(0).toLowerCase()}${message.slice(1).replace(/\.$/, '')}`
    : message

/** One line of 1..60 characters. */
export const title: Read<string> = (text) => {
  const stored = toStored(text)
  if (stored === '' || codePoints(stored) > 60 || CONTROLS.test(stored)) {
    throw new Unfit('is not one line of 1 to 60 characters')
  }
  return stored
}

export const email: Read<string> = (text) => {
  if (text.length > 254 || text.lastIndexOf('@') > 64 || !z.regexes.email.test(text)) {
    throw new Unfit('is not an e-mail address')
  }
  return lowerDomain(text)
}

const WEAK = /change|example|secret|password|placeholder|your[-_ ]|(.)\1{7}|01234567|abcdefgh/i

/** At least 32 bytes that look random. `openssl rand -base64 32` makes one. */
export const secret: Read<string> = (text) => {
  if (toUtf8(text).length < 32) throw new Unfit('is shorter than 32 bytes')
  if (new Set(text).size < 10 || WEAK.test(text)) throw new Unfit('is not random')
  return text
}

export const origin: Read<string> = (text) => {
  if (isOrigin(text)) return text
  throw new Unfit('is not an origin such as https://www.studio.dev (no path, no slash at the end)')
}

export const secureUrl: Read<string> = (text) => {
  if (text.length <= 500 && URL.canParse(text) && new URL(text).protocol === 'https:') return text
  throw new Unfit('is not an https address')
}

export const pagePath = matching(
  /^\/[\w./-]*\{(?:slug|id)\}[\w./-]*$/,
  'is not a path with {slug} or {id} in it, such as /blog/{slug}',
  200,
)

const decimal = matching(/^[0-9]{1,6}(\.[0-9]{1,3})?$/, 'is not a number')
export const number: Read<number> = (text) => Number(decimal(text))

/** A whole number of at most so many digits. */
export const digits =
  (most: number, what: string): Read<number> =>
  (text) => {
    if (!/^[0-9]+$/.test(text) || text.length > most) {
      throw new Unfit(`is not a number of ${what} of at most ${most} digits`)
    }
    return Number(text)
  }

export const days = digits(5, 'days')

export const list = (value: string): string[] =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

type Origins = Partial<Record<Dialect, string[]>>

/** `name=origin,origin; name=*`: who may call a dialect. The first origin is where its front end is. */
export const originsOfDialects: Read<Origins> = (text) => {
  const origins: Origins = {}
  for (const part of text.split(';').filter((one) => one.trim() !== '')) {
    const [name = '', given = ''] = part.split('=').map((one) => one.trim())
    if (!isDialect(name)) {
      throw new Unfit(`names a dialect that is none of ${DIALECTS.join(', ')}`)
    }
    if (given !== '*' && (list(given).length === 0 || !list(given).every(isOrigin))) {
      throw new Unfit('has no origins such as https://www.studio.dev behind a name')
    }
    origins[name] = list(given)
  }
  return origins
}

function isOrigin(value: string): boolean {
  return (
    URL.canParse(value) &&
    /^https?:$/.test(new URL(value).protocol) &&
    new URL(value).origin === value
  )
}
