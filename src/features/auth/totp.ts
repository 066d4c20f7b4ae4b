import { Secret, TOTP } from 'otpauth'
import { encode, renderSVG } from 'uqr'
import type { Context } from '../../context.ts'
import { sameSecret } from '../../core/crypto.ts'
import { toPng } from '../../core/image/bitmap.ts'

const PERIOD_MS = 30_000
const SECRET_BYTES = 20

/** 160 random bits in base32 (RFC 4226, section 4). */
export const newTotpSecret = (): string => new Secret({ size: SECRET_BYTES }).base32

/** The same from given bytes. */
export const totpSecretFrom = (bytes: Uint8Array<ArrayBuffer>): string =>
  new Secret({ buffer: bytes.slice(0, SECRET_BYTES).buffer }).base32

/** What an authenticator app scans, as a link and as a drawing. */
export function describeTotp(ctx: Context, account: string, secret: string) {
  const totp = new TOTP({ issuer: ctx.settings.STUDIO_NAME, label: account, secret })
  const otpauth_uri = totp.toString()
  return { secret, otpauth_uri, qr_svg: renderSVG(otpauth_uri, { border: 2 }) }
}

/** A link as a drawing to scan, for front ends that take no SVG. */
export const drawQr = (text: string): Uint8Array => toPng(encode(text, { border: 2 }).data, 6)

/**
 * The step of 30 seconds that a code belongs to: the present one or the one before (RFC 6238, 5.2);
 * null for a wrong code.
 */
export function matchStep(secret: string, code: string, now: number): number | null {
  if (!/^[0-9]{6}$/.test(code)) return null
  const totp = new TOTP({ secret })
  const present = Math.floor(now / PERIOD_MS)
  const matching = [present, present - 1].find((step) =>
    sameSecret(code, totp.generate({ timestamp: step * PERIOD_MS })),
  )
  return matching ?? null
}
