import type { LimitPolicy } from '../../core/limits.ts'

/** Requests that mail a link, from one source. */
export const SUBSCRIPTIONS: LimitPolicy = { name: 'subscribe', quota: 3, windowSeconds: 600 }

/** Links that one mailbox is sent, whoever asks. */
export const LINKS_PER_ADDRESS: LimitPolicy[] = [
  { name: 'subscribe-mail', quota: 3, windowSeconds: 3600 },
  { name: 'subscribe-mail-day', quota: 10, windowSeconds: 86_400 },
]

/** Tries to spend a mailed link, from one source. */
export const CONFIRMATIONS: LimitPolicy[] = [
  { name: 'subscribe-confirm', quota: 10, windowSeconds: 60 },
  { name: 'subscribe-confirm-10min', quota: 30, windowSeconds: 600 },
]
