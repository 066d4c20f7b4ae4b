/** Ids in one part of the sitemap; a kind with no higher one needs no parts. */
export const PART = 1000

/** The part that names the thing with this id, from 1. */
export const partOf = (id: number): number => Math.ceil(id / PART)
