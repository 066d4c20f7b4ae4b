import type * as z from 'zod/mini'
import type { FieldError } from './errors.ts'

const SHOWN_ERRORS = 20
const SHOWN_PATH = 200

/** What is wrong, in our own words: the library brings none without its locales. */
export function toFieldErrors(issues: readonly z.core.$ZodIssue[]): FieldError[] {
  return issues.flatMap(toErrors).slice(0, SHOWN_ERRORS)
}

function toErrors(issue: z.core.$ZodIssue): FieldError[] {
  const at = (last?: string) =>
    [...issue.path.map(String), ...(last === undefined ? [] : [last])]
      .join('.')
      .slice(0, SHOWN_PATH)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.slice(0, SHOWN_ERRORS).map((key) => ({
        path: at(key),
        code: 'unrecognized_key',
        message: 'This is not known here.',
      }))
    case 'invalid_type':
      return issue.input === undefined
        ? [{ path: at(), code: 'required', message: 'Required.' }]
        : [{ path: at(), code: issue.code, message: `Must be of type ${issue.expected}.` }]
    case 'too_small':
      return [
        { path: at(), code: issue.code, message: bound('At least', issue.origin, issue.minimum) },
      ]
    case 'too_big':
      return [
        { path: at(), code: issue.code, message: bound('At most', issue.origin, issue.maximum) },
      ]
    case 'invalid_format':
      return [
        {
          path: at(),
          code: issue.code,
          message: FORMATS[issue.format] ?? ownMessage(issue) ?? 'Not in the right form.',
        },
      ]
    case 'invalid_value':
      return [
        { path: at(), code: issue.code, message: `Must be one of ${issue.values.join(', ')}.` },
      ]
    default:
      return [{ path: at(), code: issue.code, message: issue.message }]
  }
}

/** What the schema itself says; the library has one text for all others. */
const ownMessage = ({ message }: z.core.$ZodIssue): string | undefined =>
  message === 'Invalid input' ? undefined : message

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
