import type * as z from 'zod/mini'

/** One thing that is wrong with the input, as Pydantic says it. */
export type Fault = {
  type: string
  loc: (string | number)[]
  msg: string
  input: unknown
  ctx?: object
}

export type Where = 'path' | 'query' | 'body'
type Issue = z.core.$ZodIssue
type Words = Pick<Fault, 'type' | 'msg' | 'ctx'>

/**
 * What Pydantic would say of what zod found: one fault a field, in the order of the schema. `given` is the
 * whole JSON body, which is shown where something is missing; null for what is read field by field.
 */
export function toFaults(issues: readonly Issue[], where: Where, given: unknown): Fault[] {
  const seen = new Set<string>()
  return issues.flatMap(flatten).flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
    const id = JSON.stringify(path)
    if (seen.has(id)) return []
    seen.add(id)
    return [toFault(issue, path, where, given)]
  })
}

function toFault(issue: Issue, path: (string | number)[], where: Where, given: unknown): Fault {
  const loc = [where, ...path]
  if (issue.input === undefined && issue.code === 'invalid_type') {
    const input = given === null ? null : partOf(given, path.slice(0, -1))
    return { type: 'missing', loc, msg: 'Field required', input }
  }
  const { type, msg, ctx } = wordsOf(issue)
  return { type, loc, msg, input: issue.input, ...(ctx && { ctx }) }
}

/** Each key that is not known is a fault of its own. */
function flatten(issue: Issue): Issue[] {
  if (issue.code !== 'unrecognized_keys') return [issue]
  const given = Object(issue.input)
  return issue.keys.map((key) => ({
    code: 'custom',
    path: [...issue.path, key],
    message: 'Extra inputs are not permitted',
    params: { type: 'extra_forbidden' },
    input: given[key],
  }))
}

function partOf(given: unknown, path: (string | number)[]): unknown {
  return path.reduce<unknown>((part, name) => Object(part)[name], given)
}

function wordsOf(issue: Issue): Words {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? { type: `${issue.expected}_type`, msg: issue.message }
    case 'too_small':
      return boundOf(issue, Number(issue.minimum), LEAST)
    case 'too_big':
      return boundOf(issue, Number(issue.maximum), MOST)
    case 'invalid_value': {
      const expected = enumerate(issue.values.map(String))
      return { type: 'enum', msg: `Input should be ${expected}`, ctx: { expected } }
    }
    case 'invalid_format':
      return formatOf(issue)
    case 'custom': {
      const { type, ctx } = issue.params ?? {}
      return type === undefined ? valueError(issue.message) : { type, msg: issue.message, ctx }
    }
    default:
      return valueError(issue.message)
  }
}

/** What Pydantic makes of a ValueError that a validator of the application raises. */
const valueError = (message: string): Words => ({
  type: 'value_error',
  msg: `Value error, ${message}`,
  ctx: { error: {} },
})

const TYPES: Record<string, Words> = {
  string: { type: 'string_type', msg: 'Input should be a valid string' },
  boolean: { type: 'bool_type', msg: 'Input should be a valid boolean' },
  int: { type: 'int_type', msg: 'Input should be a valid integer' },
  number: { type: 'float_type', msg: 'Input should be a valid number' },
  array: { type: 'list_type', msg: 'Input should be a valid list' },
  record: { type: 'dict_type', msg: 'Input should be a valid dictionary' },
  object: {
    type: 'model_attributes_type',
    msg: 'Input should be a valid dictionary or object to extract fields from',
  },
}

type Bounded = Extract<Issue, { code: 'too_small' | 'too_big' }>
type Side = {
  word: string
  text: string
  list: string
  short: string
  open: [string, string, string]
  closed: [string, string, string]
}
const LEAST: Side = {
  word: 'least',
  text: 'string_too_short',
  list: 'too_short',
  short: 'min_length',
  closed: ['greater_than_equal', 'greater than or equal to', 'ge'],
  open: ['greater_than', 'greater than', 'gt'],
}
const MOST: Side = {
  word: 'most',
  text: 'string_too_long',
  list: 'too_long',
  short: 'max_length',
  closed: ['less_than_equal', 'less than or equal to', 'le'],
  open: ['less_than', 'less than', 'lt'],
}

function boundOf({ origin, inclusive, input }: Bounded, bound: number, side: Side): Words {
  const plural = bound === 1 ? '' : 's'
  if (origin === 'string') {
    const msg = `String should have at ${side.word} ${bound} character${plural}`
    return { type: side.text, msg, ctx: { [side.short]: bound } }
  }
  if (origin === 'array') {
    const length = Array.isArray(input) ? input.length : 0
    return {
      type: side.list,
      msg: `List should have at ${side.word} ${bound} item${plural} after validation, not ${length}`,
      ctx: { field_type: 'List', [side.short]: bound, actual_length: length },
    }
  }
  const [type, words, name] = inclusive === false ? side.open : side.closed
  return { type, msg: `Input should be ${words} ${bound}`, ctx: { [name]: bound } }
}

function formatOf(issue: Extract<Issue, { code: 'invalid_format' }>): Words {
  if (issue.format === 'email') {
    const reason = whyNoEmail(String(issue.input))
    return {
      type: 'value_error',
      msg: `value is not a valid email address: ${reason}`,
      ctx: { reason },
    }
  }
  if (issue.format === 'regex') {
    const pattern = (issue.pattern ?? '').replace(/^\/|\/[a-z]*$/g, '')
    return {
      type: 'string_pattern_mismatch',
      msg: `String should match pattern '${pattern}'`,
      ctx: { pattern },
    }
  }
  return valueError(
    issue.format === 'text' ? 'must not hold control characters' : 'not in the right form',
  )
}

/** The reasons that Python's email-validator gives first. */
function whyNoEmail(address: string): string {
  const at = address.lastIndexOf('@')
  const local = address.slice(0, at)
  const domain = address.slice(at + 1)
  if (at < 0) return 'An email address must have an @-sign.'
  if (local === '') return 'There must be something before the @-sign.'
  if (domain === '') return 'There must be something after the @-sign.'
  if (local.includes(' '))
    return 'The email address contains invalid characters before the @-sign: SPACE.'
  if (local.startsWith('.')) return 'An email address cannot start with a period.'
  if (local.endsWith('.'))
    return 'An email address cannot have a period immediately before the @-sign.'
  if (/\s/.test(domain)) return 'The part after the @-sign contains invalid characters: SPACE.'
  if (!domain.includes('.'))
    return 'The part after the @-sign is not valid. It should have a period.'
  return 'The email address is not valid.'
}

/** `'a', 'b' or 'c'`. */
function enumerate(values: string[]): string {
  const quoted = values.map((value) => `'${value}'`)
  const last = quoted.pop() ?? ''
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`
}
