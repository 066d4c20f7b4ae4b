import { invalid } from '../../core/errors.ts'
import type { PostStatus } from './kinds.ts'

type Wish = { status?: PostStatus | undefined; publish_at?: string | undefined }
export type Publication = { status: PostStatus; publishedAt: number | null }

/**
 * What a wish makes of the present state (with its status as of `now`). The first time of publishing
 * stays unless another is given. Throws `validation` when time and status do not fit.
 */
export function plan(present: Publication, wish: Wish, now: number): Publication {
  const status = wish.status ?? present.status
  const given = wish.publish_at === undefined ? null : Date.parse(wish.publish_at)
  const at = given ?? present.publishedAt
  const isAhead = at !== null && at > now
  if (status === 'draft') {
    if (given !== null) throw misplaced('A draft has no time; ask for scheduled or published.')
    // What was never seen has no first time.
    return { status, publishedAt: isAhead ? null : at }
  }
  if (status === 'scheduled') {
    if (!isAhead) throw misplaced('A scheduled post needs a time ahead.')
    return { status, publishedAt: at }
  }
  if (given !== null && isAhead) throw misplaced('For a time ahead ask for scheduled.')
  return { status, publishedAt: at === null || isAhead ? now : at }
}

const misplaced = (message: string) =>
  invalid([{ path: 'publish_at', code: 'invalid_value', message }])
