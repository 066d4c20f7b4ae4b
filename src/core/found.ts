import type { Finished, Tagged } from './etag.ts'
import type { Page } from './page.ts'

/** What a public read finds: what everybody gets, what this caller alone gets, or where it is now. */
export type Found<View> = { cached: Finished } | { own: Tagged<View> } | { movedTo: string }

/** The first page of a list as everybody gets it, or any other. */
export type Listed<View> = { cached: Finished } | { page: Page<View> }
