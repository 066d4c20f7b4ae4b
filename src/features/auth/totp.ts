import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import type { Context } from '../../context.ts'
import { sameSecret } from '../../core/crypto.ts'
import { toPng } from '../../core/image/bitmap.ts'

const PERIOD_MS = 30_000
const SECRET_BYTES = 20

/** Authenticator apps know no other than HMAC-SHA-1, whatever the link says. */
const hmacSha1 = (_algorithm: string, key: Uint8Array, message: Uint8Array) =>
  hmac(sha1, key, message)

// Both libraries have tables that take time at a start, and few requests need them.
const otpauth = () => import('otpauth/bare')
const uqr = () => import('uqr')

/** 160 random bits in base32 (RFC 4226, section 4). */
export async function newTotpSecret(): Promise<string> {
  const { Secret } = await otpauth()
  return new Secret({ size: SECRET_BYTES }).base32
}

/** The same from given bytes. */
export async function totpSecretFrom(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { Secret } = await otpauth()
  return new Secret({ buffer: bytes.slice(0, SECRET_BYTES).buffer }).base32
}

/** What an authenticator app scans, as a link and as a drawing. */
export async function describeTotp(ctx: Context, account: string, secret: string) {
  const [{ TOTP }, { renderSVG }] = await Promise.all([otpauth(), uqr()])
  const totp = new TOTP({
    issuer: ctx.settings.STUDIO_NAME,
    label: account,
    secret,
    hmac: hmacSha1,
  })
  const otpauth_uri = totp.toString()
  return { secret, otpauth_uri, qr_svg: renderSVG(otpauth_uri, { border: 2 }) }
}

/** A link as a drawing to scan, for front ends that take no SVG. */
export async function drawQr(text: string): Promise<Uint8Array> {
  const { encode } = await uqr()
  return toPng(encode(text, { border: 2 }).data, 6)
}

/**
 * The step of 30 seconds that a code belongs to: the present one or the one before (RFC 6238, 5.2);
 * null for a wrong code.
 */
export async function matchStep(secret: string, code: string, now: number): Promise<number | null> {
  if (!/^[0-9]{6}$/.test(code)) return null
  const { TOTP } = await otpauth()
  const totp = new TOTP({ secret, hmac: hmacSha1 })
  const present = Math.floor(now / PERIOD_MS)
  const matching = [present, present - 1].find((step) =>
    sameSecret(code, totp.generate({ timestamp: step * PERIOD_MS })),
  )
  return matching ?? null
}
