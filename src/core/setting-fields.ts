import * as z from 'zod'
import { DIALECTS, type Dialect, isDialect } from './dialects.ts'
import { lazily } from './lazily.ts'

const WEAK = /change|example|secret|password|placeholder|your[-_ ]|(.)\1{7}|01234567|abcdefgh/i
const encoder = new TextEncoder()

/** At least 32 bytes that look random. `openssl rand -base64 32` makes one. */
export const secret = lazily(() =>
  z.string().check((context) => {
    const value = context.value
    const bytes = encoder.encode(value).length
    if (bytes < 32)
      context.issues.push({ code: 'custom', message: 'is shorter than 32 bytes', input: value })
    else if (new Set(value).size < 10 || WEAK.test(value)) {
      context.issues.push({ code: 'custom', message: 'is not random', input: value })
    }
  }),
)

export const origin = lazily(() =>
  z.string().check((context) => {
    if (!isOrigin(context.value)) {
      context.issues.push({
        code: 'custom',
        message: 'is not an origin such as https://www.studio.dev (no path, no slash at the end)',
        input: context.value,
      })
    }
  }),
)

export const list = (value: string): string[] =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

export const pagePath = (fallback: string) =>
  z
    .string()
    .max(200)
    .regex(
      /^\/[\w./-]*\{(?:slug|id)\}[\w./-]*$/,
      'is not a path with {slug} or {id} in it, such as /blog/{slug}',
    )
    .default(fallback)

export const days = (fallback: number) =>
  z
    .string()
    .regex(/^[0-9]{1,5}$/, 'is not a number of days')
    .default(String(fallback))
    .transform(Number)

type Origins = Partial<Record<Dialect, string[]>>

/** `name=origin,origin; name=*`: who may call a dialect. The first origin is where its front end is. */
export const originsOfDialects = lazily(() =>
  z.string().transform((value, context): Origins => {
    const complain = (message: string) =>
      context.issues.push({ code: 'custom', message, input: value })
    const origins: Origins = {}
    for (const part of value.split(';').filter((one) => one.trim() !== '')) {
      const [name = '', given = ''] = part.split('=').map((one) => one.trim())
      if (!isDialect(name)) complain(`names a dialect that is none of ${DIALECTS.join(', ')}`)
      else if (given !== '*' && (list(given).length === 0 || !list(given).every(isOrigin)))
        complain('has no origins such as https://www.studio.dev behind a name')
      else origins[name] = list(given)
    }
    return origins
  }),
)

function isOrigin(value: string): boolean {
  return (
    URL.canParse(value) &&
    /^https?:$/.test(new URL(value).protocol) &&
    new URL(value).origin === value
  )
}
