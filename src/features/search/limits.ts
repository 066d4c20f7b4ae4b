import type { LimitPolicy } from '../../core/limits.ts'

/** Searches from one source: each may rank some hundred documents. */
export const SEARCHES: LimitPolicy = { name: 'search', quota: 30, windowSeconds: 60 }
