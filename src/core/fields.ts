import * as z from 'zod'
import { codePoints } from './text.ts'

// Bodies arrive with LF line ends, in NFC and without NUL (core/json.ts).
const CONTROLS = /[\p{Cc}\u2028\u2029]/u
const CONTROLS_BUT_BREAKS = /(?![\n\t])[\p{Cc}\u2028\u2029]/u

/** One line of text, trimmed, `min`..`max` code points, no control characters. */
export const line = (min: number, max: number) => bounded(min, max, CONTROLS)

/** Text of several lines, trimmed, `min`..`max` code points; tabs and line ends may stand in it. */
export const paragraphs = (min: number, max: number) => bounded(min, max, CONTROLS_BUT_BREAKS)

function bounded(min: number, max: number, forbidden: RegExp) {
  return z
    .string()
    .trim()
    .check((context) => {
      const text = context.value
      const length = codePoints(text)
      if (length < min) {
        context.issues.push({
          code: 'too_small',
          origin: 'string',
          minimum: min,
          inclusive: true,
          input: text,
        })
      }
      if (length > max) {
        context.issues.push({
          code: 'too_big',
          origin: 'string',
          maximum: max,
          inclusive: true,
          input: text,
        })
      }
      if (forbidden.test(text)) {
        context.issues.push({ code: 'invalid_format', format: 'text', input: text })
      }
    })
    .meta({ minLength: min, maxLength: max })
}

/**
 * An e-mail address of plain ASCII, 254 characters at most and 64 before the @ (RFC 5321, 4.5.3.1).
 * The domain is lower-cased; the part before the @ is kept as it was typed.
 */
export const email = () =>
  z
    .string()
    .max(254)
    .check(z.email(), (context) => {
      if (context.value.lastIndexOf('@') > 64) {
        context.issues.push({ code: 'invalid_format', format: 'email', input: context.value })
      }
    })
    .overwrite(lowerDomain)
    .meta({ format: 'email' })

function lowerDomain(address: string): string {
  const at = address.lastIndexOf('@')
  return address.slice(0, at) + address.slice(at).toLowerCase()
}

/** A whole number in a query string. Digits only: coercion would read '' and '0x10' as numbers. */
export const queryInt = (min: number, max: number) =>
  z
    .string()
    .regex(/^[0-9]{1,10}$/)
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .meta({
      override: ({ jsonSchema }) => {
        delete jsonSchema.pattern
        Object.assign(jsonSchema, { type: 'integer', minimum: min, maximum: max })
      },
    })

export const queryFlag = () => z.enum(['true', 'false']).transform((value) => value === 'true')

/** An instant as every view shows it. */
export const instant = () => z.iso.datetime().meta({ example: '2026-05-04T09:30:00.000Z' })

/** The public name of a row that must not be guessed or counted: a UUIDv7. */
export const uid = () => z.uuid().meta({ example: '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10' })

/** `limit` and `cursor`, which every list takes. */
export const pageQuery = {
  limit: queryInt(1, 100).default(20),
  cursor: z
    .string()
    .max(200)
    .regex(/^[\w-]+\.[\w-]+$/)
    .optional()
    .meta({ description: 'The `next_cursor` of the page before.' }),
}

/** What every list answers. */
export const pageOf = <View extends z.ZodType>(view: View) =>
  z.object({
    data: z.array(view).max(100),
    next_cursor: z.string().nullable().meta({ description: 'Null on the last page.' }),
    count: z
      .int()
      .optional()
      .meta({ description: 'How many there are in all; with `count=true`.' }),
  })
