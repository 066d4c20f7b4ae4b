import type * as z from 'zod/mini'
import type { FieldError } from './errors.ts'

const SHOWN_ERRORS = 20
const SHOWN_PATH = 200

const NOT_VALID = 'Invalid input'

/** What is wrong, in the schema's words or in ours; the library's are one text for all. */
export function toFieldErrors(issues: readonly z.core.$ZodIssue[]): FieldError[] {
  return issues.flatMap(toErrors).slice(0, SHOWN_ERRORS)
}

function toErrors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, SHOWN_ERRORS).map((key) => ({
      path: show([...path, key]),
      code: 'unrecognized_key',
      message: 'This is not known here.',
    }))
  }
  const isMissing = issue.code === 'invalid_type' && issue.input === undefined
  const message = issue.message === NOT_VALID ? wordsFor(issue) : issue.message
  return [{ path: show(path), code: isMissing ? 'required' : issue.code, message }]
}

const show = (path: string[]): string => path.join('.').slice(0, SHOWN_PATH)

function wordsFor(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'Required.' : `Must be of type ${issue.expected}.`
    case 'too_small':
      return bound('At least', issue.origin, issue.minimum)
    case 'too_big':
      return bound('At most', issue.origin, issue.maximum)
    case 'invalid_format':
      return FORMATS[issue.format] ?? 'Not in the right form.'
    case 'invalid_value':
      return `Must be one of ${issue.values.join(', ')}.`
    case 'not_multiple_of':
      return `Must be a multiple of ${issue.divisor}.`
    case 'invalid_key': {
      const [wrong] = toFieldErrors(issue.issues)
      return `As a name: ${wrong?.message ?? 'not valid.'}`
    }
    default:
      return 'Not valid here.'
  }
}

const FORMATS: Record<string, string> = {
  email: 'Not a valid e-mail address.',
  url: 'Must be an http or https address with the name of a host.',
  integer: 'Must be a whole number.',
  text: 'Must not hold control characters.',
}

function bound(words: string, origin: string, value: number | bigint): string {
  const unit = origin === 'string' ? 'character' : origin === 'array' ? 'item' : ''
  return unit === ''
    ? `${words} ${value}.`
    : `${words} ${value} ${unit}${Number(value) === 1 ? '' : 's'}.`
}
