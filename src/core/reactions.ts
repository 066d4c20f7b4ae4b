import * as z from 'zod/mini'
import { lazily, type Made } from './lazily.ts'
import { meta } from './meta.ts'

export const REACTIONS = ['like', 'love', 'congratulations', 'insightful'] as const
export type Reaction = (typeof REACTIONS)[number]

export const ReactionSummary = lazily(() =>
  z
    .object({
      total: z.int(),
      like: z.int(),
      love: z.int(),
      congratulations: z.int(),
      insightful: z.int(),
      mine: z
        .optional(z.nullable(z.enum(REACTIONS)))
        .apply(meta, { description: 'The caller’s own; only where the caller is known.' }),
    })
    .apply(meta, { id: 'ReactionSummary' }),
)
export type ReactionSummary = Made<typeof ReactionSummary>

/** The counters of a row as everybody sees them. */
export const toReactionSummary = (row: {
  likeCount: number
  loveCount: number
  congratulationsCount: number
  insightfulCount: number
}): ReactionSummary => ({
  total: row.likeCount + row.loveCount + row.congratulationsCount + row.insightfulCount,
  like: row.likeCount,
  love: row.loveCount,
  congratulations: row.congratulationsCount,
  insightful: row.insightfulCount,
})
