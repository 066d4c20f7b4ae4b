import * as z from 'zod'
import {
  email,
  instant,
  pageOf,
  pageQuery,
  queryFlag,
  rowId,
  searchTerm,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { SuppressionView } from '../mail/schemas.ts'
import { SUBSCRIBER_STATUSES } from './kinds.ts'

export { ACCEPTED, Accepted, SecretOnly } from '../auth/schemas.ts'
export { SuppressionView } from '../mail/schemas.ts'

export const Subscribe = lazily(() =>
  z
    .strictObject({ email: email() })
    .meta({ id: 'Subscribe', example: { email: 'ann@example.org' } }),
)
export type Subscribe = Made<typeof Subscribe>

const token = () =>
  z
    .string()
    .max(80)
    .regex(/^[\w.-]+$/)
    .meta({ description: 'As in the link of a newsletter.' })

export const Unsubscribe = lazily(() =>
  z.strictObject({ token: token() }).meta({ id: 'Unsubscribe' }),
)
export type Unsubscribe = Made<typeof Unsubscribe>

/** The address in the List-Unsubscribe header, to which mail programs post a form (RFC 8058). */
export const OneClickQuery = lazily(() => z.strictObject({ token: token().optional() }))
export const OneClick = lazily(() =>
  z.strictObject({ 'List-Unsubscribe': z.literal('One-Click') }).meta({ id: 'OneClick' }),
)

export const SubscriberView = lazily(() =>
  z
    .object({
      id: z.int(),
      email: z.string().max(254),
      status: z.enum(SUBSCRIBER_STATUSES),
      created_at: instant(),
      confirmed_at: instant().nullable(),
    })
    .meta({ id: 'Subscriber' }),
)
export type SubscriberView = Made<typeof SubscriberView>

export const SubscriberPage = lazily(() => pageOf(SubscriberView()).meta({ id: 'SubscriberPage' }))

const count = () => z.int().min(0)

export const SubscriberStats = lazily(() =>
  z
    .object({
      total: count(),
      pending: count(),
      confirmed: count().meta({ description: 'Who gets newsletters: without what is suppressed.' }),
      unsubscribed: count(),
      suppressed: count().meta({
        description:
          'Addresses, subscribed or not, whose mail came back or whose owner complained.',
      }),
    })
    .meta({ id: 'SubscriberStats' }),
)
export type SubscriberStats = Made<typeof SubscriberStats>

export const SuppressionPage = lazily(() =>
  pageOf(SuppressionView()).meta({ id: 'SuppressionPage' }),
)

/** As providers report it, which is more than we take ourselves. */
export const SuppressedAddress = lazily(() => z.object({ email: z.string().max(254) }))

export const ListSuppressions = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    q: searchTerm().optional().meta({ description: 'Looks through the addresses.' }),
    count: queryFlag().optional(),
  }),
)
export type ListSuppressions = Made<typeof ListSuppressions>

export const SubscriberId = lazily(() => z.object({ id: rowId() }))

const status = lazily(() => z.enum(SUBSCRIBER_STATUSES).optional())

export const ListSubscribers = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    status: status(),
    q: searchTerm().optional().meta({ description: 'Looks through the addresses.' }),
    count: queryFlag().optional(),
  }),
)
export type ListSubscribers = Made<typeof ListSubscribers>

export const ExportSubscribers = lazily(() => z.strictObject({ status: status() }))
export type ExportSubscribers = Made<typeof ExportSubscribers>
