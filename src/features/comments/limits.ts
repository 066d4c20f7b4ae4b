import type { LimitPolicy } from '../../core/limits.ts'

/** Comments that were taken, of one account or from one source. */
export const COMMENT_LIMITS: LimitPolicy[] = [
  { name: 'comments', quota: 5, windowSeconds: 60 },
  { name: 'comments-day', quota: 50, windowSeconds: 86_400 },
]
