import type { LimitPolicy } from '../../core/limits.ts'

/** Of one account, or of all visitors from one source. */
export const REACTIONS_PER_MINUTE: LimitPolicy = {
  name: 'reactions',
  quota: 30,
  windowSeconds: 60,
}
