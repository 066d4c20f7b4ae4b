import { AppError } from './errors.ts'
import { MINUTE } from './time.ts'

export type Role = 'user' | 'admin'

/** A signed-in person, as the session row of this very request says. */
export type UserActor = {
  type: 'user'
  id: number
  uid: string
  role: Role
  sessionId: number
  sessionUid: string
  /** When the password was last proven in this session; null for never. */
  steppedUpAt: number | null
  /** An admin who has to enrol a second factor first; `role` says user until then. */
  needsFactor: boolean
}

/** Who acts. Requests, jobs and timers all carry one, so that a rule never asks where a call came from. */
export type Actor = { type: 'anonymous' } | UserActor | { type: 'system'; job: string }

/**
 * What an operation asks of its caller; declared once per route. `owner` is a signed-in user whose
 * rights are decided by the row: it must be theirs, or they are an admin.
 */
export type Policy = 'anyone' | 'user' | 'owner' | 'admin'

export const ANONYMOUS: Actor = { type: 'anonymous' }

export const isAdmin = (actor: Actor): boolean => actor.type === 'user' && actor.role === 'admin'

/** Names the caller where something is kept per caller; '' for a visitor. */
export const callerOf = (actor: Actor): string =>
  actor.type === 'user' ? actor.uid : actor.type === 'system' ? actor.job : ''

/** The person who acts, behind a guard that has made sure that there is one. */
export function signedIn({ actor }: { actor: Actor }): UserActor {
  if (actor.type !== 'user') throw new Error(`Needs a person, not ${callerOf(actor)}`)
  return actor
}

/** For logs: who is anonymous, a user, an admin or a job. */
export const kindOf = (actor: Actor): string => (isAdmin(actor) ? 'admin' : actor.type)

/** How long a proven password opens the sensitive operations. */
export const STEP_UP_MS = 5 * MINUTE

/** Throws `step_up_required` unless the caller has proven the password in the last minutes. */
export function requireStepUp(actor: Actor): void {
  if (actor.type === 'user' && (actor.steppedUpAt ?? 0) > Date.now() - STEP_UP_MS) return
  throw new AppError('step_up_required', 'Prove your password first: POST /api/v1/auth/step-up.')
}
