import { notFound } from '../core/errors.ts'
import { type Page, readCursor, toPage, writeCursor } from '../core/page.ts'
import type { Db, Statement } from './client.ts'

type Reader = { db: Db; settings: { SECRET_KEY: string } }
type Query = { limit: number; cursor?: string | undefined; count?: boolean | undefined }

/** A statement that may be awaited or put into a batch. */
type Rows<Row> = Statement & PromiseLike<Row[]>

/**
 * One page of the list `name`, newest first by id, in one round trip. `rows` gives at most
 * `limit + 1` rows with ids below `before`; the extra one only tells that there are more.
 */
export async function readPage<Row extends { id: number }, View>(
  { db, settings }: Reader,
  name: string,
  { limit, cursor, count }: Query,
  list: {
    rows: (before: number | undefined) => Rows<Row>
    count?: () => Rows<{ count: number }>
    /** What the list belongs to: throws `not_found` with this name when there is no such row. */
    of?: { name: string; find: () => Rows<unknown> }
    view: (row: Row) => View
  },
): Promise<Page<View>> {
  const secret = settings.SECRET_KEY
  const rows = list.rows(readCursor(secret, name, cursor)?.[0])
  const toShown = (found: Row[]) =>
    toPage(found, limit, list.view, (row) => writeCursor(secret, name, [row.id]))
  const counter = count ? list.count : undefined
  if (!counter && !list.of) return toShown(await rows)
  const beside = [...(counter ? [counter()] : []), ...(list.of ? [list.of.find()] : [])]
  // A statement answers in a batch what it answers alone, which its type does not say.
  const answers: unknown = await db.batch([rows, ...beside])
  const [found, ...others] = answers as [Row[], ...unknown[][]]
  if (list.of && others.at(-1)?.length === 0) throw notFound(list.of.name)
  if (!counter) return toShown(found)
  const [counted] = (others[0] ?? []) as { count: number }[]
  return { ...toShown(found), count: counted?.count ?? 0 }
}
