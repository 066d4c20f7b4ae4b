import { toBase64Url } from './crypto.ts'
import { stale } from './errors.ts'
import { fromUtf8, toUtf8 } from './utf8.ts'

/** A view together with the opaque tag of its state (RFC 9110, 8.8.3), without quotes. */
export type Tagged<View> = { view: View; tag: string }

/** A finished answer, which is JSON for the most, as its bytes, with its tag. */
export type Finished = { bytes: Uint8Array; etag: string }

/** The view that the answer was made of. */
export const viewIn = <View>({ bytes }: Finished): View => JSON.parse(fromUtf8(bytes))

/** What an If-Match header allows: any state, or those with one of these tags. */
export type Precondition = '*' | string[]

/**
 * The versions that a precondition allows, for a WHERE clause; undefined when it allows all. Tags
 * are `<version>`, or `<version>.<digest>` where the view also shows what changes without a new
 * version, as counters do. Another tag matches nothing.
 */
export function allowedVersions(precondition: Precondition | undefined): number[] | undefined {
  if (precondition === undefined || precondition === '*') return undefined
  return precondition
    .map(versionOf)
    .filter((version) => /^[1-9][0-9]{0,8}$/.test(version))
    .map(Number)
}

/** Without the digest: 128 bits as base64url. */
const versionOf = (tag: string): string => tag.replace(/\.[\w-]{22}$/, '')

/** Throws `stale` when `tag` is not among what the precondition allows. */
export function checkPrecondition(tag: string, precondition: Precondition | undefined): void {
  if (precondition === undefined || precondition === '*') return
  if (!precondition.map(versionOf).includes(versionOf(tag))) throw stale()
}

/** The version of a row, and a digest of all that is shown of it. */
export const etagOf = (version: number, view: object): Promise<string> =>
  etagOfBytes(String(version), toUtf8(JSON.stringify(view)))

/** 128 bits of SHA-256, behind a version where there is one. */
export async function etagOfBytes(version: string, bytes: BufferSource): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  const tag = toBase64Url(new Uint8Array(digest, 0, 16))
  return version === '' ? tag : `${version}.${tag}`
}
