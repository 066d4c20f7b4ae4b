import { describe, it } from 'vitest'
import { csvLine } from '../../../src/core/csv.ts'

describe('a cell', () => {
  it.for([
    ['=1+1', '"\'=1+1"'],
    ['+1@example.org', '"\'+1@example.org"'],
    ['-2+3', '"\'-2+3"'],
    ['@SUM(A1)', '"\'@SUM(A1)"'],
    ['\t=1', '"\'\t=1"'],
    ['\r=1', '"\'\r=1"'],
    ['\n=1', '"\'\n=1"'],
    ['  =1', '"\'  =1"'],
    ['\uff1d1', '"\'\uff1d1"'],
    ['=cmd|"/c calc"!A1', '"\'=cmd|""/c calc""!A1"'],
  ] as const)('that would be a formula is text: %j', ([cell, written], { expect }) => {
    expect(csvLine([cell])).toBe(`${written}\r\n`)
  })

  it('is quoted where it must be, and otherwise stands as it is', ({ expect }) => {
    expect(csvLine([1, 'ann@example.org', null, 'a,b', 'a"b', 'a\nb', -5, 'a=b'])).toBe(
      '1,ann@example.org,,"a,b","a""b","a\nb",-5,a=b\r\n',
    )
  })
})
