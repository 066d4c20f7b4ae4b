import * as z from 'zod'
import { line, queryInt } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { DEFAULT_LIMIT } from '../../core/page.ts'
import { searchWords } from '../../core/search-words.ts'
import { SEARCHED_TYPES } from './kinds.ts'

export const SearchHit = lazily(() =>
  z
    .object({
      type: z.enum(SEARCHED_TYPES),
      id: z.int(),
      slug: z.string().max(80),
      title: z.string().max(200),
      snippet: z.string().max(8000).meta({
        description:
          'HTML: escaped text without Markdown, with `<mark>` around the words that were found.',
      }),
      score: z.number().min(0).max(1e6).meta({
        description: 'The higher the better; comparable within one answer only.',
      }),
    })
    .meta({ id: 'SearchHit' }),
)
export type SearchHit = Made<typeof SearchHit>

export const SearchResults = lazily(() =>
  z.object({ data: z.array(SearchHit()).max(100) }).meta({ id: 'SearchResults' }),
)
export type SearchResults = Made<typeof SearchResults>

export const Search = lazily(() =>
  z.strictObject({
    q: line(1, 100)
      .refine((text) => searchWords(text).length > 0, { message: 'There is no word in it.' })
      .meta({
        description:
          'Words, of which the first eight count. All must be there; of the last its start is enough.',
      }),
    type: z.enum(SEARCHED_TYPES).optional(),
    limit: queryInt(1, 100, DEFAULT_LIMIT),
  }),
)
export type Search = Made<typeof Search>
