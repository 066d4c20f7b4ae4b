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

/** Its digest, however it was typed: letter case, spaces and dashes do not count. */
export const digestRecoveryCode = (code: string): string =>
  digest(code.toUpperCase().replace(/[\s-]/g, ''))

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

/** 15 bytes are 24 letters of 5 bits. */
function toBase32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.replace(/.{5}/g, (five) => BASE32[Number.parseInt(five, 2)] ?? '')
}
