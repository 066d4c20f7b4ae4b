import { deriveKey, type Purpose, toBase64Url } from '../../src/core/crypto.ts'
import { TEST_SETTINGS } from './settings.ts'

/** What is wrong with a token; `undefined` takes a claim away. */
export type Change = {
  header?: Record<string, unknown>
  claims?: Record<string, unknown>
  secret?: string
  purpose?: Purpose
  hash?: string
  signature?: string
}

const encoder = new TextEncoder()
const read = (part: string | undefined): Record<string, unknown> =>
  JSON.parse(atob((part ?? '').replaceAll('-', '+').replaceAll('_', '/')))
const write = (value: unknown): string => toBase64Url(encoder.encode(JSON.stringify(value)))

/** A token like `token` but for the change, signed with the Worker's own key unless that is changed. */
export async function forge(token: string, change: Change): Promise<string> {
  const [header, payload] = token.split('.')
  const body = [
    write({ ...read(header), ...change.header }),
    write({ ...read(payload), ...change.claims }),
  ].join('.')
  return `${body}.${change.signature ?? (await sign(body, change))}`
}

/** A rightly signed token with other claims. */
export const resign = (token: string, claims: Record<string, unknown>): Promise<string> =>
  forge(token, { claims })

async function sign(body: string, { secret, purpose, hash = 'SHA-256' }: Change): Promise<string> {
  const raw =
    secret === undefined
      ? deriveKey(TEST_SETTINGS.SECRET_KEY, purpose ?? 'jwt.access')
      : encoder.encode(secret === '' ? '\u0000' : secret)
  const algorithm = { name: 'HMAC', hash }
  const key = await crypto.subtle.importKey('raw', raw, algorithm, false, ['sign'])
  return toBase64Url(new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(body))))
}
