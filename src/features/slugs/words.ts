import slugify from '@sindresorhus/slugify'
import { MOST_SLUG, RESERVED_SLUGS, type SlugOwner } from './kinds.ts'

const NUMBERED = 60

/** The words of a title in a-z and 0-9, a letter among them; `type` where none are left. */
export function slugOf(type: SlugOwner, title: string): string {
  const words = cut(slugify(title.normalize('NFKC'), { decamelize: false }), MOST_SLUG)
  if (words === '') return type
  return RESERVED_SLUGS.includes(words) || !/[a-z]/.test(words)
    ? cut(`${type}-${words}`, MOST_SLUG)
    : words
}

/**
 * What a thing with that title may be called, best first. The last is by chance, so that one is free
 * however often a title is used.
 */
export function candidatesFor(type: SlugOwner, title: string): string[] {
  const base = slugOf(type, title)
  const withSuffix = (suffix: string) => `${cut(base, MOST_SLUG - suffix.length)}${suffix}`
  const numbered = Array.from({ length: NUMBERED - 1 }, (_, index) => withSuffix(`-${index + 2}`))
  const chance = crypto.getRandomValues(new Uint32Array(2)).join('').padStart(12, '0').slice(0, 12)
  return [base, ...numbered, withSuffix(`-${chance}`)]
}

/** True for a slug that such a title gets by itself. */
export const isMadeFrom = (type: SlugOwner, title: string, slug: string): boolean =>
  candidatesFor(type, title).slice(0, -1).includes(slug) ||
  new RegExp(`^${cut(slugOf(type, title), MOST_SLUG - 13)}-[0-9]{12}$`).test(slug)

/** Whole words of at most `length` characters; a part of one that is longer. */
function cut(words: string, length: number): string {
  if (words.length <= length) return words
  const end = words.lastIndexOf('-', length)
  return words.slice(0, end > 0 ? end : length)
}
