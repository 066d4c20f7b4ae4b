import type { Context, MiddlewareHandler } from 'hono'
import type * as z from 'zod/mini'
import { malformed } from '../../core/errors.ts'
import { checkJson, checkStructure, type Json } from '../../core/json.ts'
import type { Lazy, Made } from '../../core/lazily.ts'
import { fromUtf8 } from '../../core/utf8.ts'
import { MAX_JSON_BYTES, readAtMost } from '../../http/body.ts'
import { mark } from '../../http/operations.ts'
import type { AppEnv } from '../../http/router.ts'
import { type Fault, toFaults, type Where } from './faults.ts'
import { whyNoJson } from './json.ts'
import { invalidInput } from './refusal.ts'

type Part = Lazy<z.ZodMiniType>
type Parts = { param?: Part; query?: Part; json?: Part; form?: Part }
type Name = keyof Parts
type Sent<P extends Parts> = {
  [N in keyof P]: P[N] extends Part ? z.input<ReturnType<P[N]>> : never
}
type Read<P extends Parts> = { [N in keyof P]: P[N] extends Part ? Made<P[N]> : never }

type Options = {
  maxBytes?: number
  /** How long a form may take to arrive. */
  deadlineMs?: number
  /** Whether a request without a body is fine, as where all of it is optional. */
  bodyOptional?: boolean
}

// As FastAPI tells of them.
const ORDER = ['param', 'query', 'json', 'form'] as const
const WHERE: Record<Name, Where> = { param: 'path', query: 'query', json: 'body', form: 'body' }

/**
 * Reads the parts of a request as FastAPI does and tells all that is wrong with them at once. Stands
 * behind the guard. Fields that a schema does not name are passed over.
 */
export function takes<P extends Parts>(
  schemas: P,
  options: Options = {},
): MiddlewareHandler<AppEnv, string, { in: Sent<P>; out: Read<P> }> {
  return mark(
    async (c, next) => {
      const faults: Fault[] = []
      for (const name of ORDER) {
        const schema = schemas[name]?.()
        if (!schema) continue
        const given = await readPart(c, name, options)
        if (given === undefined && name === 'json') {
          if (!options.bodyOptional) faults.push(MISSING_BODY)
          continue
        }
        checkJson(withoutFiles(given) as Json)
        const result = schema.safeParse(given, { reportInput: true })
        if (result.success) c.req.addValidatedData(name, result.data as object)
        else
          faults.push(...toFaults(result.error.issues, WHERE[name], name === 'json' ? given : null))
      }
      if (faults.length > 0) throw invalidInput(faults)
      await next()
    },
    { schemas },
  )
}

const MISSING_BODY: Fault = { type: 'missing', loc: ['body'], msg: 'Field required', input: null }

function readPart(c: Context<AppEnv>, name: Name, options: Options) {
  const { maxBytes = MAX_JSON_BYTES, deadlineMs } = options
  if (name === 'param') return c.req.param()
  if (name === 'query') return lastOf(Object.entries(c.req.queries()))
  return name === 'json' ? readBody(c, maxBytes) : readFields(c, maxBytes, deadlineMs)
}

const lastOf = (entries: [string, string[]][]) =>
  Object.fromEntries(entries.map(([name, values]) => [name, values.at(-1)]))

/** The body as JSON; as a plain text where it is declared as something else; undefined where there is none. */
async function readBody(c: Context<AppEnv>, maxBytes: number): Promise<unknown> {
  const bytes = await readAtMost(c.req.raw, maxBytes)
  if (bytes.byteLength === 0) return undefined
  let text: string
  try {
    text = fromUtf8(bytes)
  } catch {
    throw malformed('There was an error parsing the body')
  }
  if (!isJson(c.req.header('content-type'))) return text
  // Two meanings for one key stay refused: the original keeps the last, others the first.
  checkStructure(text)
  try {
    return JSON.parse(text) ?? undefined
  } catch {
    const { at, error } = whyNoJson(text)
    throw invalidInput([
      {
        type: 'json_invalid',
        loc: ['body', at],
        msg: 'JSON decode error',
        input: {},
        ctx: { error },
      },
    ])
  }
}

const isJson = (type = ''): boolean =>
  /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type.trim())

/** The fields of a form, the last of each name. One that is sent empty counts as not sent. */
async function readFields(
  c: Context<AppEnv>,
  maxBytes: number,
  deadlineMs: number | undefined,
): Promise<object> {
  const type = c.req.header('content-type') ?? ''
  if (!/^(?:application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type)) return {}
  const body = await readAtMost(c.req.raw, maxBytes, deadlineMs)
  try {
    const form = await new Response(body, { headers: { 'content-type': type } }).formData()
    return Object.fromEntries([...form].filter(([, value]) => value !== ''))
  } catch {
    throw malformed('There was an error parsing the body')
  }
}

const withoutFiles = (given: unknown): unknown =>
  JSON.parse(JSON.stringify(given, (_, value) => (value instanceof File ? null : value)))
