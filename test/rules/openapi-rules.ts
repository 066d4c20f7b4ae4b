/** A parsed OpenAPI document, of which the rules look at a part only. */
export type Document = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, unknown> }
}

type Operation = {
  operationId?: string
  'x-policy'?: string
  security?: Record<string, unknown>[]
  parameters?: { in: string; name: string; schema?: Schema }[]
  requestBody?: { content: Record<string, { schema?: Schema }> }
  responses: Record<string, { description: string; content?: Record<string, unknown> }>
}

export type Schema = {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  format?: string
  pattern?: string
  maxLength?: number
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  exclusiveMaximum?: number
  items?: Schema
  maxItems?: number
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  propertyNames?: Schema
  maxProperties?: number
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
}

const BOUNDED_FORMATS = ['uuid', 'date', 'date-time']

/** Where the document promises less than the house asks for, one sentence each. */
export function violations(document: Document, policies: readonly string[]): string[] {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )
  const ids = operations.map(({ operation }) => operation.operationId ?? '')
  return [
    ...ids
      .filter((id, index) => id !== '' && ids.indexOf(id) !== index)
      .map((id) => `${id} names two operations`),
    ...operations.flatMap(({ method, path, operation }) =>
      faultsOf(operation, document, policies).map((fault) => `${method} ${path} ${fault}`),
    ),
  ]
}

function faultsOf(operation: Operation, document: Document, policies: readonly string[]): string[] {
  const { operationId, 'x-policy': policy, security } = operation
  const schemes = (security ?? []).flatMap((one) => Object.keys(one))
  const isOpen = schemes.length === 0
  return [
    ...(/^[a-z]\w*$/i.test(operationId ?? '') ? [] : ['has no operationId']),
    ...(policies.includes(policy ?? '') ? [] : ['has no policy that is known']),
    ...(security === undefined ? ['does not say who may call'] : []),
    ...(policy !== undefined && isOpen !== (policy === 'anyone')
      ? ['says one thing by its policy and another by its security']
      : []),
    ...schemes
      .filter((name) => !(name in document.components.securitySchemes))
      .map((name) => `uses the security scheme ${name}, which is not described`),
    ...responseFaults(operation),
    ...inputsOf(operation).flatMap(([name, schema]) => unbounded(schema, name, document)),
  ]
}

function responseFaults({ responses, requestBody, parameters, security }: Operation): string[] {
  const given = Object.keys(responses)
  const due = [
    '400',
    '500',
    '503',
    ...(security?.length ? ['401'] : []),
    ...(requestBody ? ['413', '415', '422'] : []),
    ...(parameters?.some((one) => one.in === 'query') ? ['422'] : []),
    ...(parameters?.some((one) => one.in === 'path') ? ['404'] : []),
  ]
  const refusals = Object.entries(responses).filter(([status]) => Number(status) >= 400)
  return [
    ...(given.some((status) => status < '300') ? [] : ['has no answer for when all is well']),
    ...due.filter((status) => !given.includes(status)).map((status) => `hides its ${status}`),
    ...refusals
      .filter(([, { content = {} }]) => !('application/problem+json' in content))
      .map(([status]) => `answers ${status} with something else than a problem`),
    ...refusals
      .filter(([, { description }]) => description === 'OK')
      .map(([status]) => `calls its ${status} OK`),
  ]
}

function inputsOf({ parameters, requestBody }: Operation): [string, Schema][] {
  return [
    ...(parameters ?? []).map((one): [string, Schema] => [one.name, one.schema ?? {}]),
    ...Object.values(requestBody?.content ?? {}).map((one): [string, Schema] => [
      'body',
      one.schema ?? {},
    ]),
  ]
}

/** Every place in a schema of input that takes as much as one likes to send. */
export function unbounded(schema: Schema, at: string, document: Document): string[] {
  const inner = (one: Schema, name: string) => unbounded(one, name, document)
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/components/schemas/', '')
    return inner(document.components.schemas[name] ?? {}, at)
  }
  if (schema.enum !== undefined || schema.const !== undefined) return []
  const choices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  if (choices.length > 0) return choices.flatMap((one) => inner(one, at))
  const types = [schema.type ?? []].flat()
  if (types.length === 0) return [`takes anything as ${at}`]
  return types.flatMap((type) => {
    switch (type) {
      case 'string':
        return hasLength(schema) ? [] : [`takes text of any length as ${at}`]
      case 'integer':
      case 'number':
        return hasRange(schema) ? [] : [`takes a number of any size as ${at}`]
      case 'array':
        return [
          ...(schema.maxItems === undefined ? [`takes any number of items as ${at}`] : []),
          ...inner(schema.items ?? {}, `${at}[]`),
        ]
      case 'object':
        return [
          ...(isClosed(schema) ? [] : [`takes unknown keys in ${at}`]),
          ...(typeof schema.additionalProperties === 'object'
            ? inner(schema.additionalProperties, `${at}{}`)
            : []),
          ...Object.entries(schema.properties ?? {}).flatMap(([name, one]) =>
            inner(one, `${at}.${name}`),
          ),
        ]
      default:
        return []
    }
  })
}

/** It takes no names but its own, or so many of a bounded length. */
const isClosed = ({ additionalProperties, propertyNames, maxProperties }: Schema): boolean =>
  additionalProperties === false ||
  (maxProperties !== undefined && propertyNames !== undefined && hasLength(propertyNames))

const hasLength = ({ maxLength, format, pattern }: Schema): boolean =>
  maxLength !== undefined ||
  BOUNDED_FORMATS.includes(format ?? '') ||
  (pattern !== undefined && isBounded(pattern))

const hasRange = ({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Schema): boolean =>
  (minimum ?? exclusiveMinimum) !== undefined && (maximum ?? exclusiveMaximum) !== undefined

/** True for a pattern that stands for the whole text and repeats nothing without end. */
function isBounded(pattern: string): boolean {
  const bare = pattern.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x')
  return /^\^.*\$$/.test(bare) && !/[*+]|\{\d*,\}/.test(bare)
}
