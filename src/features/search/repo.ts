import { type Placeholder, type SQL, sql } from 'drizzle-orm'
import { FOUND, type Wanted } from '../../core/search-words.ts'
import { built } from '../../db/built.ts'
import type { Db } from '../../db/client.ts'
import type { SearchedType } from './kinds.ts'
import { searchTerms } from './table.ts'

// What takes longer the more documents there are is left out: FTS5 walks its index from any document on,
// but bm25 counts all documents that hold a word, and for a start that it has no index of FTS5 passes by
// all that hold the word before it, and gathers all that hold such words.

/** So many of the newest that match are ranked. */
const CANDIDATES = 250
/** A word in more documents than that is common: it says little of any of them. */
const COMMON = 250
/**
 * So many words a start may stand for. Where there are more, FTS5 looks for itself, and where there are
 * none too, unless the start is of letters that it can keep in one way only.
 */
const STARTED = 64
/** Above every letter. */
const LAST_LETTER = sql.raw('char(1114111)')
/** Of entity_type, which only filters, title and body. */
const WEIGHTS = sql.raw('0.0, 10.0, 1.0')
const SNIPPET_WORDS = 24

/**
 * The best of the newest documents that match and are to be seen at `now`; nothing where the statement
 * before it in the batch changed nothing. Words rank by bm25, a start as one word; those that are
 * common count 1 together, for a title that holds them all. Then the newest come first.
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

/**
 * Each step from `asked` on is one row, and named once in the step behind it: SQLite compiles a step
 * anew wherever it is named, and with it all that stand before it.
 */
function found({ words, last, start, ofType, now, limit }: Record<Name, Placeholder>): SQL {
  // Above every document of this second, of which the last condition leaves out what is to come.
  // FTS5 starts its walk there only when it is an integer.
  const upTo = sql`(cast(${now} as integer) / 1000 + 1) * 268435456`
  const score = sql`chosen ->> ('$[0]."' || docs.rowid || '"')`
  return sql`
    with started (term) as (
      select term from ${searchTerms}
      where changes() > 0 and term >= ${start} and term < ${start} || ${LAST_LETTER}
      limit ${STARTED + 1}
    ),
    phrases (phrase, ranked) as (
      select value, value from json_each(${words}) where changes() > 0
      union all
      select
        case
          when ${start} is null then ${last}
          when count(*) between 1 and ${STARTED} then '("' || group_concat(term, '" OR "') || '")'
          when count(*) = 0 and ${start} not glob '*[^a-z0-9]*' then ${last}
          else ${last} || '*'
        end,
        ${last} || iif(${start} is null, '', '*')
      from started having changes() > 0
    ),
    asked (query, phrases) as materialized (
      select coalesce(${ofType} || '{title body} : (' || group_concat(phrase, ' AND ') || ')', ${NOTHING}),
        json_group_array(json_array(phrase, ranked))
      from phrases
    ),
    listed (query, phrases, candidates) as materialized (
      select query, phrases, (
        select json_array(json_group_array(id), min(id), max(id)) from (
          select docs.rowid as id from search_docs docs
          where docs.search_docs match query and docs.rowid < ${upTo}
          order by docs.rowid desc limit ${CANDIDATES}
        )
      )
      from asked
    ),
    weighed (query, candidates, phrases) as materialized (
      select query, candidates, (
        select json_group_array(json_array(value ->> 0, value ->> 1, exists (
          select 1 from search_docs docs
          where docs.search_docs match '{title body} : ' || (value ->> 0) limit 1 offset ${COMMON}
        )))
        from json_each(phrases) where candidates ->> 1 is not null
      )
      from listed
    ),
    parted (query, candidates, rare, common) as materialized (
      select query, candidates,
        (select '{title body} : (' || group_concat(value ->> 1, ' AND ') || ')'
          from json_each(phrases) where not value ->> 2),
        (select '{title} : (' || group_concat(value ->> 0, ' AND ') || ')'
          from json_each(phrases) where value ->> 2)
      from weighed
    ),
    best (query, chosen) as materialized (
      select iif(candidates ->> 1 is null, ${NOTHING}, query), (
        select json_array(json_group_object(id, score), coalesce(min(id), 1), coalesce(max(id), 0)) from (
          select id, sum(score) as score from (
            select value as id, 0.0 as score, 1 as is_candidate from json_each(candidates, '$[0]')
            union all
            select docs.rowid, -bm25(docs.search_docs, ${WEIGHTS}), 0 from search_docs docs
            where docs.search_docs match coalesce(rare, ${NOTHING})
              and docs.rowid between candidates ->> 1 and candidates ->> 2
            union all
            select docs.rowid, 1.0, 0 from search_docs docs
            where docs.search_docs match
                coalesce(iif(rare is null, ${ofType}, query || ' AND ') || common, ${NOTHING})
              and docs.rowid between candidates ->> 1 and candidates ->> 2
          )
          group by id having max(is_candidate) order by 2 desc, 1 desc limit ${limit}
        )
      )
      from parted
    )
    select entity_type, entity_id, slug, title, docs.rowid as doc_id,
      snippet(docs.search_docs, 2, ${FOUND.start}, ${FOUND.end}, '…', ${SNIPPET_WORDS}) as snippet,
      ${score} as score
    from best cross join search_docs docs
    where docs.search_docs match query and published_at <= ${now}
      and docs.rowid between chosen ->> 1 and chosen ->> 2 and ${score} is not null`
}

/** A query that nothing matches. FTS5 takes a bound that is null for none at all. */
const NOTHING = sql.raw(`'""'`)
