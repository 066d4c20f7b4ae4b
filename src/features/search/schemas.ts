import * as z from 'zod/mini'
import { line, listOf, queryInt, upTo } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { DEFAULT_LIMIT } from '../../core/page.ts'
import { searchWords } from '../../core/search-words.ts'
import { SEARCHED_TYPES } from './kinds.ts'

export const SearchHit = lazily(() =>
  z
    .object({
      type: z.enum(SEARCHED_TYPES),
      id: z.int(),
      slug: upTo(80),
      title: upTo(200),
      snippet: upTo(8000).apply(meta, {
        description:
          'HTML: escaped text without Markdown, with `<mark>` around the words that were found.',
      }),
      score: z.number().check(z.gte(0), z.lte(1e6)).apply(meta, {
        description: 'The higher the better; comparable within one answer only.',
      }),
    })
    .apply(meta, { id: 'SearchHit' }),
)
export type SearchHit = Made<typeof SearchHit>

export const SearchResults = lazily(() =>
  z.object({ data: listOf(SearchHit(), 100) }).apply(meta, { id: 'SearchResults' }),
)
export type SearchResults = Made<typeof SearchResults>

export const Search = lazily(() =>
  z.strictObject({
    q: line(1, 100)
      .check(
        z.refine((text) => searchWords(text).length > 0, { message: 'There is no word in it.' }),
      )
      .apply(meta, {
        description:
          'Words, of which the first eight count. All must be there; of the last its start is enough.',
      }),
    type: z.optional(z.enum(SEARCHED_TYPES)),
    limit: queryInt(1, 100, DEFAULT_LIMIT),
  }),
)
export type Search = Made<typeof Search>
