import * as z from 'zod/mini'
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi'
import type { Policy } from '../core/actor.ts'
import { upTo } from '../core/fields.ts'
import { type Lazy, lazily } from '../core/lazily.ts'
import { meta } from '../core/meta.ts'
import { BLANKS } from './documents.ts'
import { type Operation, TAGS } from './operations.ts'
import { FIELD_TYPES } from './or-form.ts'
import { PROBLEMS, Problem } from './problem.ts'

const written = new WeakMap<Operation[], string>()

/** The OpenAPI 3.1 document as JSON text, made once from the schemas that validate; see fillIn(). */
export function writeDocument(operations: Operation[], version: string): string {
  const text = written.get(operations) ?? JSON.stringify(toDocument(operations, version))
  written.set(operations, text)
  return text
}

function toDocument(operations: Operation[], version: string) {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  for (const operation of operations) {
    const path = operation.path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: toOperation(operation) }
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: BLANKS.title,
        version,
        description:
          'Refusals are problem+json (RFC 9457) with a stable `code`. Lists page by cursor. Times are UTC.',
      },
      servers: [{ url: BLANKS.origin }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      security: [],
      paths,
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      },
    },
    // What a query's numbers are stands in their own metadata.
    { allowEmptySchema: { transform: true } },
  )
}

function toOperation(operation: Operation): ZodOpenApiOperationObject {
  const { description, schemas, policy } = operation
  const parameters = {
    path: asObject(schemas.param?.()) ?? pathParameters(operation.path),
    query: asObject(schemas.query?.()),
    header: headersOf(operation),
  }
  return {
    operationId: description.id,
    tags: [description.tag],
    summary: description.summary,
    description: [description.description, ...notes(operation)].filter(Boolean).join('\n\n'),
    'x-policy': policy,
    security: policy === 'anyone' ? [] : [{ bearer: [] }],
    requestParams: Object.fromEntries(Object.entries(parameters).filter(([, schema]) => schema)),
    ...bodyOf(operation),
    responses: toResponses(operation),
  }
}

function bodyOf({ schemas }: Operation): Pick<ZodOpenApiOperationObject, 'requestBody'> {
  const { json, form, fields } = schemas
  const content = {
    ...(json && { 'application/json': { schema: json() } }),
    ...(form && { 'multipart/form-data': { schema: form() } }),
    ...(fields && Object.fromEntries(FIELD_TYPES.map((type) => [type, { schema: fields() }]))),
  }
  return json || form || fields ? { requestBody: { required: true, content } } : {}
}

const isTagged = ({ description }: Operation): boolean =>
  description.returns[304] !== undefined || Boolean(description.refuses?.includes(412))

function headersOf(operation: Operation): z.ZodMiniObject | undefined {
  const header = (max: number, text: string) =>
    z
      .optional(z.string().check(z.minLength(1), z.maxLength(max)))
      .apply(meta, { description: text })
  const { returns, refuses, headers: further = {} } = operation.description
  const headers = {
    ...Object.fromEntries(Object.entries(further).map(([name, text]) => [name, header(255, text)])),
    ...(operation.idempotent && {
      'Idempotency-Key': header(255, 'The same key and body get the same answer for 24 hours.'),
    }),
    ...(returns[304] !== undefined && {
      'If-None-Match': header(1000, 'The ETag that you have; 304 when it is still the one.'),
    }),
    ...(refuses?.includes(412) && {
      'If-Match': header(1000, 'The ETag that you read; 412 when it has changed since.'),
    }),
  }
  return Object.keys(headers).length > 0 ? z.object(headers) : undefined
}

const EtagHeader = lazily(() =>
  z.object({ ETag: upTo(100).apply(meta, { description: 'Its state.' }) }),
)
const RetryHeader = lazily(() =>
  z.object({
    'Retry-After': upTo(10).apply(meta, { description: 'Seconds to wait.' }),
  }),
)

const WHO = {
  anyone: 'anyone',
  user: 'whoever is signed in',
  owner: 'the owner, or an admin',
  admin: 'an admin',
} satisfies Record<Policy, string>

function notes({ policy, limits, stepUp }: Operation): string[] {
  return [
    `Who may call: ${WHO[policy]}.`,
    ...(stepUp ? ['Needs a step-up: the password proven within the last five minutes.'] : []),
    ...limits.map((one) => `Limit ${one.name}: ${one.quota} in ${one.windowSeconds} s per source.`),
  ]
}

function toResponses(operation: Operation): ZodOpenApiResponsesObject {
  const { description } = operation
  const responses: ZodOpenApiResponsesObject = {}
  for (const [status, body] of Object.entries(description.returns)) {
    responses[status as '200'] = {
      description: MEANING[Number(status)] ?? 'OK',
      ...(isTagged(operation) && status === '200' && { headers: EtagHeader() }),
      ...contentOf(body),
    }
  }
  for (const status of refusalsOf(operation)) {
    const name = String(status) as '400'
    responses[name] = {
      description: titleOf(status),
      ...((status === 429 || status === 503) && { headers: RetryHeader() }),
      ...responses[name],
      content: {
        ...contentOf(description.returns[status] ?? null).content,
        'application/problem+json': { schema: Problem() },
      },
    }
  }
  return responses
}

const MEANING: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'Done',
  206: 'A part of it',
  304: 'Not modified',
  503: 'Something does not answer',
}

function contentOf(
  body: Lazy<z.ZodMiniType> | string | null,
): Pick<ZodOpenApiResponseObject, 'content'> {
  if (body === null) return {}
  if (typeof body === 'string') return { content: { [body]: {} } }
  return { content: { 'application/json': { schema: body() } } }
}

/** Every refusal that a caller may meet, from what guards and schemas stand in the operation. */
function refusalsOf({ policy, schemas, limits, stepUp, description, method }: Operation): number[] {
  const isWrite = method !== 'GET'
  return [
    400,
    ...(policy === 'anyone' ? [] : [401]),
    ...(policy === 'admin' || stepUp ? [403] : []),
    ...(schemas.param ? [404] : []),
    ...(schemas.json || schemas.form ? [413, 415] : []),
    ...(description.anyQuery ? [] : [422]),
    ...(isWrite || limits.length > 0 ? [429] : []),
    500,
    503,
    ...(description.refuses ?? []),
  ].sort()
}

const titleOf = (status: number): string =>
  Object.values(PROBLEMS).find((problem) => problem.status === status)?.title ?? 'Refused'

function pathParameters(path: string): z.ZodMiniObject | undefined {
  const names = Array.from(path.matchAll(/:(\w+)/g), (match) => match[1] ?? '')
  if (names.length === 0) return undefined
  return z.object(Object.fromEntries(names.map((name) => [name, upTo(200)])))
}

const asObject = (schema: z.ZodMiniType | undefined): z.ZodMiniObject | undefined =>
  schema instanceof z.ZodMiniObject ? schema : undefined
