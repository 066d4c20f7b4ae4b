import fc from 'fast-check'
import { describe, it } from 'vitest'
import { AppError } from '../../../src/core/errors.ts'
import { pageQuery } from '../../../src/core/fields.ts'
import { readCursor, toPage, writeCursor } from '../../../src/core/page.ts'

const SECRET = 'k8Zq1vY0pWm3RtXc7Bn5Ls9Hd2Fj4Ga6'
const OTHER = 'Tq7Lx2Vb9Nc4Mz6Kp1Rw8Yd3Hs5Jf0Ge'

const isRefused = (cursor: string, list = 'posts', secret = SECRET): boolean => {
  try {
    readCursor(secret, list, cursor)
    return false
  } catch (error) {
    return error instanceof AppError && error.code === 'validation'
  }
}

describe('a cursor', () => {
  it('leads back to the key that it was made of, and passes the query schema', ({ expect }) => {
    const key = fc.array(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), {
      minLength: 1,
      maxLength: 3,
    })
    fc.assert(
      fc.property(key, (given) => {
        const cursor = writeCursor(SECRET, 'posts', given)
        expect(pageQuery().cursor.parse(cursor)).toBe(cursor)
        expect(readCursor(SECRET, 'posts', cursor)).toEqual(given)
      }),
    )
  })

  it('is not needed for the first page', ({ expect }) => {
    expect(readCursor(SECRET, 'posts', undefined)).toBeNull()
  })

  it('is refused when any of its characters was edited', ({ expect }) => {
    const cursor = writeCursor(SECRET, 'posts', [1_760_000_000_000, 42])
    const edited = Array.from(cursor, (character, index) => {
      const other = character === 'A' ? 'B' : 'A'
      return cursor.slice(0, index) + other + cursor.slice(index + 1)
    })
    expect(edited.filter((one) => !isRefused(one))).toEqual([])
  })

  it('is refused for another list, another secret and when its signature is another cursor’s', ({
    expect,
  }) => {
    const cursor = writeCursor(SECRET, 'posts', [7])
    const [, tag] = writeCursor(SECRET, 'posts', [8]).split('.')
    expect(isRefused(cursor)).toBe(false)
    expect(isRefused(cursor, 'contact.messages')).toBe(true)
    expect(isRefused(cursor, 'posts', OTHER)).toBe(true)
    expect(isRefused(`${cursor.split('.')[0]}.${tag}`)).toBe(true)
  })

  it.for(['', '.', 'abc', 'WzQyXQ', 'WzQyXQ.', '.AAAAAAAAAAAA', '%00', '[42]', '🦊'])(
    'is refused when nobody made it: %j',
    (cursor, { expect }) => {
      expect(isRefused(cursor)).toBe(true)
    },
  )

  it('names itself in the refusal', ({ expect }) => {
    expect(() => readCursor(SECRET, 'posts', 'a.b')).toThrow(
      expect.objectContaining({ errors: [expect.objectContaining({ path: 'cursor' })] }),
    )
  })
})

describe('a page', () => {
  const page = (rows: number[], limit: number) =>
    toPage(
      rows,
      limit,
      (row) => `row ${row}`,
      (row) => `after ${row}`,
    )

  it('shows its rows and leads on behind the last that it shows', ({ expect }) => {
    expect(page([9, 8, 7], 2)).toEqual({ data: ['row 9', 'row 8'], next_cursor: 'after 8' })
  })

  it('is the last when no row is left over', ({ expect }) => {
    expect(page([9, 8], 2)).toEqual({ data: ['row 9', 'row 8'], next_cursor: null })
    expect(page([9], 2)).toEqual({ data: ['row 9'], next_cursor: null })
    expect(page([], 2)).toEqual({ data: [], next_cursor: null })
  })
})
