import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'

import type { Dialect } from './dialects.ts'
import { fromUtf8, toUtf8 } from './utf8.ts'

/** What a key is for. Each purpose has a key of its own, so that one cannot stand in for another. */
export type Purpose =
  | 'seal'
  | 'pseudonym'
  | 'cursor'
  | 'jwt.access'
  | `jwt.${Dialect}`
  | 'email code'
  | 'recovery code'
  | 'visitor'
  | 'unsubscribe'
  | 'local payments'
  | 'demo'

export type Keyring = { current: string; previous?: string | undefined }

const derived = new Map<string, Uint8Array<ArrayBuffer>>()

/** HKDF-SHA-256 (RFC 5869) of a root secret, 32 bytes, kept for the life of the isolate. */
export function deriveKey(secret: string, purpose: Purpose): Uint8Array<ArrayBuffer> {
  const name = `${purpose}:${secret}`
  const known = derived.get(name)
  if (known) return known
  const key = new Uint8Array(
    hkdf(sha256, toUtf8(secret), undefined, toUtf8(`atelier/${purpose}`), 32),
  )
  derived.set(name, key)
  return key
}

/** HMAC-SHA-256 (RFC 2104), base64url, cut to `bytes`. */
export function mac(secret: string, purpose: Purpose, text: string, bytes = 32): string {
  const digest = hmac(sha256, deriveKey(secret, purpose), toUtf8(text))
  return toBase64Url(digest.subarray(0, bytes))
}

const signing = new Map<string, CryptoKey>()

/**
 * What mac() makes, by the platform: the first mac() of an isolate takes 1.5 ms, since the library's
 * functions are compiled then.
 */
export async function sign(
  secret: string,
  purpose: Purpose,
  text: string,
  bytes = 32,
): Promise<string> {
  const key = signing.get(`${purpose}:${secret}`) ?? (await signingKey(secret, purpose))
  const signature = await crypto.subtle.sign('HMAC', key, toUtf8(text))
  return toBase64Url(new Uint8Array(signature, 0, bytes))
}

/** The same key as deriveKey(), kept as long. */
async function signingKey(secret: string, purpose: Purpose): Promise<CryptoKey> {
  const root = await crypto.subtle.importKey('raw', toUtf8(secret), 'HKDF', false, ['deriveKey'])
  const key = await crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: toUtf8(`atelier/${purpose}`) },
    root,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign'],
  )
  signing.set(`${purpose}:${secret}`, key)
  return key
}

/** SHA-256, hexadecimal. */
export function digest(text: string): string {
  return Array.from(sha256(toUtf8(text)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Compares two secrets by their digests: the time taken tells nothing of where they differ. */
export function sameSecret(given: string, expected: string): boolean {
  const a = sha256(toUtf8(given))
  const b = sha256(toUtf8(expected))
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
  return difference === 0
}

/**
 * AES-256-GCM with a random 96-bit nonce. `boundTo` is associated data: the text opens only
 * where the same value is given, so a sealed text cannot be moved to another row.
 */
export async function seal(keys: Keyring, boundTo: string, text: string): Promise<string> {
  const nonce = crypto.getRandomValues(new Uint8Array(12))
  const sealed = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv: nonce, additionalData: toUtf8(boundTo) },
    await sealingKey(keys.current),
    toUtf8(text),
  )
  return `1.${keyId(keys.current)}.${toBase64Url(nonce)}.${toBase64Url(new Uint8Array(sealed))}`
}

/** Opens what seal() made with the current or the previous secret. Throws on anything else. */
export async function unseal(keys: Keyring, boundTo: string, sealed: string): Promise<string> {
  const [version, id, nonce, body] = sealed.split('.')
  const secret = [keys.current, keys.previous].find((one) => one && keyId(one) === id)
  if (version !== '1' || !secret || !nonce || !body) throw new Error('Sealed with an unknown key')
  const text = await crypto.subtle.decrypt(
    { name: 'AES-GCM', iv: fromBase64Url(nonce), additionalData: toUtf8(boundTo) },
    await sealingKey(secret),
    fromBase64Url(body),
  )
  return fromUtf8(text)
}

const imported = new Map<string, Promise<CryptoKey>>()

function sealingKey(secret: string): Promise<CryptoKey> {
  const known = imported.get(secret)
  if (known) return known
  const key = crypto.subtle.importKey('raw', deriveKey(secret, 'seal'), 'AES-GCM', false, [
    'encrypt',
    'decrypt',
  ])
  imported.set(secret, key)
  return key
}

const keyId = (secret: string): string => mac(secret, 'seal', 'key id', 6)

export const toBase64Url = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')

export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
