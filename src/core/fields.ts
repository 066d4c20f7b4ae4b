import * as z from 'zod/mini'
import { lazily } from './lazily.ts'
import { meta, shownAs } from './meta.ts'
import { DEFAULT_LIMIT } from './page.ts'
import { codePoints, fold, toStored } from './text.ts'

export const CONTROLS = /[\p{Cc}\u2028\u2029]/u
const CONTROLS_BUT_BREAKS = /(?![\n\t])[\p{Cc}\u2028\u2029]/u

type Check = Parameters<z.ZodMiniString['check']>[number]

/** A string that passes all checks. Nobody else holds it yet, so that it needs no copy for its words. */
const text = (words: z.core.GlobalMeta, ...checks: Check[]) =>
  z
    .string()
    .check(...checks)
    .register(z.globalRegistry, words)

/** A string of at most so many UTF-16 units, as views show it. */
export const upTo = (most: number) => z.string().check(z.maxLength(most))

/** A whole number, as it stands in JSON. */
export const whole = (least: number, most: number) => z.int().check(z.gte(least), z.lte(most))

const HIGHEST_ROW = 9_999_999_999

/** The number of a row in a body. */
export const rowNumber = () => whole(1, HIGHEST_ROW)

/** An array of at most so many. */
export const listOf = <Item extends z.ZodMiniType>(item: Item, most: number) =>
  z.array(item).check(z.maxLength(most))

/** One line of text in NFC, trimmed, `min`..`max` code points, no control characters. */
export const line = (min: number, max: number, ...checks: Check[]) =>
  bounded(min, max, CONTROLS, checks)

/** A line that names something: without accents and marks something is left of it. */
export const label = (max: number) =>
  line(
    1,
    max,
    z.refine((given: string) => fold(given) !== '', { message: 'Nothing is left of it.' }),
  )

/**
 * Text of several lines in NFC with LF line ends, trimmed, `min`..`max` code points; tabs may stand
 * in it, other control characters not.
 */
export const paragraphs = (min: number, max: number) => bounded(min, max, CONTROLS_BUT_BREAKS)

function bounded(min: number, max: number, forbidden: RegExp, checks: Check[] = []) {
  const inBounds: Check = ({ value: input, issues }) => {
    const length = codePoints(input)
    const origin = 'string'
    const inclusive = true
    if (length < min) issues.push({ code: 'too_small', origin, minimum: min, inclusive, input })
    if (length > max) issues.push({ code: 'too_big', origin, maximum: max, inclusive, input })
    if (forbidden.test(input)) issues.push({ code: 'invalid_format', format: 'text', input })
  }
  return text({ minLength: min, maxLength: max }, z.overwrite(toStored), inBounds, ...checks)
}

/**
 * An e-mail address of plain ASCII, 254 characters at most and 64 before the @ (RFC 5321, 4.5.3.1).
 * The domain is lower-cased; the part before the @ is kept as it was typed.
 */
export const email = () =>
  text(
    { format: 'email' },
    z.maxLength(254),
    z.email(),
    ({ value: input, issues }) => {
      if (input.lastIndexOf('@') > 64)
        issues.push({ code: 'invalid_format', format: 'email', input })
    },
    z.overwrite(lowerDomain),
  )

export function lowerDomain(address: string): string {
  const at = address.lastIndexOf('@')
  return address.slice(0, at) + address.slice(at).toLowerCase()
}

// Names of hosts only: what stands for an address in numbers or for other letters misleads readers.
const HOST = /^(?:(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/

/** An address on the web: http or https, a host with a name, no account in it. */
export const webUrl = () =>
  text(
    { format: 'uri' },
    z.maxLength(500),
    z.regex(/^https?:\/\/[^\s\\@]+$/),
    ({ value: input, issues }) => {
      if (URL.canParse(input) && HOST.test(new URL(input).hostname) && !UNSEEN.test(input)) return
      issues.push({ code: 'invalid_format', format: 'url', input })
    },
  )

const UNSEEN = /[\p{C}\p{Z}]/u

/** A year, a month or a day: `2024`, `2024-05` or `2024-05-17`. */
export const partialDate = () =>
  z
    .string()
    .check(
      z.maxLength(10),
      z.regex(/^[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?$/),
    )

/** The number of a row in a path: digits as views show them. */
export const rowId = () =>
  z
    .pipe(z.string().check(z.regex(/^[1-9][0-9]{0,9}$/)), z.transform(Number))
    .apply(meta, shownAs({ type: 'integer', minimum: 1, maximum: HIGHEST_ROW, pattern: undefined }))

/** A row's number, or its address made of words. */
export const idOrSlug = () =>
  text(
    { description: 'The id, or the slug.' },
    z.maxLength(80),
    z.regex(/^(?:[1-9][0-9]{0,9}|(?=[0-9-]*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*)$/),
  )

/**
 * A whole number in a query string, `fallback` where there is none. Digits only: coercion would read ''
 * and '0x10' as numbers.
 */
export const queryInt = (min: number, max: number, fallback?: number) =>
  z
    .transform((input: unknown, { issues }): number => {
      if (input === undefined && fallback !== undefined) return fallback
      if (typeof input !== 'string') {
        issues.push({ code: 'invalid_type', expected: 'string', input })
        return min
      }
      const number = /^[0-9]{1,10}$/.test(input) ? Number(input) : Number.NaN
      const [origin, inclusive] = ['number', true] as const
      if (Number.isNaN(number)) issues.push({ code: 'invalid_format', format: 'integer', input })
      if (number < min) issues.push({ code: 'too_small', origin, minimum: min, inclusive, input })
      if (number > max) issues.push({ code: 'too_big', origin, maximum: max, inclusive, input })
      return number
    })
    .apply(meta, {
      override: {
        type: 'integer',
        minimum: min,
        maximum: max,
        ...(fallback !== undefined && { default: fallback }),
      },
    })

/** What somebody looks for: something must be left of it without accents and marks. */
export const searchTerm = () =>
  line(
    1,
    100,
    z.refine((term: string) => fold(term) !== '', { message: 'Nothing to look for.' }),
  )

export const queryFlag = () =>
  z.pipe(
    z.enum(['true', 'false']),
    z.transform((value) => value === 'true'),
  )

/** An instant as every view shows it. */
export const instant = () =>
  text({ format: 'date-time', example: '2026-05-04T09:30:00.000Z' }, z.regex(INSTANT))

const INSTANT = z.regexes.datetime({})

/** The public name of a row that must not be guessed or counted: a UUIDv7. */
export const uid = () =>
  text(
    { format: 'uuid', example: '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10' },
    z.regex(UUID),
    z.toLowerCase(),
  )

const UUID = z.regexes.uuid()

/** `limit` and `cursor`, which every list takes. */
export const pageQuery = lazily(() => ({
  limit: queryInt(1, 100, DEFAULT_LIMIT),
  cursor: z
    .optional(z.string().check(z.maxLength(600), z.regex(/^[\w-]+\.[\w-]+$/)))
    .apply(meta, { description: 'The `next_cursor` of the page before.' }),
}))

/** What every list answers. */
export const pageOf = <View extends z.ZodMiniType>(view: View) =>
  z.object({
    data: listOf(view, 100),
    next_cursor: z.nullable(z.string()).apply(meta, { description: 'Null on the last page.' }),
    count: z
      .optional(z.int())
      .apply(meta, { description: 'How many there are in all; with `count=true`.' }),
  })
