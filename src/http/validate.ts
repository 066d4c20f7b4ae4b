import { zValidator } from '@hono/zod-validator'
import type * as z from 'zod/mini'
import { invalid, notFound } from '../core/errors.ts'
import { toFieldErrors } from '../core/issues.ts'
import { checkJson, type Json } from '../core/json.ts'
import { type Lazy, lazily } from '../core/lazily.ts'
import { MAX_JSON_BYTES, readJson } from './body.ts'
import { mark, type Target } from './operations.ts'

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
  const handler: ReturnType<typeof checking> = (c, next) => {
    if (target === 'query' && !c.req.url.includes('?')) {
      const { success, data } = ofNothing()
      if (success) {
        c.req.addValidatedData('query', { ...(data as object) })
        return next()
      }
    }
    return check(c, next)
  }
  const check: typeof handler = async (c, next) => {
    if (target === 'json') await readJson(c, maxBytes)
    return await checking()(c, next)
  }
  return mark(handler, { schemas: { [target]: schema } })
}
