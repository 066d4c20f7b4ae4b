import fc from 'fast-check'
import { describe, it } from 'vitest'
import { AppError } from '../../../src/core/errors.ts'
import { pageQuery } from '../../../src/core/fields.ts'
import { readCursor, toPage, writeCursor } from '../../../src/core/page.ts'

const SECRET = 'k8Zq1vY0pWm3RtXc7Bn5Ls9Hd2Fj4Ga6'
const OTHER = 'Tq7Lx2Vb9Nc4Mz6Kp1Rw8Yd3Hs5Jf0Ge'

const isRefused = async (cursor: string, list = 'posts', secret = SECRET): Promise<boolean> => {
  try {
    await readCursor(secret, list, cursor)
    return false
  } catch (error) {
    return error instanceof AppError && error.code === 'validation'
  }
}

describe('a cursor', () => {
  it('leads back to the key that it was made of, and passes the query schema', async ({
    expect,
  }) => {
    const key = fc.array(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), {
      minLength: 1,
      maxLength: 3,
    })
    await fc.assert(
      fc.asyncProperty(key, async (given) => {
        const cursor = await writeCursor(SECRET, 'posts', given)
        expect(pageQuery().cursor.parse(cursor)).toBe(cursor)
        expect(await readCursor(SECRET, 'posts', cursor)).toEqual(given)
      }),
    )
  })

  it('is not needed for the first page', async ({ expect }) => {
    expect(await readCursor(SECRET, 'posts', undefined)).toBeNull()
  })

  it('is refused when any of its characters was edited', async ({ expect }) => {
    const cursor = await writeCursor(SECRET, 'posts', [1_760_000_000_000, 42])
    const edited = Array.from(cursor, (character, index) => {
      const other = character === 'A' ? 'B' : 'A'
      return cursor.slice(0, index) + other + cursor.slice(index + 1)
    })
    const refused = await Promise.all(edited.map((one) => isRefused(one)))
    expect(refused).not.toContain(false)
    expect(refused.length).toBeGreaterThan(20)
  })

  it('is refused for another list, another secret and when its signature is another cursor’s', async ({
    expect,
  }) => {
    const cursor = await writeCursor(SECRET, 'posts', [7])
    const [, tag] = (await writeCursor(SECRET, 'posts', [8])).split('.')
    expect(await isRefused(cursor)).toBe(false)
    expect(await isRefused(cursor, 'contact.messages')).toBe(true)
    expect(await isRefused(cursor, 'posts', OTHER)).toBe(true)
    expect(await isRefused(`${cursor.split('.')[0]}.${tag}`)).toBe(true)
  })

  it.for(['', '.', 'abc', 'WzQyXQ', 'WzQyXQ.', '.AAAAAAAAAAAA', '%00', '[42]', '🦊'])(
    'is refused when nobody made it: %j',
    async (cursor, { expect }) => {
      expect(await isRefused(cursor)).toBe(true)
    },
  )

  it('names itself in the refusal', async ({ expect }) => {
    await expect(readCursor(SECRET, 'posts', 'a.b')).rejects.toThrow(
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
      async (row) => `after ${row}`,
    )

  it('shows its rows and leads on behind the last that it shows', async ({ expect }) => {
    expect(await page([9, 8, 7], 2)).toEqual({ data: ['row 9', 'row 8'], next_cursor: 'after 8' })
  })

  it('is the last when no row is left over', async ({ expect }) => {
    expect(await page([9, 8], 2)).toEqual({ data: ['row 9', 'row 8'], next_cursor: null })
    expect(await page([9], 2)).toEqual({ data: ['row 9'], next_cursor: null })
    expect(await page([], 2)).toEqual({ data: [], next_cursor: null })
  })
})
