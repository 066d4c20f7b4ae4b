import { describe, it } from 'vitest'
import { whyNoJson } from '../../../src/dialects/fastapi/json.ts'

const BROKEN: [text: string, at: number, error: string][] = [
  ['{', 1, 'Expecting property name enclosed in double quotes'],
  ['{"a":1,}', 7, 'Expecting property name enclosed in double quotes'],
  ["{'a': 1}", 1, 'Expecting property name enclosed in double quotes'],
  ['{"a"}', 4, "Expecting ':' delimiter"],
  ['{"a":}', 5, 'Expecting value'],
  ['{"a": 1 "b": 2}', 8, "Expecting ',' delimiter"],
  ['[1, 2', 5, "Expecting ',' delimiter"],
  ['[1,]', 3, 'Expecting value'],
  ['{"a": "b', 6, 'Unterminated string starting at'],
  ['"a\nb"', 2, 'Invalid control character at'],
  ['"a\\x"', 2, 'Invalid \\escape'],
  ['nonsense', 0, 'Expecting value'],
  ['{"a": 1} x', 9, 'Extra data'],
  ['   ', 3, 'Expecting value'],
]

describe('what is no JSON', () => {
  it.for(BROKEN)('is told of %j', ([text, at, error], { expect }) => {
    expect(() => JSON.parse(text)).toThrow()
    expect(whyNoJson(text)).toEqual({ at, error })
  })
})
