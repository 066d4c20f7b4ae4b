import fc from 'fast-check'
import { describe, it } from 'vitest'
import { DAY, iso } from '../../../src/core/time.ts'

describe('a time on the wire', () => {
  it('is what toISOString() says', ({ expect }) => {
    const LAST = 8.64e15
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.maxSafeInteger()), (ms) => {
        if (Math.abs(ms) <= LAST) expect(iso(ms)).toBe(new Date(ms).toISOString())
      }),
    )
    for (const ms of [0, -1, 1, DAY - 1, DAY, -DAY, LAST, -LAST, Date.now(), 1.5]) {
      expect(iso(ms)).toBe(new Date(ms).toISOString())
    }
    for (let day = 0; day < 3000; day++) expect(iso(day * DAY)).toContain('T00:00:00.000Z')
  })

  it('is refused where it is none', ({ expect }) => {
    for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, 9e15]) expect(() => iso(ms)).toThrow()
  })
})
