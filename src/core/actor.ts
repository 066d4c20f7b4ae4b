/** Who acts. Requests, jobs and timers all carry one, so that a rule never asks where a call came from. */
export type Actor = { type: 'anonymous' } | { type: 'admin' } | { type: 'system'; job: string }

/** What an operation asks of its caller; declared once per route. */
export type Policy = 'anyone' | 'admin'

export const ANONYMOUS: Actor = { type: 'anonymous' }
