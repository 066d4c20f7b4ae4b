import { SEARCHED_TYPES, type SearchedType } from './kinds.ts'

// SQL for `npm run search:rebuild`, which goes to D1 without the Worker.

/** As the migrations make it. */
const TABLE = `CREATE VIRTUAL TABLE search_docs USING fts5(
  entity_type, title, body, slug UNINDEXED, entity_id UNINDEXED, published_at UNINDEXED,
  tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
)`

type Run = (sql: string) => Promise<Record<string, unknown>[]>

/** Things whose documents one statement makes: far from D1's 30 seconds. */
const CHUNK = 500

/**
 * Makes the index anew from what is published, whatever state it is in, newest numbers first. A search
 * meanwhile finds what is there already; what is written meanwhile is kept by the triggers as ever.
 * Returns how many documents there are then.
 */
export async function refill(run: Run): Promise<number> {
  // In one batch, since a trigger that finds no table refuses its write.
  await run(`drop table if exists search_docs; ${TABLE}; delete from search_terms`)
  for (const type of SEARCHED_TYPES) {
    const [extent] = await run(
      `select max(entity_id) as last from search_sources where entity_type = '${type}'`,
    )
    for (let to = Number(extent?.last ?? 0); to > 0; to -= CHUNK) {
      await run(fill(type, to - CHUNK + 1, to))
    }
  }
  const [counted] = await run('select count(*) as count from search_docs')
  return Number(counted?.count)
}

const fill = (type: SearchedType, from: number, to: number): string =>
  `insert or replace into search_new_docs select * from search_sources
   where entity_type = '${type}' and entity_id between ${from} and ${to}`
