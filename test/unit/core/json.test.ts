import fc from 'fast-check'
import { describe, it } from 'vitest'
import { AppError } from '../../../src/core/errors.ts'
import { checkStructure, cleanJson, type Json, MAX_DEPTH } from '../../../src/core/json.ts'

/** What the body reader does with text: structure first, then the parser, then the values. */
function readBody(text: string): Json {
  checkStructure(text)
  return cleanJson(JSON.parse(text))
}

/** The code of the refusal; `not json` when it is the parser that refuses. */
function refusalOf(text: string): string {
  try {
    readBody(text)
    return 'none'
  } catch (error) {
    if (error instanceof AppError) return error.code
    return error instanceof SyntaxError ? 'not json' : String(error)
  }
}

const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth)
const nestedObjects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

const MALFORMED = [
  '',
  ' ',
  '{',
  '}',
  '[1,',
  '[1,]',
  '{"a":1,}',
  '{"a"}',
  '{a:1}',
  "{'a':1}",
  '{"a":1 /* b */}',
  '{"a":1}//',
  'NaN',
  '[Infinity]',
  '\ufeff{}',
  '{\u0000"\u0000a\u0000"\u0000:\u00001\u0000}\u0000',
  '{}{}',
  '"\\x41"',
  '"\\u12"',
  '"a\nb"',
  '01',
  '"open',
  '"open\\',
]

describe('text that is no JSON (B01)', () => {
  it.for(MALFORMED)('is left for the parser to refuse: %j', (text, { expect }) => {
    expect(refusalOf(text)).toBe('not json')
  })
})

describe('a key that is named twice (B04)', () => {
  it.for([
    '{"a":1,"a":2}',
    '{"a":1,"b":2,"a":1}',
    '{"a":1,"\\u0061":2}',
    '[{"b":{"a":1,"a":2}}]',
    '{"a":{"x":[1,{"y":2}]},"a":1}',
    '{"":1,"":2}',
    '{"a\\"":1,"a\\"":2}',
    '{ "a" : [ ] , "a" : { } }',
    '{"__proto__":1,"__proto__":2}',
  ])('is refused: %s', (text, { expect }) => {
    expect(refusalOf(text)).toBe('malformed')
  })

  it.for([
    '{"a":1,"b":{"a":1}}',
    '[{"a":1},{"a":2}]',
    '{"a":"a","b":"a"}',
    '{"a":["a","a"]}',
    '{"a":"\\"a\\":1,","b":1}',
    '{"a":1,"A":2}',
    '{"a":"{\\"b\\":1,\\"b\\":2}"}',
    '{"a\\\\":1,"a":2}',
  ])('is not what %s holds', (text, { expect }) => {
    expect(readBody(text)).toEqual(JSON.parse(text))
  })
})

describe('keys that reach for the prototype (B05)', () => {
  it.for([
    '{"__proto__":{"isAdmin":true}}',
    '{"constructor":{"prototype":{"isAdmin":true}}}',
    '{"prototype":1}',
    '{"a":{"__proto__":1}}',
    '[{"a":[{"constructor":1}]}]',
    '{"\\u005f_proto__":1}',
    '{"__proto__":null}',
  ])('are refused: %s', (text, { expect }) => {
    expect(refusalOf(text)).toBe('validation')
    expect(Object.hasOwn(Object.prototype, 'isAdmin')).toBe(false)
  })

  it('are the only ones: the names of its methods are plain keys', ({ expect }) => {
    const text = '{"toString":1,"hasOwnProperty":2,"valueOf":3,"proto":4}'
    expect(readBody(text)).toEqual(JSON.parse(text))
  })

  it('cannot come to be by normalising', ({ expect }) => {
    // Full-width letters fold into these names by NFKC, but the text is stored in NFC.
    const key = '\uff3f\uff3fproto\uff3f\uff3f'
    expect(Object.keys(cleanJson({ [key]: 1 }) as object)).toEqual([key])
  })
})

describe('nesting (B09)', () => {
  it.for([
    ['arrays', nested(MAX_DEPTH)],
    ['objects', nestedObjects(MAX_DEPTH)],
    ['brackets in a string', JSON.stringify(nested(30_000))],
    ['many side by side', `[${Array(5000).fill('[]').join(',')}]`],
  ] as const)('is fine up to the limit: %s', ([, text], { expect }) => {
    expect(readBody(text)).toEqual(JSON.parse(text))
  })

  it.for([
    ['arrays', nested(MAX_DEPTH + 1)],
    ['objects', nestedObjects(MAX_DEPTH + 1)],
    ['both', `${'[{"a":'.repeat(9)}1${'}]'.repeat(9)}`],
    ['a hundred', nested(100)],
    ['ten thousand', nested(10_000)],
    ['thirty thousand that never end', '{"a":['.repeat(15_000)],
  ] as const)('is refused beyond it: %s', ([, text], { expect }) => {
    expect(refusalOf(text)).toBe('malformed')
  })
})

describe('text that cannot be stored (B12, B14)', () => {
  it.for([
    '"a\\u0000b"',
    '{"a":"\\u0000"}',
    '{"\\u0000":1}',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '["a","\\udfff"]',
    '{"\\ud800":1}',
    '{"a":{"b":["\\ud83d"]}}',
  ])('is refused: %s', (text, { expect }) => {
    expect(refusalOf(text)).toBe('validation')
  })

  it('is named by its path, which is never endless', ({ expect }) => {
    const pathOf = (text: string) => {
      try {
        readBody(text)
      } catch (error) {
        return error instanceof AppError ? error.errors?.[0]?.path : undefined
      }
    }
    expect(pathOf('{"a":{"b":["x","\\u0000"]}}')).toBe('a.b.1')
    expect(pathOf(`{"${'k'.repeat(5000)}":"\\u0000"}`)).toHaveLength(200)
  })
})

describe('unicode forms (B15)', () => {
  it.for([
    ['a combining accent is composed', 'e\u0301', '\u00e9'],
    ['a composed letter stays', '\u00e9', '\u00e9'],
    ['the Kelvin sign is what NFC makes of it', '\u212a', 'K'],
    ['full width stays', '\uff21', '\uff21'],
    ['a ligature stays', '\ufb01', '\ufb01'],
    ['a dotless i stays', '\u0131', '\u0131'],
    ['a long s stays', '\u017f', '\u017f'],
    ['a sharp s stays', '\u00df', '\u00df'],
    ['joined emoji stay', '👩\u200d👩\u200d👧', '👩\u200d👩\u200d👧'],
    ['a direction mark stays', 'a\u200fb', 'a\u200fb'],
    ['a BOM within stays', 'a\ufeffb', 'a\ufeffb'],
    ['Windows line ends become LF', 'a\r\nb\r\n', 'a\nb\n'],
    ['old Mac line ends become LF', 'a\rb\r\rc', 'a\nb\n\nc'],
  ] as const)('%s', ([, given, stored], { expect }) => {
    expect(cleanJson({ text: given, list: [given] })).toEqual({ text: stored, list: [stored] })
  })

  it('hold for keys as well', ({ expect }) => {
    expect(cleanJson({ 'e\u0301': 1 })).toEqual({ '\u00e9': 1 })
  })
})

/** Any JSON value whose nesting fits, without keys that are refused for their name. */
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: 'medium' },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { maxKeys: 5 }),
  ),
})).value

describe('any JSON value', () => {
  it('passes the structure check, however it is written', ({ expect }) => {
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        expect(() => checkStructure(JSON.stringify(value, null, space))).not.toThrow()
      }),
      { numRuns: 500 },
    )
  })

  it('is refused as soon as one of its keys is repeated', ({ expect }) => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), json, json, (key, first, second) => {
        const name = JSON.stringify(key)
        const text = `[{${name}:${JSON.stringify(first)},${name}:${JSON.stringify(second)}}]`
        expect(refusalOf(text)).toBe('malformed')
      }),
      { numRuns: 300 },
    )
  })

  it('does not change when it is cleaned twice', ({ expect }) => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.includes('\u0000'))
        const once = cleanJson(text)
        expect(cleanJson(once)).toBe(once)
      }),
    )
  })
})
