import type { LimitPolicy } from '../../core/limits.ts'

/** Of one account, or of all visitors from one source. */
export const REACTIONS_PER_MINUTE: LimitPolicy = {
  name: 'reactions',
  quota: 30,
  windowSeconds: 60,
}

/** Of one source: who throws the cookie away is somebody new each time. */
export const NEW_VISITORS: LimitPolicy = {
  name: 'new-visitors',
  quota: 50,
  windowSeconds: 86_400,
}
