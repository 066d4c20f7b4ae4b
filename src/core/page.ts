import { fromBase64Url, sign, toBase64Url } from './crypto.ts'
import { invalid } from './errors.ts'
import { fromUtf8, toUtf8 } from './utf8.ts'

/** How many a page holds when nobody says. */
export const DEFAULT_LIMIT = 20

type Wishes = { limit: number } & Record<string, unknown>

/** Whether a caller asks for the first page of a list, of any length, and for nothing in particular. */
export const isUnfiltered = ({ limit, ...wishes }: Wishes): boolean =>
  Object.values(wishes).every((wish) => wish === undefined)

/** The same, of the length that a page has when nobody says. */
export const isPlain = (wishes: Wishes): boolean =>
  wishes.limit === DEFAULT_LIMIT && isUnfiltered(wishes)

/** A part of a list by its place, for front ends that page so. */
export type Slice = { skip: number; limit: number }

/** Nobody pages so far by hand, and D1 reads all that is skipped. */
export const MOST_SKIPPED = 10_000

export type Page<View> = { data: View[]; next_cursor: string | null; count?: number }

/** What a list goes by: numbers, or text of a hundred characters at most; an address may be longer. */
export type SortKey = (number | string)[]

/**
 * Where a list goes on: the sort key of its last row, signed together with the list's name, so that
 * an edited cursor or another list's is refused instead of paging somewhere unforeseen.
 */
export async function writeCursor(secret: string, list: string, key: SortKey): Promise<string> {
  const body = toBase64Url(toUtf8(JSON.stringify(key)))
  return `${body}.${await sign(secret, 'cursor', `${list}.${body}`, 9)}`
}

export async function readCursor<Key extends SortKey = number[]>(
  secret: string,
  list: string,
  cursor: string | undefined,
): Promise<Key | null> {
  if (cursor === undefined) return null
  const [body = '', tag = ''] = cursor.split('.')
  if (tag !== (await sign(secret, 'cursor', `${list}.${body}`, 9))) {
    throw invalid([
      { path: 'cursor', code: 'invalid_format', message: 'Not a cursor of this list.' },
    ])
  }
  return JSON.parse(fromUtf8(fromBase64Url(body)))
}

/**
 * A page of views from `limit + 1` rows: the extra row only tells that there are more.
 * `cursorOf` gives the cursor that stands behind a row.
 */
export async function toPage<Row, View>(
  rows: Row[],
  limit: number,
  view: (row: Row) => View,
  cursorOf: (row: Row) => Promise<string>,
): Promise<Page<View>> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    data: shown.map(view),
    next_cursor: rows.length > limit && last !== undefined ? await cursorOf(last) : null,
  }
}
