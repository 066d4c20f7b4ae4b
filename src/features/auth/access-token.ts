import { jwtVerify, SignJWT } from 'jose'
import { deriveKey, type Keyring, mac } from '../../core/crypto.ts'
import type { Settings } from '../../env.ts'

export const ACCESS_SECONDS = 600

const TYPE = 'at+jwt'
const AUDIENCE = 'atelier'
const MAX_LENGTH = 4096

/** What a token is signed for and with. */
export type Issuer = Pick<Settings, 'keys' | 'API_ORIGIN'>

export type AccessClaims = { userUid: string; sessionUid: string }

const imported = new Map<string, Promise<CryptoKey>>()

function keyOf(secret: string): Promise<CryptoKey> {
  const known = imported.get(secret)
  if (known) return known
  const raw = deriveKey(secret, 'jwt.access')
  const key = crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ])
  imported.set(secret, key)
  return key
}

const keyId = (secret: string): string => mac(secret, 'jwt.access', 'key id', 6)

/** A JWT (RFC 7519, profile of RFC 9068) that names a session; the session row decides what it opens. */
export async function signAccessToken(
  settings: Issuer,
  { userUid, sessionUid }: AccessClaims,
  seconds = ACCESS_SECONDS,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ sid: sessionUid })
    .setProtectedHeader({ alg: 'HS256', typ: TYPE, kid: keyId(settings.keys.current) })
    .setIssuer(settings.API_ORIGIN)
    .setAudience(AUDIENCE)
    .setSubject(userUid)
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .sign(await keyOf(settings.keys.current))
}

/** What the token says, or null when it is not one that signAccessToken() made and that still holds. */
export async function readAccessToken(
  settings: Settings,
  token: string,
): Promise<AccessClaims | null> {
  if (token.length > MAX_LENGTH) return null
  try {
    const { payload } = await jwtVerify(token, (header) => keyFor(settings.keys, header.kid), {
      algorithms: ['HS256'],
      typ: TYPE,
      issuer: settings.API_ORIGIN,
      audience: AUDIENCE,
      requiredClaims: ['sub', 'sid', 'iat', 'exp'],
      maxTokenAge: '1h',
      currentDate: new Date(Date.now()),
    })
    const { sub, sid } = payload
    return typeof sub === 'string' && typeof sid === 'string'
      ? { userUid: sub, sessionUid: sid }
      : null
  } catch {
    return null
  }
}

function keyFor(keys: Keyring, id: string | undefined): Promise<CryptoKey> {
  const secret = [keys.current, keys.previous].find((one) => one && keyId(one) === id)
  if (!secret) throw new Error('Signed with an unknown key')
  return keyOf(secret)
}
