import type { Context, MiddlewareHandler } from 'hono'
import type * as z from 'zod/mini'
import { callerOf, isAdmin } from '../core/actor.ts'
import { AppError, invalid, malformed, unavailable } from '../core/errors.ts'
import { MAX_IMAGE_BYTES } from '../core/image/refuse.ts'
import { toFieldErrors } from '../core/issues.ts'
import type { Lazy } from '../core/lazily.ts'
import { type Form, parseMultipart } from '../core/multipart.ts'
import { readAtMost } from './body.ts'
import { mark } from './operations.ts'
import type { AppEnv } from './router.ts'

/** A picture and what is said of it. */
const MAX_FORM_BYTES = MAX_IMAGE_BYTES + 64 * 1024
const DEADLINE_MS = 60_000
// Each holds its body twice while it is worked on, and an isolate has 128 MiB.
const AT_ONCE = 4
// A slow upload keeps its place for a minute: whoever is no admin has one at a time.
const busy = new Set<string>()
// RFC 2046, 5.1.1.
const BOUNDARY =
  /^multipart\/form-data *; *boundary=(?:"([\w'()+,./:=? -]{1,70})"|([\w'+./-]{1,70}))$/i

let open = 0

/**
 * Parses a multipart form with the schema that also documents it. Throws `too_large`,
 * `unsupported_media_type`, `malformed`, `validation`, and `unavailable` while too many are on
 * their way.
 */
export function validateForm<Schema extends z.ZodMiniType>(
  schema: Lazy<Schema>,
): MiddlewareHandler<
  AppEnv,
  string,
  { in: { form: z.input<Schema> }; out: { form: z.output<Schema> } }
> {
  return mark(
    async (c, next) => {
      const { actor } = c.get('ctx')
      const caller = callerOf(actor)
      if (open >= AT_ONCE) throw unavailable('Too many uploads at this moment.', 2)
      if (busy.has(caller)) throw unavailable('Your last upload is still on its way.', 2)
      if (!isAdmin(actor)) busy.add(caller)
      open++
      try {
        const result = schema().safeParse(await readForm(c), { reportInput: true })
        if (!result.success) throw invalid(toFieldErrors(result.error.issues))
        c.req.addValidatedData('form', result.data as object)
        await next()
      } finally {
        open--
        busy.delete(caller)
      }
    },
    { schemas: { form: schema } },
  )
}

async function readForm(c: Context<AppEnv>): Promise<Form> {
  const match = BOUNDARY.exec(c.req.header('content-type') ?? '')
  const boundary = match?.[1] ?? match?.[2]
  const isForm = /^multipart\/form-data\b/i.test(c.req.header('content-type') ?? '')
  const isPlain = (c.req.header('content-encoding') ?? 'identity') === 'identity'
  if (!isForm || !isPlain) {
    throw new AppError('unsupported_media_type', 'Send a multipart/form-data, not compressed.')
  }
  if (boundary === undefined) throw malformed('The form names no boundary.')
  if (Number(c.req.header('content-length') ?? 0) > MAX_FORM_BYTES) {
    throw new AppError('too_large', `The body is larger than ${MAX_FORM_BYTES} bytes.`)
  }
  return parseMultipart(await readAtMost(c.req.raw, MAX_FORM_BYTES, DEADLINE_MS), boundary)
}

/** What two forms with the same fields have in common, however they were written down. */
export async function textOfForm(form: object): Promise<string> {
  const fields = await Promise.all(
    Object.entries(form).map(async ([name, value]) => [
      name,
      value instanceof Uint8Array ? await digestOf(value) : value,
    ]),
  )
  return JSON.stringify(fields)
}

async function digestOf(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(digest), (one) => one.toString(16).padStart(2, '0')).join('')
}
