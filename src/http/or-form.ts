import type { Context, MiddlewareHandler } from 'hono'
import type * as z from 'zod/mini'
import { invalid, malformed } from '../core/errors.ts'
import { toFieldErrors } from '../core/issues.ts'
import type { Lazy } from '../core/lazily.ts'
import { readAtMost } from './body.ts'
import { mark } from './operations.ts'
import type { AppEnv } from './router.ts'

/** What a form of plain fields is sent as. */
export const FIELD_TYPES = ['application/x-www-form-urlencoded', 'multipart/form-data'] as const

const MAX_FORM_BYTES = 4096

/**
 * Where a form may come in place of JSON: checks its fields and answers it. Anything else goes on to
 * the handlers behind.
 */
export function orForm<Schema extends z.ZodMiniType>(
  schema: Lazy<Schema>,
  answer: (c: Context<AppEnv>) => Promise<Response>,
): MiddlewareHandler<AppEnv> {
  return mark<MiddlewareHandler<AppEnv>>(
    async (c, next) => {
      const type = (c.req.header('content-type') ?? '').toLowerCase()
      if (!FIELD_TYPES.some((one) => type.split(';')[0]?.trim() === one)) return await next()
      const fields = await readFields(c.req.raw)
      const parsed = schema().safeParse(fields, { reportInput: true })
      if (!parsed.success) throw invalid(toFieldErrors(parsed.error.issues))
      return await answer(c)
    },
    { schemas: { fields: schema } },
  )
}

/** Its fields by name. Throws `malformed` for one that is named twice, or a file. */
async function readFields(request: Request): Promise<Record<string, string>> {
  const body = await readAtMost(request, MAX_FORM_BYTES)
  const headers = { 'content-type': request.headers.get('content-type') ?? '' }
  let entries: [string, string | File][]
  try {
    entries = [...(await new Response(body, { headers }).formData())]
  } catch {
    throw malformed('The body is not a valid form.')
  }
  const fields = new Map<string, string>()
  for (const [name, value] of entries) {
    if (fields.has(name)) throw malformed('A field is named twice.')
    if (typeof value !== 'string') throw malformed('A field holds a file.')
    fields.set(name, value)
  }
  return Object.fromEntries(fields)
}
