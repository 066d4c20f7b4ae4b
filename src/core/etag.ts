import { stale } from './errors.ts'

/** A view together with the opaque tag of its state (RFC 9110, 8.8.3), without quotes. */
export type Tagged<View> = { view: View; tag: string }

/** What an If-Match header allows: any state, or those with one of these tags. */
export type Precondition = '*' | string[]

/**
 * The versions that a precondition allows, for a WHERE clause; undefined when it allows all. Tags
 * are `<version>`, and one that is not such a number matches nothing.
 */
export function allowedVersions(precondition: Precondition | undefined): number[] | undefined {
  if (precondition === undefined || precondition === '*') return undefined
  return precondition.filter((tag) => /^[1-9][0-9]{0,8}$/.test(tag)).map(Number)
}

/** Throws `stale` when `tag` is not among what the precondition allows. */
export function checkPrecondition(tag: string, precondition: Precondition | undefined): void {
  if (precondition === undefined || precondition === '*' || precondition.includes(tag)) return
  throw stale()
}
