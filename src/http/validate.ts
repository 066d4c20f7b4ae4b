import { zValidator } from '@hono/zod-validator'
import type * as z from 'zod/mini'
import { type FieldError, invalid, notFound } from '../core/errors.ts'
import { checkJson, type Json } from '../core/json.ts'
import { type Lazy, lazily } from '../core/lazily.ts'
import { MAX_JSON_BYTES, readJson } from './body.ts'
import { mark, type Target } from './operations.ts'

const SHOWN_ERRORS = 20
const SHOWN_PATH = 200

/**
 * Parses one part of the request with the schema that also documents it. Throws `validation`; for a
 * path parameter `not_found`, since no such thing can be there.
 */
export function validate<
  Part extends Exclude<Target, 'form' | 'fields'>,
  Schema extends z.ZodMiniType,
>(target: Part, schema: Lazy<Schema>, { maxBytes = MAX_JSON_BYTES }: { maxBytes?: number } = {}) {
  const checking = lazily(() =>
    zValidator(
      target,
      schema(),
      (result) => {
        if (result.success) return
        if (target === 'param') throw notFound('Resource')
        throw invalid(toFieldErrors(result.error.issues))
      },
      {
        validationFunction: (given, value) => {
          if (target === 'json') checkJson(value as Json)
          // The library's result type is not resolved for a generic schema; it is what safeParse gives.
          return given.safeParse(value, { reportInput: true }) as never
        },
      },
    ),
  )
  // Most who read a list ask for nothing in particular, and get what the schema makes of nothing.
  const ofNothing = lazily(() => schema().safeParse({}))
  const handler: ReturnType<typeof checking> = async (c, next) => {
    if (target === 'query' && !c.req.url.includes('?')) {
      const { success, data } = ofNothing()
      if (success) {
        c.req.addValidatedData('query', { ...(data as object) })
        return await next()
      }
    }
    if (target === 'json') await readJson(c, maxBytes)
    return checking()(c, next)
  }
  return mark(handler, { schemas: { [target]: schema } })
}

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
          message: FORMATS[issue.format] ?? 'Not in the right form.',
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
