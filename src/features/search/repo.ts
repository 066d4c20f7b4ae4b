import { sql } from 'drizzle-orm'
import { FOUND } from '../../core/search-words.ts'
import type { Db } from '../../db/client.ts'
import type { SearchedType } from './kinds.ts'

/** So many of the newest that match are ranked; ranking all of 100,000 reads 300,000 rows. */
const CANDIDATES = 500
/** Of entity_type, which only filters, title and body. */
const WEIGHTS = sql.raw('0.0, 10.0, 1.0')
const SNIPPET_WORDS = 24

/**
 * The best of the newest documents that match and are to be seen at `now`; nothing where the statement
 * before it in the batch changed nothing. Two walks along the index: the first stops at CANDIDATES and
 * ranks them, the second makes the snippets of the few that are shown. A plus keeps SQLite from an
 * index of its own.
 */
export function findDocs(db: Db, match: string, now: number, limit: number) {
  const wanted = sql`(select iif(changes() > 0, ${match}, '""'))`
  // Above every document of this second, of which the last condition leaves out what is to come.
  // FTS5 starts its walk there only when it is an integer.
  const upTo = sql`(cast(${now} as integer) / 1000 + 1) * 268435456`
  const found = sql`(
    with best as materialized (
      select id, score from (
        select c.rowid as id, bm25(c.search_docs, ${WEIGHTS}) as score from search_docs c
        where c.search_docs match ${wanted} and c.rowid < ${upTo}
        order by c.rowid desc limit ${CANDIDATES}
      ) order by score, id desc limit ${limit}
    )
    select entity_type, entity_id, slug, title, search_docs.rowid as doc_id,
      snippet(search_docs, 2, ${FOUND.start}, ${FOUND.end}, '…', ${SNIPPET_WORDS}) as snippet,
      (select score from best where +id = search_docs.rowid) as score
    from search_docs
    where search_docs match ${wanted} and published_at <= ${now}
      and search_docs.rowid >= (select min(id) from best)
      and search_docs.rowid <= (select max(id) from best)
      and +search_docs.rowid in (select id from best)
  ) found`
  return db
    .select({
      type: sql<SearchedType>`entity_type`.as('type'),
      id: sql<number>`entity_id`.as('entity_id'),
      slug: sql<string>`slug`.as('slug'),
      title: sql<string>`title`.as('title'),
      snippet: sql<string>`snippet`.as('snippet'),
      score: sql<number>`score`.as('score'),
    })
    .from(found)
    .orderBy(sql`score, doc_id desc`)
}
