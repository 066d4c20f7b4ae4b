import type { Role } from '../../core/actor.ts'
import { digest } from '../../core/crypto.ts'
import type { Dialect } from '../../core/dialects.ts'
import { DAY, HOUR, MINUTE } from '../../core/time.ts'
import type { UserView } from '../users/service.ts'

/** How long a session lasts: in all, and without being used. */
type Lifetime = { total: number; idle: number }

/** Whom sessions and tokens are for: our own API, or a dialect. What is made for one opens no other. */
export type Audience = {
  name: 'atelier' | Dialect
  tokenSeconds: number
  lifetime: Record<Role, Lifetime>
  /** Whether an account may sign in whose mailbox nobody has proven; an admin's never. */
  admitsUnproven: boolean
  /** Fewest characters of a password that alone opens the administration. */
  adminPassword: number
  /** Whether a banned account is told so behind its right password. */
  tellsBan: boolean
  /** What front ends read in the token beside the claims that every token has. */
  claimsOf?: (user: UserView) => Record<string, unknown>
  /** Whom the token names as its subject; the account's id without this. */
  subjectOf?: (user: UserView) => string
  /** Whether only admins may sign in; anybody else is refused as for a wrong password. */
  adminsOnly?: boolean
}

export const OWN: Audience = {
  name: 'atelier',
  tokenSeconds: 600,
  lifetime: {
    user: { total: 30 * DAY, idle: 7 * DAY },
    admin: { total: 12 * HOUR, idle: 30 * MINUTE },
  },
  admitsUnproven: false,
  adminPassword: 15,
  tellsBan: false,
}

/** What is kept of a secret that an audience was given: another finds nothing by the same secret. */
export const digestFor = ({ name }: Pick<Audience, 'name'>, token: string): string =>
  digest(name === OWN.name ? token : `${name}\n${token}`)
