import { describe, it } from 'vitest'
import * as z from 'zod/mini'
import { email, line } from '../../../src/core/fields.ts'
import { type Fault, toFaults, type Where } from '../../../src/dialects/fastapi/faults.ts'
import { flag, float, int, uuid } from '../../../src/dialects/fastapi/fields.ts'

function faultsOf(schema: z.ZodMiniType, given: unknown, where: Where = 'body'): Fault[] {
  const result = schema.safeParse(given, { reportInput: true })
  return result.success ? [] : toFaults(result.error.issues, where, where === 'body' ? given : null)
}

/** What is wrong with one field that holds `value`. */
const faultOf = (field: z.ZodMiniType, value: unknown) =>
  faultsOf(z.object({ x: field }), { x: value })

describe('a fault', () => {
  const NAME = z.object({
    name: line(1, 5),
    flag: flag(),
    count: z._default(int({ min: 1, max: 9 }), 1),
  })

  it('names what is missing, in the order of the schema, with the whole input', ({ expect }) => {
    const given = { count: '0' }
    expect(faultsOf(NAME, given)).toEqual([
      { type: 'missing', loc: ['body', 'name'], msg: 'Field required', input: given },
      { type: 'missing', loc: ['body', 'flag'], msg: 'Field required', input: given },
      {
        type: 'greater_than_equal',
        loc: ['body', 'count'],
        msg: 'Input should be greater than or equal to 1',
        input: '0',
        ctx: { ge: 1 },
      },
    ])
  })

  it('shows nothing of the rest where a parameter of the query is missing', ({ expect }) => {
    expect(faultsOf(z.object({ to: email() }), {}, 'query')).toEqual([
      { type: 'missing', loc: ['query', 'to'], msg: 'Field required', input: null },
    ])
  })

  it('leads through lists and objects', ({ expect }) => {
    const schema = z.object({ lines: z.array(z.object({ id: int() })) })
    const given = { lines: [{ id: 1 }, { other: 2 }] }
    expect(faultsOf(schema, given)).toEqual([
      {
        type: 'missing',
        loc: ['body', 'lines', 1, 'id'],
        msg: 'Field required',
        input: { other: 2 },
      },
    ])
  })

  it('is told once a field', ({ expect }) => {
    expect(faultOf(email(), `${'a'.repeat(300)}`)).toHaveLength(1)
  })

  it('has its keys in the order of the original', ({ expect }) => {
    const [fault] = faultOf(line(3, 5), 'ab')
    expect(Object.keys(fault ?? {})).toEqual(['type', 'loc', 'msg', 'input', 'ctx'])
  })

  it('names a field that a strict schema does not know', ({ expect }) => {
    expect(faultsOf(z.strictObject({}), { a: 1 })).toEqual([
      {
        type: 'extra_forbidden',
        loc: ['body', 'a'],
        msg: 'Extra inputs are not permitted',
        input: 1,
      },
    ])
  })
})

const WRONG: [
  what: string,
  field: z.ZodMiniType,
  value: unknown,
  type: string,
  msg: string,
  ctx?: object,
][] = [
  [
    'a short text',
    line(3, 9),
    'ab',
    'string_too_short',
    'String should have at least 3 characters',
    { min_length: 3 },
  ],
  [
    'no letter',
    line(1, 9),
    '',
    'string_too_short',
    'String should have at least 1 character',
    { min_length: 1 },
  ],
  [
    'a long text',
    line(1, 2),
    'abc',
    'string_too_long',
    'String should have at most 2 characters',
    { max_length: 2 },
  ],
  ['a number as text', line(1, 9), 7, 'string_type', 'Input should be a valid string'],
  ['null as text', line(1, 9), null, 'string_type', 'Input should be a valid string'],
  [
    'a word as a flag',
    flag(),
    'maybe',
    'bool_parsing',
    'Input should be a valid boolean, unable to interpret input',
  ],
  [
    'two as a flag',
    flag(),
    2,
    'bool_parsing',
    'Input should be a valid boolean, unable to interpret input',
  ],
  ['null as a flag', flag(), null, 'bool_type', 'Input should be a valid boolean'],
  [
    'a word as a number',
    int(),
    'abc',
    'int_parsing',
    'Input should be a valid integer, unable to parse string as an integer',
  ],
  [
    'nothing as a number',
    int(),
    '',
    'int_parsing',
    'Input should be a valid integer, unable to parse string as an integer',
  ],
  [
    'a part of a number',
    int(),
    1.5,
    'int_from_float',
    'Input should be a valid integer, got a number with a fractional part',
  ],
  ['a list as a number', int(), [], 'int_type', 'Input should be a valid integer'],
  [
    'a word as a price',
    float(),
    'dear',
    'float_parsing',
    'Input should be a valid number, unable to parse string as a number',
  ],
  [
    'too much',
    int({ max: 100 }),
    '101',
    'less_than_equal',
    'Input should be less than or equal to 100',
    { le: 100 },
  ],
  [
    'an unknown kind',
    z.enum(['a', 'b', 'c']),
    'd',
    'enum',
    "Input should be 'a', 'b' or 'c'",
    { expected: "'a', 'b' or 'c'" },
  ],
  [
    'an empty list',
    z.array(int()).check(z.minLength(1)),
    [],
    'too_short',
    'List should have at least 1 item after validation, not 0',
    { field_type: 'List', min_length: 1, actual_length: 0 },
  ],
  [
    'nothing or less',
    z.number().check(z.gt(0)),
    0,
    'greater_than',
    'Input should be greater than 0',
    { gt: 0 },
  ],
  ['a text as a list', z.array(int()), 'abc', 'list_type', 'Input should be a valid list'],
  [
    'an address without @',
    email(),
    'nobody',
    'value_error',
    'value is not a valid email address: An email address must have an @-sign.',
    { reason: 'An email address must have an @-sign.' },
  ],
  [
    'an address without a host',
    email(),
    'a@b',
    'value_error',
    'value is not a valid email address: The part after the @-sign is not valid. It should have a period.',
    { reason: 'The part after the @-sign is not valid. It should have a period.' },
  ],
  [
    'no UUID',
    uuid(),
    'not-a-uuid',
    'uuid_parsing',
    'Input should be a valid UUID, invalid character: found `n` at 1',
    { error: 'invalid character: found `n` at 1' },
  ],
  [
    'a short UUID',
    uuid(),
    'abc',
    'uuid_parsing',
    'Input should be a valid UUID, invalid length: expected length 32 for simple format, found 3',
    { error: 'invalid length: expected length 32 for simple format, found 3' },
  ],
  [
    'a UUID of two groups',
    uuid(),
    'abc-def',
    'uuid_parsing',
    'Input should be a valid UUID, invalid group count: expected 5, found 2',
    { error: 'invalid group count: expected 5, found 2' },
  ],
  [
    'a UUID with a short group',
    uuid(),
    '0197c9e-5b1c-7cc0-9a51-3f0b8f3f7d10',
    'uuid_parsing',
    'Input should be a valid UUID, invalid group length in group 0: expected 8, found 7',
    { error: 'invalid group length in group 0: expected 8, found 7' },
  ],
]

describe('the words for', () => {
  it.for(WRONG)('%s', ([, field, input, type, msg, ctx], { expect }) => {
    expect(faultOf(field, input)).toEqual([
      { type, loc: ['body', 'x'], msg, input, ...(ctx && { ctx }) },
    ])
  })
})

describe('what Python reads more freely', () => {
  it('is read alike', ({ expect }) => {
    for (const yes of [true, 1, '1', 'true', 'YES', 'on', 't']) expect(flag().parse(yes)).toBe(true)
    for (const no of [false, 0, '0', 'False', 'no', 'off', 'n'])
      expect(flag().parse(no)).toBe(false)
    expect(int().parse('12')).toBe(12)
    expect(int().parse(3.0)).toBe(3)
    expect(float().parse('1.50')).toBe(1.5)
    const id = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10'
    for (const spelled of [
      id,
      id.toUpperCase(),
      id.replaceAll('-', ''),
      `{${id}}`,
      `urn:uuid:${id}`,
    ]) {
      expect(uuid().parse(spelled)).toBe(id)
    }
    expect(z.object({ on: z._default(flag(), true) }).parse({})).toEqual({ on: true })
    expect(z.object({ on: z.optional(flag()) }).parse({})).toEqual({})
  })
})
