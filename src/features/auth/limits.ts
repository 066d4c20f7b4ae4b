import type { LimitPolicy } from '../../core/limits.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const policy = (name: string, quota: number, windowSeconds: number): LimitPolicy => ({
  name,
  quota,
  windowSeconds,
})

/** Tries to prove a password, from one source. */
export const LOGINS = [policy('login', 10, MINUTE), policy('login-10min', 30, 10 * MINUTE)]
export const REGISTRATIONS = [policy('register', 5, 10 * MINUTE), policy('register-day', 20, DAY)]
/** Requests that mail a link, from one source. */
export const MAIL_REQUESTS = [policy('mail-request', 3, 10 * MINUTE)]
/** Links that one address is sent, whoever asks. */
export const MAILS_PER_ADDRESS = [policy('auth-mail', 3, HOUR), policy('auth-mail-day', 10, DAY)]
/** Of its own: whoever floods an address with other mails cannot keep its owner from a reset. */
export const RESETS_PER_ADDRESS = [policy('reset-mail', 3, HOUR), policy('reset-mail-day', 10, DAY)]
/** Codes that one account is mailed. */
export const CODES_PER_ADDRESS = [
  policy('code-mail', 5, 10 * MINUTE),
  policy('code-mail-day', 30, DAY),
]
/** Tries to spend a mailed secret, from one source. */
export const SECRETS = [
  policy('mailed-secret', 10, MINUTE),
  policy('mailed-secret-10min', 30, 10 * MINUTE),
]
/** Addresses that one account asks to have at once: each answer tells whether somebody has it. */
export const ADDRESS_CHANGES = policy('address-change', 5, HOUR)
export const REFRESHES = policy('refresh', 30, MINUTE)
