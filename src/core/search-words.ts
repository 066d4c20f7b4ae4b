import { escapeText } from './xml.ts'

const MOST_WORDS = 8
/** Every other word starts with a given letter: looking them all up costs seconds. */
const SHORTEST_START = 2
/** The index knows which documents have a word that begins with two or three given letters. */
const LONGEST_INDEXED_START = 3
const LATIN = /^[A-Za-z]$/

/** The words of what somebody typed; nothing else of it reaches the index. */
export function searchWords(typed: string): string[] {
  // What the index takes for words too: runs of letters and digits. Sets of letters are costly to make,
  // so they are not made at every start.
  const words = typed.matchAll(/[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{M}\p{Co}]*/gu)
  return Array.from(words, ([word]) => word).slice(0, MOST_WORDS)
}

/** Documents that hold all of the words, each a phrase of FTS5. */
export type Wanted<Type extends string = string> = {
  /** Every word but the last. */
  words: string[]
  /** The last, or the start of it that the index knows. */
  last: string
  /** A longer start as the index keeps it: the words that begin so are to be looked up. */
  start: string | null
  type?: Type | undefined
}

/** In quotes nothing has a meaning of its own, and no word holds a quote. */
export function wantedOf<Type extends string>(words: string[], type?: Type): Wanted<Type> {
  const quoted = words.map((word) => `"${word}"`)
  const start = [...(words.at(-1) ?? '')].map(indexed).join('')
  const last = quoted.pop() ?? ''
  const length = [...start].length
  const isIndexed = length >= SHORTEST_START && length <= LONGEST_INDEXED_START
  return {
    words: quoted,
    last: isIndexed ? `${last}*` : last,
    start: length > LONGEST_INDEXED_START ? start : null,
    type,
  }
}

/** The only accents on a Latin letter that FTS5 leaves. */
const ACCENTED = /^[Ǡǡ]$/

/** A letter as the index keeps it: small, and a Latin one without accents. */
function indexed(letter: string): string {
  const [base = '', ...marks] = letter.normalize('NFD')
  const isBare = marks.length > 0 && LATIN.test(base) && !ACCENTED.test(letter)
  return (isBare ? base : letter).toLowerCase()
}

/** What the index puts around a word that it found. No text holds them. */
export const FOUND = { start: '\u0002', end: '\u0003' } as const

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are the marks
const MARKED = /\u0002([^\u0002\u0003]*)\u0003/

const LONGEST = 600
const LEAD = 120

/** A piece of Markdown from the index as HTML: escaped text, with <mark> around what was found. */
export const toSnippet = (piece: string): string =>
  plainWords(shorten(piece))
    .split(MARKED)
    .map((part, index) => (index % 2 === 0 ? escapeText(part) : `<mark>${escapeText(part)}</mark>`))
    .join('')

/** A piece has few words, which may be long, or far from each other. */
function shorten(piece: string): string {
  if (piece.length <= LONGEST) return piece
  const start = Math.max(0, piece.indexOf(FOUND.start) - LEAD)
  return piece.slice(start, start + LONGEST)
}

/** Markdown without most of its signs. Each pattern stops early, so that no text makes it slow. */
const plainWords = (markdown: string): string =>
  markdown
    .replace(/!?\[([^[\]]{0,200})\]\([^()\s]{0,500}\)/g, '$1')
    .replace(/^[ \t]{0,3}(?:#{1,6}|>|[-*+]|\d{1,3}\.)[ \t]+/gm, '')
    .replace(/[*`]+|_{2,}|~{2,}/g, '')
    .replace(/\s+/g, ' ')
    .trim()
