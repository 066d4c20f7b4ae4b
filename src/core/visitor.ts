import { type Keyring, mac, sameSecret, toBase64Url } from './crypto.ts'

/** The name of a visitor whom nobody knows: random, and only good with our signature. */
export const newVisitor = (): string => toBase64Url(crypto.getRandomValues(new Uint8Array(16)))

export const signVisitor = (keys: Keyring, visitor: string): string =>
  `${visitor}.${mac(keys.current, 'visitor', visitor, 16)}`

/** The visitor of a signed name; nothing for one that was made up. */
export function readVisitor(keys: Keyring, signed: string): string | undefined {
  const [, visitor = '', tag = ''] = /^([\w-]{22})\.([\w-]{22})$/.exec(signed) ?? []
  const isOurs = [keys.current, keys.previous].some(
    (secret) => secret !== undefined && sameSecret(tag, mac(secret, 'visitor', visitor, 16)),
  )
  return isOurs ? visitor : undefined
}
