import fc from 'fast-check'
import { describe, it } from 'vitest'
import { AppError } from '../../../src/core/errors.ts'
import { checkJson, checkStructure, type Json, MAX_DEPTH } from '../../../src/core/json.ts'

/** What the body reader does with text: structure first, then the parser, then the values. */
function readBody(text: string): Json {
  checkStructure(text)
  const value: Json = JSON.parse(text)
  checkJson(value)
  return value
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
    const long = 'k'.repeat(5000)
    expect(() => checkJson({ a: { b: ['x', '\0'] } })).toThrow(
      expect.objectContaining({ errors: [expect.objectContaining({ path: 'a.b.1' })] }),
    )
    expect(() => checkJson({ [long]: '\0' })).toThrow(
      expect.objectContaining({ errors: [expect.objectContaining({ path: long.slice(0, 200) })] }),
    )
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
})
