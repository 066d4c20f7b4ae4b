import type * as z from 'zod/mini'
import type { Policy } from '../core/actor.ts'
import type { Lazy } from '../core/lazily.ts'
import type { LimitPolicy } from '../core/limits.ts'
import type { Route } from './routes.ts'

/** Groups of operations in the document. */
export const TAGS = {
  auth: 'Sign in and out, recover and prove',
  users: 'Accounts: your own, and all of them for the admin',
  profiles: 'The people of the studio',
  projects: 'What the studio made',
  posts: 'What the studio writes, and its tags',
  catalog: 'What the studio sells: categories, products, variants and their stock',
  comments: 'What visitors say',
  reactions: 'What visitors like',
  media: 'Images and videos',
  discounts: 'Codes that make a cart cheaper',
  items: 'An example resource that belongs to whoever made it',
  audit: 'Who did what',
  subscribers: 'Who hears of what is new',
  checkout: 'What a cart comes to, and how it is paid',
  orders: 'What was bought, and what the payment provider told of it',
  contact: 'Messages from visitors, and what the studio answers',
  analytics: 'What sells, how long the stock lasts, and what is read',
  search: 'Find what is published by its words',
  mail: 'What was sent, what waits, and what failed',
  system: 'Whether it runs, and how it is called',
} as const
export type Tag = keyof typeof TAGS

/** `form` is an upload; `fields` are plain and may come in place of JSON. */
export type Target = 'json' | 'form' | 'fields' | 'query' | 'param'

export type Description = {
  /** The operationId: what a generated client calls the method. */
  id: string
  tag: Tag
  summary: string
  description?: string
  /** Answers by status: a JSON schema, a media type for anything else, null for no body. */
  returns: Record<number, Lazy<z.ZodMiniType> | string | null>
  /** Statuses of refusals beyond those that follow from guards and schemas. */
  refuses?: number[]
  /** Headers that it reads beside those that follow from guards, and what they are for. */
  headers?: Record<string, string>
  /** Limits that the service counts, beside those of the guards. */
  limits?: LimitPolicy[]
  /** Query parameters that nobody declared are passed over, as for links that are opened from mail. */
  anyQuery?: boolean
}

/** What a middleware says of the operation that it stands in. */
export type Mark = {
  description?: Description
  policy?: Policy
  limits?: LimitPolicy[]
  stepUp?: boolean
  idempotent?: boolean
  schemas?: Partial<Record<Target, Lazy<z.ZodMiniType>>>
  /** Called once at start with the whole operation. */
  link?: (operation: Operation) => void
}

export type Operation = {
  method: string
  /** As Hono writes it: `/contact/messages/:id`. */
  path: string
  description: Description
  policy: Policy
  limits: LimitPolicy[]
  idempotent: boolean
  stepUp: boolean
  schemas: Partial<Record<Target, Lazy<z.ZodMiniType>>>
}

const marks = new WeakMap<object, Mark>()

export function mark<Handler extends object>(handler: Handler, note: Mark): Handler {
  marks.set(handler, note)
  return handler
}

type Marked = { method: string; path: string; notes: Mark[] }

/** Routes with what their middleware says of itself. */
export const withMarks = (routes: readonly Route[]): Marked[] =>
  routes.map(({ method, path, handlers }) => ({
    method,
    path,
    notes: handlers.flatMap((handler) => marks.get(handler) ?? []),
  }))

/**
 * Operations of our own API, put together from what their middleware says of itself. Throws when one
 * has no description or no policy: a route that nobody thought about is not served. Dialects are
 * contracts of others, documented elsewhere; src/dialects/mount.ts collects theirs.
 */
export const collectOperations = (routes: readonly Route[]): Operation[] =>
  withMarks(routes).map(toOperation)

function toOperation({ method, path, notes }: Marked): Operation {
  const limits: LimitPolicy[] = []
  const schemas: Operation['schemas'] = {}
  let description: Description | undefined
  let policy: Policy | undefined
  let [idempotent, stepUp] = [false, false]
  for (const note of notes) {
    description ??= note.description
    policy ??= note.policy
    idempotent ||= note.idempotent ?? false
    stepUp ||= note.stepUp ?? false
    if (note.limits) limits.push(...note.limits)
    Object.assign(schemas, note.schemas)
  }
  if (!description || !policy) throw new Error(`${method} ${path} needs describe() and allow()`)
  if (description.limits) limits.push(...description.limits)
  const operation = { method, path, description, policy, limits, idempotent, stepUp, schemas }
  for (const note of notes) note.link?.(operation)
  return operation
}
