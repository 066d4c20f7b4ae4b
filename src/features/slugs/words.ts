import { MOST_SLUG, RESERVED_SLUGS, type SlugOwner } from './kinds.ts'

const NUMBERED = 60

/** The words of a title in a-z and 0-9, a letter among them; `type` where none are left. */
export async function slugOf(type: SlugOwner, title: string): Promise<string> {
  // Its tables take longer to build than all else does to start, and most isolates only ever read.
  const { default: slugify } = await import('@sindresorhus/slugify')
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
export async function candidatesFor(type: SlugOwner, title: string): Promise<string[]> {
  const base = await slugOf(type, title)
  const withSuffix = (suffix: string) => `${cut(base, MOST_SLUG - suffix.length)}${suffix}`
  const numbered = Array.from({ length: NUMBERED - 1 }, (_, index) => withSuffix(`-${index + 2}`))
  const chance = crypto.getRandomValues(new Uint32Array(2)).join('').padStart(12, '0').slice(0, 12)
  return [base, ...numbered, withSuffix(`-${chance}`)]
}

/** True for a slug that such a title gets by itself. */
export async function isMadeFrom(type: SlugOwner, title: string, slug: string): Promise<boolean> {
  const candidates = await candidatesFor(type, title)
  if (candidates.slice(0, -1).includes(slug)) return true
  const base = candidates.at(-1)?.slice(0, -13)
  return /-[0-9]{12}$/.test(slug) && slug.slice(0, -13) === base
}

/** Whole words of at most `length` characters; a part of one that is longer. */
function cut(words: string, length: number): string {
  if (words.length <= length) return words
  const end = words.lastIndexOf('-', length)
  return words.slice(0, end > 0 ? end : length)
}
