import * as z from 'zod/mini'
import {
  email,
  instant,
  pageOf,
  pageQuery,
  queryFlag,
  rowId,
  searchTerm,
  upTo,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { SuppressionView } from '../mail/schemas.ts'
import { SUBSCRIBER_STATUSES } from './kinds.ts'

export { ACCEPTED, Accepted, SecretOnly } from '../auth/schemas.ts'
export { SuppressionView } from '../mail/schemas.ts'

export const Subscribe = lazily(() =>
  z
    .strictObject({ email: email() })
    .apply(meta, { id: 'Subscribe', example: { email: 'ann@example.org' } }),
)
export type Subscribe = Made<typeof Subscribe>

const token = () =>
  z
    .string()
    .check(z.maxLength(80), z.regex(/^[\w.-]+$/))
    .apply(meta, { description: 'As in the link of a newsletter.' })

export const Unsubscribe = lazily(() =>
  z.strictObject({ token: token() }).apply(meta, { id: 'Unsubscribe' }),
)
export type Unsubscribe = Made<typeof Unsubscribe>

/** The address in the List-Unsubscribe header, to which mail programs post a form (RFC 8058). */
export const OneClickQuery = lazily(() => z.strictObject({ token: z.optional(token()) }))
export const OneClick = lazily(() =>
  z.strictObject({ 'List-Unsubscribe': z.literal('One-Click') }).apply(meta, { id: 'OneClick' }),
)

export const SubscriberView = lazily(() =>
  z
    .object({
      id: z.int(),
      email: upTo(254),
      status: z.enum(SUBSCRIBER_STATUSES),
      created_at: instant(),
      confirmed_at: z.nullable(instant()),
    })
    .apply(meta, { id: 'Subscriber' }),
)
export type SubscriberView = Made<typeof SubscriberView>

export const SubscriberPage = lazily(() =>
  pageOf(SubscriberView()).apply(meta, { id: 'SubscriberPage' }),
)

const count = () => z.int().check(z.gte(0))

export const SubscriberStats = lazily(() =>
  z
    .object({
      total: count(),
      pending: count(),
      confirmed: count().apply(meta, {
        description: 'Who gets newsletters: without what is suppressed.',
      }),
      unsubscribed: count(),
      suppressed: count().apply(meta, {
        description:
          'Addresses, subscribed or not, whose mail came back or whose owner complained.',
      }),
    })
    .apply(meta, { id: 'SubscriberStats' }),
)
export type SubscriberStats = Made<typeof SubscriberStats>

export const SuppressionPage = lazily(() =>
  pageOf(SuppressionView()).apply(meta, { id: 'SuppressionPage' }),
)

/** As providers report it, which is more than we take ourselves. */
export const SuppressedAddress = lazily(() => z.object({ email: upTo(254) }))

export const ListSuppressions = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    q: z.optional(searchTerm()).apply(meta, { description: 'Looks through the addresses.' }),
    count: z.optional(queryFlag()),
  }),
)
export type ListSuppressions = Made<typeof ListSuppressions>

export const SubscriberId = lazily(() => z.object({ id: rowId() }))

const status = lazily(() => z.optional(z.enum(SUBSCRIBER_STATUSES)))

export const ListSubscribers = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    status: status(),
    q: z.optional(searchTerm()).apply(meta, { description: 'Looks through the addresses.' }),
    count: z.optional(queryFlag()),
  }),
)
export type ListSubscribers = Made<typeof ListSubscribers>

export const ExportSubscribers = lazily(() => z.strictObject({ status: status() }))
export type ExportSubscribers = Made<typeof ExportSubscribers>
