import { type AppError, invalid, malformed } from './errors.ts'

/** Deepest nesting that a body may have. */
export const MAX_DEPTH = 16

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** Throws `validation` for NUL, a lone surrogate or a key that reaches for the prototype. */
export const checkJson = (value: Json): void => check(value, '')

/**
 * Throws `malformed` for what JSON.parse would let pass: a key that is named twice (it keeps the
 * last) and nesting beyond MAX_DEPTH. Text that is no JSON at all is left for JSON.parse to refuse.
 */
export function checkStructure(text: string): void {
  const open: (Set<string> | null)[] = []
  let expectsKey = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '"') {
      const end = endOfString(text, i)
      const keys = open.at(-1)
      if (keys && expectsKey) {
        rememberKey(keys, text.slice(i, end + 1))
        expectsKey = false
      }
      i = end
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : null)
      expectsKey = character === '{'
      if (open.length > MAX_DEPTH)
        throw malformed(`The body is nested deeper than ${MAX_DEPTH} levels.`)
    } else if (character === '}' || character === ']') {
      open.pop()
      expectsKey = false
    } else if (character === ',') {
      expectsKey = Boolean(open.at(-1))
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i
  }
  return text.length
}

function rememberKey(keys: Set<string>, literal: string): void {
  let key: string
  try {
    key = JSON.parse(literal)
  } catch {
    return
  }
  if (keys.has(key)) throw malformed('The body names a key twice.')
  keys.add(key)
}

function check(value: Json, path: string): void {
  if (typeof value === 'string') checkText(value, path)
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) check(item, join(path, String(index)))
  } else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) {
      if (PROTOTYPE_KEYS.has(key)) {
        throw unstorable(path, 'unrecognized_key', 'This key is not allowed.')
      }
      checkText(key, path)
      check(item, join(path, key))
    }
  }
}

function checkText(text: string, path: string): void {
  if (!text.isWellFormed() || text.includes('\u0000')) {
    throw unstorable(path, 'invalid_text', 'It holds a character that cannot be stored.')
  }
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

const unstorable = (path: string, code: string, message: string): AppError =>
  invalid([{ path: path.slice(0, 200), code, message }])
