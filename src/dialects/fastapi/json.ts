/** Where Python's parser gives up, and what it says. */
export type JsonError = { at: number; error: string }

const SPACE = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const WORD = /true|false|null/y

/** Why a text that JSON.parse refuses is no JSON, in the words of Python's json.loads(). */
export function whyNoJson(text: string): JsonError {
  try {
    const end = skip(text, readValue(text, skip(text, 0)))
    return { at: end, error: 'Extra data' }
  } catch (error) {
    if (error instanceof Stop) return { at: error.at, error: error.message }
    throw error
  }
}

class Stop extends Error {
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

/** Where what `pattern` matches at `at` ends; null when it does not. */
function match(text: string, pattern: RegExp, at: number): number | null {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : null
}

const skip = (text: string, at: number): number => match(text, SPACE, at) ?? at

/** Each reader gives the place behind what it has read. */
function readValue(text: string, at: number): number {
  if (text[at] === '"') return readString(text, at)
  if (text[at] === '{') return readObject(text, at)
  if (text[at] === '[') return readArray(text, at)
  const end = match(text, WORD, at) ?? match(text, NUMBER, at)
  if (end === null) throw new Stop('Expecting value', at)
  return end
}

function readString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at] ?? ''
    if (character === '"') return at + 1
    if (character < ' ') throw new Stop('Invalid control character at', at)
    if (character !== '\\') continue
    const escaped = text[at + 1] ?? ''
    if (escaped === '') break
    if (escaped === 'u') {
      if (!/^[0-9a-f]{4}/i.test(text.slice(at + 2, at + 6)))
        throw new Stop('Invalid \\uXXXX escape', at + 1)
    } else if (!'"\\/bfnrt'.includes(escaped)) throw new Stop('Invalid \\escape', at)
    at++
  }
  throw new Stop('Unterminated string starting at', start)
}

function readObject(text: string, start: number): number {
  const PROPERTY = 'Expecting property name enclosed in double quotes'
  let at = skip(text, start + 1)
  if (text[at] === '}') return at + 1
  for (;;) {
    if (text[at] !== '"') throw new Stop(PROPERTY, at)
    at = skip(text, readString(text, at))
    if (text[at] !== ':') throw new Stop("Expecting ':' delimiter", at)
    at = skip(text, readValue(text, skip(text, at + 1)))
    if (text[at] === '}') return at + 1
    if (text[at] !== ',') throw new Stop("Expecting ',' delimiter", at)
    at = skip(text, at + 1)
  }
}

function readArray(text: string, start: number): number {
  let at = skip(text, start + 1)
  if (text[at] === ']') return at + 1
  for (;;) {
    at = skip(text, readValue(text, at))
    if (text[at] === ']') return at + 1
    if (text[at] !== ',') throw new Stop("Expecting ',' delimiter", at)
    at = skip(text, at + 1)
  }
}
