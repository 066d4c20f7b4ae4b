import { describe, it } from 'vitest'
import * as z from 'zod/mini'
import {
  email,
  instant,
  line,
  pageQuery,
  paragraphs,
  queryFlag,
  queryInt,
  uid,
} from '../../../src/core/fields.ts'
import { quickest } from '../../support/quickest.ts'

const codesOf = (schema: z.ZodMiniType, value: unknown) =>
  schema.safeParse(value).error?.issues.map((issue) => issue.code) ?? []

describe('a line of text', () => {
  const name = line(1, 5)

  it.for([
    [' Ann ', 'Ann'],
    ['🦊🦊🦊🦊🦊', '🦊🦊🦊🦊🦊'],
    ['e\u0301e\u0301e\u0301', 'ééé'],
    // Composed it has five code points, typed it has ten.
    ['e\u0301'.repeat(5), 'ééééé'],
    ['Ann\r\n', 'Ann'],
    ['<b>', '<b>'],
  ] as const)('takes %j as %j', ([given, stored], { expect }) => {
    expect(name.parse(given)).toBe(stored)
  })

  it.for([
    ['', 'too_small'],
    [' \t\n', 'too_small'],
    ['abcdef', 'too_big'],
    ['🦊🦊🦊🦊🦊🦊', 'too_big'],
    ['a\tb', 'invalid_format'],
    ['a\nb', 'invalid_format'],
    ['a\rb', 'invalid_format'],
    ['a\0b', 'invalid_format'],
    ['a\u001bb', 'invalid_format'],
    ['a\u007fb', 'invalid_format'],
    ['a\u0085b', 'invalid_format'],
    ['a\u2028b', 'invalid_format'],
    ['a\u2029b', 'invalid_format'],
    [1, 'invalid_type'],
    [null, 'invalid_type'],
    [['a'], 'invalid_type'],
  ] as const)('refuses %j as %s', ([given, code], { expect }) => {
    expect(codesOf(name, given)).toEqual([code])
  })

  it('may be empty where nothing is asked for', ({ expect }) => {
    expect(line(0, 5).parse('  ')).toBe('')
  })
})

describe('text of several lines', () => {
  const message = paragraphs(1, 12)

  it.for([
    ['a\r\nb\rc\n', 'a\nb\nc'],
    ['\ta\n\n\tb', 'a\n\n\tb'],
  ] as const)('takes %j as %j', ([given, stored], { expect }) => {
    expect(message.parse(given)).toBe(stored)
  })

  it.for([
    ['\n\r\n ', 'too_small'],
    ['a\nb\nc\nd\ne\nf\ng', 'too_big'],
    ['a\vb', 'invalid_format'],
    ['a\fb', 'invalid_format'],
    ['a\0b', 'invalid_format'],
    ['a\u0085b', 'invalid_format'],
    ['a\u2028b', 'invalid_format'],
  ] as const)('refuses %j as %s', ([given, code], { expect }) => {
    expect(codesOf(message, given)).toEqual([code])
  })
})

const LOCAL_64 = 'a'.repeat(64)
const domain = (length: number) =>
  `${'b'.repeat(60)}.`
    .repeat(9)
    .slice(0, length - 4)
    .concat('.dev')

describe('an e-mail address (B16)', () => {
  it.for([
    ['Ann@Studio.DEV', 'Ann@studio.dev'],
    ['ann+shop@studio.dev', 'ann+shop@studio.dev'],
    ['a.b.c@studio.dev', 'a.b.c@studio.dev'],
    ["o'neill@studio.dev", "o'neill@studio.dev"],
    ['ann_b-c@sub.studio.dev', 'ann_b-c@sub.studio.dev'],
    ['1@2.dev', '1@2.dev'],
    ['ann@xn--bcher-kva.example', 'ann@xn--bcher-kva.example'],
    [`${LOCAL_64}@studio.dev`, `${LOCAL_64}@studio.dev`],
    [`ann@${domain(250)}`, `ann@${domain(250)}`],
  ] as const)('is taken: %s', ([given, stored], { expect }) => {
    expect(email().parse(given)).toBe(stored)
  })

  it.for([
    ['nothing', ''],
    ['no @', 'ann.studio.dev'],
    ['two @', 'ann@b@studio.dev'],
    ['nothing before the @', '@studio.dev'],
    ['nothing behind the @', 'ann@'],
    ['a domain without a dot', 'ann@localhost'],
    ['a dot at the start', '.ann@studio.dev'],
    ['a dot before the @', 'ann.@studio.dev'],
    ['two dots', 'a..b@studio.dev'],
    ['two dots in the domain', 'ann@studio..dev'],
    ['a domain that starts with a dash', 'ann@-studio.dev'],
    ['255 characters', `ann@${domain(251)}`],
    ['65 before the @', `${LOCAL_64}a@studio.dev`],
    ['quotes', '"ann b"@studio.dev'],
    ['a comment', 'ann(friend)@studio.dev'],
    ['a display name', 'Ann <ann@studio.dev>'],
    ['a second address', 'ann@studio.dev,ben@studio.dev'],
    ['an IP literal', 'ann@[127.0.0.1]'],
    ['an IP address', 'ann@127.0.0.1'],
    ['an IDN domain', 'ann@bücher.dev'],
    ['a letter that is not ASCII', 'änn@studio.dev'],
    ['the Kelvin sign', 'mi\u212ae@studio.dev'],
    ['a long s', 'ann@\u017ftudio.dev'],
    ['a full-width @', 'ann\uff20studio.dev'],
    ['a line end', 'ann@studio.dev\n'],
    ['another header', 'ann@studio.dev\r\nBcc: all@evil.dev'],
    ['a space before it', ' ann@studio.dev'],
    ['a space within it', 'ann @studio.dev'],
    ['NUL', 'ann\0@studio.dev'],
    ['a percent route', 'ann%evil.dev@studio.dev'],
  ] as const)('is refused for %s', ([, given], { expect }) => {
    expect(email().safeParse(given).success).toBe(false)
  })

  it('is looked at in little time, however long it is', async ({ expect }) => {
    const ms = await quickest(500, () => {
      for (const given of [
        'a'.repeat(50_000),
        `${'a.'.repeat(25_000)}@`,
        `a@${'b.'.repeat(25_000)}`,
      ]) {
        expect(email().safeParse(given).success).toBe(false)
      }
    })
    expect(ms).toBeLessThan(500)
  })
})

describe('a whole number in a query (B19, B40)', () => {
  const limit = queryInt(1, 100)

  it.for([
    ['1', 1],
    ['100', 100],
    ['007', 7],
  ] as const)('is read: %s', ([given, number], { expect }) => {
    expect(limit.parse(given)).toBe(number)
  })

  it.for(
    // biome-ignore format: one list of values
    [
      '0', '-1', '+1', '-0', '101', '1000000000', '2147483648', '9007199254740992', '1e309', '1e2',
      '1.0', '1.5', '0x10', '0o7', '0b1', 'NaN', 'Infinity', '', ' ', ' 1', '1 ', '1\n', '1_0', '1,0',
      '\u0661', '\uff11', '1;2', '10000000000', 'null', 'true',
    ],
  )('is refused: %j', (given, { expect }) => {
    expect(limit.safeParse(given).success).toBe(false)
  })

  it.for([1, null, undefined, ['1'], {}, true])('is a string at first: %j', (given, { expect }) => {
    expect(limit.safeParse(given).success).toBe(false)
  })
})

describe('what every list takes', () => {
  const query = z.strictObject(pageQuery())

  it('is 20 rows from the start when nothing is asked for', ({ expect }) => {
    expect(query.parse({})).toEqual({ limit: 20 })
  })

  it.for(['', 'abc', 'a.b.c', '.b', 'a.', 'a b.c', 'ä.b', `${'a'.repeat(600)}.b`, 'a.b\n'])(
    'is no cursor of the form %j',
    (cursor, { expect }) => {
      expect(query.safeParse({ cursor }).success).toBe(false)
    },
  )
})

describe('small fields', () => {
  it('a flag is true or false, and nothing that resembles them', ({ expect }) => {
    expect(queryFlag().parse('true')).toBe(true)
    expect(queryFlag().parse('false')).toBe(false)
    for (const given of ['', '1', 'TRUE', 'yes', 'true ', true]) {
      expect(queryFlag().safeParse(given).success, String(given)).toBe(false)
    }
  })

  it('an id is a UUID and an instant stands in UTC', ({ expect }) => {
    expect(uid().safeParse('0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10').success).toBe(true)
    expect(uid().safeParse('../0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10').success).toBe(false)
    expect(instant().safeParse('2026-05-04T09:30:00.000Z').success).toBe(true)
    expect(instant().safeParse('2026-05-04T09:30:00+02:00').success).toBe(false)
  })
})
