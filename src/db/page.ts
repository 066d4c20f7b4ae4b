import { notFound } from '../core/errors.ts'
import type { Finished } from '../core/etag.ts'
import type { Listed } from '../core/found.ts'
import { isPlain, type Page, readCursor, type SortKey, toPage, writeCursor } from '../core/page.ts'
import type { Db, Statement } from './client.ts'

type Reader = { db: Db; settings: { SECRET_KEY: string } }
type Query = { limit: number; cursor?: string | undefined; count?: boolean | undefined }

/** A statement that may be awaited or put into a batch. */
type Rows<Row> = Statement & PromiseLike<Row[]>

/**
 * One page of the list `name` in one round trip. `rows` gives at most `limit + 1` rows behind the key
 * of the last page, which is an id without `keyOf`, and otherwise a sort value and an id; the extra
 * row only tells that there are more.
 */
export async function readPage<
  Row extends { id: number },
  View,
  Sort extends number | string = number,
>(
  { db, settings }: Reader,
  name: string,
  { limit, cursor, count }: Query,
  list: {
    rows: (after: Sort | undefined, afterId: number | undefined) => Rows<Row>
    keyOf?: (row: Row) => [sort: Sort, id: number]
    count?: () => Rows<{ count: number }>
    /** What the list belongs to: throws `not_found` with this name when there is no such row. */
    of?: { name: string; find: () => Rows<unknown> }
    view: (row: Row) => View
  },
): Promise<Page<View>> {
  const secret = settings.SECRET_KEY
  const [after, afterId] = (await readCursor<[Sort, number]>(secret, name, cursor)) ?? []
  const rows = list.rows(after, afterId)
  const keyOf: (row: Row) => SortKey = list.keyOf ?? ((row) => [row.id])
  const toShown = (found: Row[]) =>
    toPage(found, limit, list.view, (row) => writeCursor(secret, name, keyOf(row)))
  const counter = count ? list.count : undefined
  if (!counter && !list.of) return toShown(await rows)
  const beside = [...(counter ? [counter()] : []), ...(list.of ? [list.of.find()] : [])]
  // A statement answers in a batch what it answers alone, which its type does not say.
  const answers: unknown = await db.batch([rows, ...beside])
  const [found, ...others] = answers as [Row[], ...unknown[][]]
  if (list.of && others.at(-1)?.length === 0) throw notFound(list.of.name)
  if (!counter) return toShown(found)
  const [counted] = (others[0] ?? []) as { count: number }[]
  return { ...(await toShown(found)), count: counted?.count ?? 0 }
}

type PublicReader = {
  db: Db
  publicDb: Db
  cache: { remember(key: string, load: () => Promise<object>): Promise<Finished | null> }
}

/** A public list: its first page as most ask for it comes from the cache. */
export async function readListed<View>(
  ctx: PublicReader,
  key: string,
  filter: { limit: number },
  read: (db: Db) => Promise<Page<View>>,
): Promise<Listed<View>> {
  const cached = isPlain(filter) ? await ctx.cache.remember(key, () => read(ctx.db)) : null
  return cached ? { cached } : { page: await read(ctx.publicDb) }
}
