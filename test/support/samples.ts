import * as z from 'zod/mini'
import type { Operation } from '../../src/http/operations.ts'

type Schema = {
  $ref?: string
  $defs?: Record<string, Schema>
  type?: string | string[]
  format?: string
  pattern?: string
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  minimum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
}

const TEXTS = [
  '123456',
  'sample',
  'A'.repeat(43),
  'sample@example.org',
  '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10',
  '2026-05-04T09:30:00.000Z',
  'https://www.example.org',
]

/** A body that the operation's own schema accepts, so that nothing but the policy refuses a call. */
export function sampleBody(operation: Operation): unknown {
  const schema = operation.schemas.json
  if (!schema) return undefined
  const root = toSchema(schema())
  return sampleOf(root, root.$defs ?? {})
}

/**
 * Query strings that the operation's own schema accepts, one for each value of each parameter; free
 * text takes each of `words`.
 */
export function sampleQueries({ schemas: { query } }: Operation, words: string[]): string[] {
  const { properties = {}, $defs = {} } = query ? toSchema(query()) : {}
  return Object.entries(properties)
    .filter(([name]) => name !== 'cursor')
    .flatMap(([name, schema]) => {
      const sample = sampleOf(schema, $defs)
      const values = schema.enum ?? (sample === TEXTS[0] ? words : [sample])
      return values.map((value) => `?${name}=${encodeURIComponent(String(value))}`)
    })
}

const toSchema = (schema: z.ZodMiniType): Schema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema

function sampleOf(schema: Schema, known: Record<string, Schema>): unknown {
  const named = known[schema.$ref?.split('/').at(-1) ?? '']
  if (named) return sampleOf(named, known)
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  if (schema.anyOf?.[0]) return sampleOf(schema.anyOf[0], known)
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object': {
      const { properties = {}, required = [] } = schema
      // An update asks for nothing; one field makes it a change.
      const names = required.length > 0 ? required : Object.keys(properties).slice(0, 1)
      return Object.fromEntries(
        names.map((name) => [name, sampleOf(properties[name] ?? {}, known)]),
      )
    }
    case 'array':
      return Array.from({ length: schema.minItems ?? 1 }, () => sampleOf(schema.items ?? {}, known))
    case 'integer':
    case 'number':
      return schema.minimum ?? 1
    case 'boolean':
      return true
    default:
      return textOf(schema)
  }
}

function textOf({ format, pattern, minLength = 1, maxLength = 100 }: Schema): string {
  if (format === 'email') return 'sample@example.org'
  if (format === 'uri') return 'https://vimeo.com/76979871'
  if (format === 'password') return 'a sample of a password'
  const fits = TEXTS.find(
    (text) => text.length <= maxLength && (!pattern || new RegExp(pattern, 'u').test(text)),
  )
  return (fits ?? '').padEnd(minLength, 'x')
}
