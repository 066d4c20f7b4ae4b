import { type Placeholder, type SQL, sql } from 'drizzle-orm'
import { FOUND, type Wanted } from '../../core/search-words.ts'
import { built } from '../../db/built.ts'
import type { Db } from '../../db/client.ts'
import type { SearchedType } from './kinds.ts'

// What takes longer the more documents there are is left out: FTS5 walks its index from any document on,
// but bm25 counts all documents that hold a word, and for a start that it has no index of FTS5 gathers
// all that hold such words before it walks.

/** So many of the newest that match are ranked. */
const CANDIDATES = 250
/** A word in more documents than that is common: it says little of any of them. */
const COMMON = 250
/** So many words a start may stand for. Where there are more, or none, FTS5 looks for itself. */
const STARTED = 64
/** Of entity_type, which only filters, title and body. */
const WEIGHTS = sql.raw('0.0, 10.0, 1.0')
const SNIPPET_WORDS = 24

/**
 * The best of the newest documents that match and are to be seen at `now`; nothing where the statement
 * before it in the batch changed nothing. Words rank by bm25, a start as one word; those that are
 * common count 1 together, for a title that holds them all. Then the newest come first. A plus keeps
 * SQLite from an index of its own.
 */
export const findDocs = (
  db: Db,
  { words, last, start, type }: Wanted<SearchedType>,
  now: number,
  limit: number,
) =>
  docs(db, {
    words: JSON.stringify(words),
    last,
    start,
    ofType: type ? `entity_type : "${type}" AND ` : '',
    now,
    limit,
  })

const docs = built(
  'search.docs',
  ['words', 'last', 'start', 'ofType', 'now', 'limit'],
  (db, values) =>
    db
      .select({
        type: sql<SearchedType>`entity_type`.as('type'),
        id: sql<number>`entity_id`.as('entity_id'),
        slug: sql<string>`slug`.as('slug'),
        title: sql<string>`title`.as('title'),
        snippet: sql<string>`snippet`.as('snippet'),
        score: sql<number>`score`.as('score'),
      })
      .from(sql`(${found(values)}) found`)
      .orderBy(sql`score desc, doc_id desc`),
)

type Name = 'words' | 'last' | 'start' | 'ofType' | 'now' | 'limit'

function found({ words, last, start, ofType, now, limit }: Record<Name, Placeholder>): SQL {
  // Above every document of this second, of which the last condition leaves out what is to come.
  // FTS5 starts its walk there only when it is an integer.
  const upTo = sql`(cast(${now} as integer) / 1000 + 1) * 268435456`
  return sql`
    with recursive
    started (word) as (
      select (select term from search_words where ${start} is not null and term >= ${start} limit 1)
      where changes() > 0
      union all
      select (select term from search_words where term >= word || char(1) limit 1) from started
      where instr(word, ${start}) = 1 limit ${STARTED + 1}
    ),
    phrases (phrase, ranked) as materialized (
      select value, value from json_each(${words}) where changes() > 0
      union all
      select
        case
          when ${start} is null then ${last}
          when count(*) between 1 and ${STARTED} then '("' || group_concat(word, '" OR "') || '")'
          else ${last} || '*'
        end,
        ${last} || iif(${start} is null, '', '*')
      from started where instr(word, ${start}) = 1 having changes() > 0
    ),
    wanted (query) as materialized (
      select ${ofType} || '{title body} : (' || group_concat(phrase, ' AND ') || ')' from phrases
    ),
    candidates (id) as materialized (
      select docs.rowid from search_docs docs
      where docs.search_docs match (select coalesce(query, ${NOTHING}) from wanted)
        and docs.rowid < ${upTo}
      order by docs.rowid desc limit ${CANDIDATES}
    ),
    extent (lowest, highest) as materialized (select min(id), max(id) from candidates),
    weighed (phrase, ranked, is_common) as materialized (
      select phrase, ranked, exists (
        select 1 from search_docs docs
        where docs.search_docs match '{title body} : ' || phrase limit 1 offset ${COMMON}
      ) from phrases where exists (select 1 from candidates)
    ),
    best (id, score) as materialized (
      select id, sum(score) from (
        select id, 0.0 as score, 1 as is_candidate from candidates
        union all
        select docs.rowid, -bm25(docs.search_docs, ${WEIGHTS}), 0 from search_docs docs
        where docs.search_docs match (
          select coalesce('{title body} : (' || group_concat(ranked, ' AND ') || ')', ${NOTHING})
          from weighed where not is_common
        ) and ${IN_EXTENT}
        union all
        select docs.rowid, 1.0, 0 from search_docs docs
        where docs.search_docs match (
          select coalesce(query || ' AND {title} : (' || group_concat(phrase, ' AND ') || ')', ${NOTHING})
          from wanted, weighed where is_common
        ) and ${IN_EXTENT}
      )
      group by id having max(is_candidate) order by 2 desc, 1 desc limit ${limit}
    )
    select entity_type, entity_id, slug, title, docs.rowid as doc_id,
      snippet(docs.search_docs, 2, ${FOUND.start}, ${FOUND.end}, '…', ${SNIPPET_WORDS}) as snippet,
      (select score from best where +id = docs.rowid) as score
    from search_docs docs
    where docs.search_docs match (select iif(exists (select 1 from best), query, ${NOTHING}) from wanted)
      and published_at <= ${now}
      and docs.rowid between (select min(id) from best) and (select max(id) from best)
      and +docs.rowid in (select id from best)`
}

/** A query that nothing matches; FTS5 takes one that is null, or a bound that is, for no bound at all. */
const NOTHING = sql.raw(`'""'`)

const IN_EXTENT = sql.raw(
  'docs.rowid between (select lowest from extent) and (select highest from extent)',
)
