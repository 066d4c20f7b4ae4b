import type { Context } from '../../context.ts'
import { searchWords, toSnippet, wantedOf } from '../../core/search-words.ts'
import { note, peek, refusal, take } from '../limits/service.ts'
import { SEARCHES } from './limits.ts'
import { findDocs } from './repo.ts'
import type { Search, SearchHit, SearchResults } from './schemas.ts'

/** What is published and holds the words, the best first. Throws `rate_limited`. */
export async function search(ctx: Context, { q, type, limit }: Search): Promise<SearchResults> {
  const [taken, found, [used]] = await ctx.db.batch([
    take(ctx, SEARCHES, ctx.source),
    findDocs(ctx.db, wantedOf(searchWords(q), type), Date.now(), limit),
    peek(ctx, SEARCHES, ctx.source),
  ])
  note(ctx, SEARCHES, used)
  if (taken.length === 0) throw refusal(ctx, SEARCHES)
  return { data: found.map(toHit) }
}

type Doc = Awaited<ReturnType<typeof findDocs>>[number]

const toHit = ({ snippet, score, ...doc }: Doc): SearchHit => ({
  ...doc,
  snippet: toSnippet(snippet),
  score: Math.round(score * 1e6) / 1e6,
})
