import { describe, it } from 'vitest'
import * as z from 'zod/mini'
import { email, label, line, queryInt, upTo, webUrl } from '../../../src/core/fields.ts'
import { toFieldErrors } from '../../../src/core/issues.ts'

const errorsOf = (schema: z.ZodMiniType, value: unknown) =>
  toFieldErrors(schema.safeParse(value, { reportInput: true }).error?.issues ?? [])
const wordsOf = (schema: z.ZodMiniType, value: unknown) =>
  errorsOf(schema, value).map(({ code, message }) => `${code}: ${message}`)

const named = z.record(z.string().check(z.maxLength(3)), upTo(5))

const WRONG: [what: string, schema: z.ZodMiniType, value: unknown, says: string][] = [
  ['nothing', upTo(5), undefined, 'required: Required.'],
  ['another type', upTo(5), 7, 'invalid_type: Must be of type string.'],
  ['too long a text', upTo(1), 'ab', 'too_big: At most 1 character.'],
  ['too long a line', line(0, 2), 'abc', 'too_big: At most 2 characters.'],
  ['too few items', z.array(upTo(5)).check(z.minLength(2)), ['a'], 'too_small: At least 2 items.'],
  ['too small a number', z.int().check(z.gte(1)), 0, 'too_small: At least 1.'],
  ['no e-mail address', email(), 'ann', 'invalid_format: Not a valid e-mail address.'],
  [
    'no web address',
    webUrl(),
    'https://localhost/',
    'invalid_format: Must be an http or https address with the name of a host.',
  ],
  ['no whole number', queryInt(1, 9), '1.5', 'invalid_format: Must be a whole number.'],
  ['control characters', line(0, 5), 'a\0b', 'invalid_format: Must not hold control characters.'],
  ['another form', z.string().check(z.regex(/a/)), 'b', 'invalid_format: Not in the right form.'],
  ['another word', z.enum(['a', 'b']), 'c', 'invalid_value: Must be one of a, b.'],
  [
    'no multiple',
    z.number().check(z.multipleOf(5)),
    7,
    'not_multiple_of: Must be a multiple of 5.',
  ],
  ['a wrong name', named, { abcd: 'x' }, 'invalid_key: As a name: At most 3 characters.'],
  ['neither of two', z.union([upTo(5), z.int()]), {}, 'invalid_union: Not valid here.'],
  ['what a refinement refuses', label(5), '\u0301', 'custom: Nothing is left of it.'],
  [
    'what a schema has own words for',
    z.string().check(z.regex(/a/, 'is no a')),
    'b',
    'invalid_format: is no a',
  ],
]

describe('what is wrong', () => {
  it.for(WRONG)('is said of %s', ([, schema, value, says], { expect }) => {
    expect(wordsOf(schema, value)).toEqual([says])
  })

  it('names each field that is not known, and where', ({ expect }) => {
    const schema = z.strictObject({ a: z.strictObject({}) })
    expect(errorsOf(schema, { a: { b: 1, c: 2 } })).toEqual(
      ['a.b', 'a.c'].map((path) => ({
        path,
        code: 'unrecognized_key',
        message: 'This is not known here.',
      })),
    )
  })

  it('ends after twenty errors and two hundred characters of a path', ({ expect }) => {
    const given = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}`.repeat(150), 1]))
    const errors = errorsOf(z.strictObject({}), given)
    expect(errors).toHaveLength(20)
    expect(Math.max(...errors.map(({ path }) => path.length))).toBe(200)
  })
})
