import { jwtVerify, SignJWT } from 'jose'
import { deriveKey, type Keyring, mac, type Purpose } from '../../core/crypto.ts'
import type { Settings } from '../../env.ts'
import { type Audience, OWN } from './audience.ts'

const MAX_LENGTH = 4096
// Whatever a token says of itself, it is not taken for longer.
const OLDEST_OWN = '1h'

/** What a token is signed for and with. */
export type Issuer = Pick<Settings, 'keys' | 'API_ORIGIN'>

export type AccessClaims = {
  userUid: string
  sessionUid: string
  /** What the token says in `sub` in place of the account's id. */
  subject?: string
  /** Beside those that every token has. */
  more?: Record<string, unknown>
}

type Name = Audience['name']
const purposeOf = (name: Name): Purpose => (name === 'atelier' ? 'jwt.access' : `jwt.${name}`)
const typeOf = (name: Name): string => (name === 'atelier' ? 'at+jwt' : `${name}+jwt`)

const imported = new Map<string, Promise<CryptoKey>>()

function keyOf(secret: string, name: Name): Promise<CryptoKey> {
  const purpose = purposeOf(name)
  const id = `${purpose}:${secret}`
  const known = imported.get(id)
  if (known) return known
  const raw = deriveKey(secret, purpose)
  const key = crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ])
  imported.set(id, key)
  return key
}

const keyId = (secret: string, name: Name): string => mac(secret, purposeOf(name), 'key id', 6)

/** A JWT (RFC 7519, profile of RFC 9068) that names a session; the session row decides what it opens. */
export async function signAccessToken(
  settings: Issuer,
  { userUid, sessionUid, subject, more = {} }: AccessClaims,
  seconds = OWN.tokenSeconds,
  name: Name = OWN.name,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const kid = keyId(settings.keys.current, name)
  return new SignJWT({ ...more, sid: sessionUid, ...(subject !== undefined && { uid: userUid }) })
    .setProtectedHeader({ alg: 'HS256', typ: typeOf(name), kid })
    .setIssuer(settings.API_ORIGIN)
    .setAudience(name)
    .setSubject(subject ?? userUid)
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .sign(await keyOf(settings.keys.current, name))
}

/** What the token says, or null when it is not one that signAccessToken() made and that still holds. */
export async function readAccessToken(
  settings: Settings,
  token: string,
  name: Name = OWN.name,
): Promise<AccessClaims | null> {
  if (token.length > MAX_LENGTH) return null
  try {
    const { payload } = await jwtVerify(
      token,
      (header) => keyFor(settings.keys, name, header.kid),
      {
        algorithms: ['HS256'],
        typ: typeOf(name),
        issuer: settings.API_ORIGIN,
        audience: name,
        requiredClaims: ['sub', 'sid', 'iat', 'exp'],
        ...(name === OWN.name && { maxTokenAge: OLDEST_OWN }),
        currentDate: new Date(Date.now()),
      },
    )
    const { sub, sid, uid = sub } = payload
    return typeof uid === 'string' && typeof sid === 'string'
      ? { userUid: uid, sessionUid: sid }
      : null
  } catch {
    return null
  }
}

function keyFor(keys: Keyring, name: Name, id: string | undefined): Promise<CryptoKey> {
  const secret = [keys.current, keys.previous].find((one) => one && keyId(one, name) === id)
  if (!secret) throw new Error('Signed with an unknown key')
  return keyOf(secret, name)
}
