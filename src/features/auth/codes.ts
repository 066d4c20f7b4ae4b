import type { Context } from '../../context.ts'
import { digest, mac } from '../../core/crypto.ts'

const RECOVERY_CODES = 10
const RECOVERY_BYTES = 15
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Ten codes of 120 random bits each, 24 letters of base32 in groups of four. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: RECOVERY_CODES }, () =>
    toBase32(crypto.getRandomValues(new Uint8Array(RECOVERY_BYTES))).replace(/(.{4})(?=.)/g, '$1-'),
  )

const SHORT_BYTES = 5
const SHORT_LENGTH = 8

/** Ten codes of 40 random bits, for front ends that take no longer ones: `ABCD-EFGH`. */
export const newShortCodes = (): string[] =>
  Array.from({ length: RECOVERY_CODES }, () =>
    toBase32(crypto.getRandomValues(new Uint8Array(SHORT_BYTES))).replace(/(.{4})(?=.)/g, '$1-'),
  )

/**
 * The digests by which a code may be known, the one to keep first; however it was typed: letter case,
 * spaces and dashes do not count. A short one could be guessed from a plain digest, so its has a key.
 */
export function digestsOfCode(
  { settings }: Context,
  userUid: string,
  code: string,
): [string, ...string[]] {
  const letters = code.toUpperCase().replace(/[\s-]/g, '')
  if (letters.length !== SHORT_LENGTH) return [digest(letters)]
  const keyed = (secret: string) => mac(secret, 'recovery code', `${userUid}\n${letters}`)
  const { current, previous } = settings.keys
  return [keyed(current), ...(previous ? [keyed(previous)] : [])]
}

/** Six random digits. */
export function newEmailCode(): string {
  const LIMIT = 4_000_000_000
  for (;;) {
    const [value = LIMIT] = crypto.getRandomValues(new Uint32Array(1))
    // Values past a whole multiple of a million would make small codes likelier.
    if (value < LIMIT) return String(value % 1_000_000).padStart(6, '0')
  }
}

/** Bound to the account and to the one challenge or session that it was mailed for. */
export const digestEmailCode = (
  ctx: Context,
  userUid: string,
  boundTo: string,
  code: string,
): string => mac(ctx.settings.SECRET_KEY, 'email code', `${userUid}\n${boundTo}\n${code}`)

/** Five bytes are eight letters of five bits. */
function toBase32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.replace(/.{5}/g, (five) => BASE32[Number.parseInt(five, 2)] ?? '')
}
