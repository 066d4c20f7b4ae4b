import { zValidator } from '@hono/zod-validator'
import type { Context } from 'hono'
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
  const ofNothing = lazily(() => schema().safeParse({}).data)
  const recall = (c: Context): unknown => {
    if (target === 'query') return c.req.url.includes('?') ? undefined : ofNothing()
    if (target !== 'param') return undefined
    const known = knownParams.get(c.req.path)
    return known?.by === handler ? known.params : undefined
  }
  const handler: ReturnType<typeof checking> = (c, next) => {
    const known = recall(c)
    if (!known) return check(c, next)
    c.req.addValidatedData(target, { ...known })
    return next()
  }
  const check: typeof handler = async (c, next) => {
    if (target === 'json') await readJson(c, maxBytes)
    return await checking()(c, () => {
      if (target === 'param') keepParams(c, handler)
      return next()
    })
  }
  return mark(handler, { schemas: { [target]: schema } })
}

const MOST_KNOWN = 500
const LONGEST_KNOWN = 200

/**
 * What was last made of a path's parameters, and by whose check. The same path says the same again, and
 * to parse it is about a tenth of what an answer from memory takes here.
 */
const knownParams = new Map<string, { by: object; params: unknown }>()

function keepParams(c: Context, by: object): void {
  const { path } = c.req
  if (path.length > LONGEST_KNOWN) return
  if (knownParams.size >= MOST_KNOWN) knownParams.clear()
  knownParams.set(path, { by, params: { ...(c.req.valid('param' as never) as object) } })
}
