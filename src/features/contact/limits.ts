import type { LimitPolicy } from '../../core/limits.ts'

/** Requests of any kind from one source, valid or not. */
export const CONTACT_REQUESTS: LimitPolicy = {
  name: 'contact-requests',
  quota: 60,
  windowSeconds: 60,
}

/** Messages that were accepted from one source. */
export const CONTACT_MESSAGES: LimitPolicy = {
  name: 'contact-messages',
  quota: 5,
  windowSeconds: 3600,
}

// Whoever fills in a stranger's address makes us write to that stranger, so this is kept low.
export const CONFIRMATIONS_PER_ADDRESS: LimitPolicy = {
  name: 'contact-confirmation',
  quota: 1,
  windowSeconds: 86_400,
}
export const CONFIRMATIONS: LimitPolicy = {
  name: 'contact-confirmations',
  quota: 200,
  windowSeconds: 3600,
}
