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
import { SUBSCRIBER_STATUSES } from './kinds.ts'

export { ACCEPTED, Accepted, SecretOnly } from '../auth/schemas.ts'

export const Subscribe = z
  .strictObject({ email: email() })
  .meta({ id: 'Subscribe', example: { email: 'ann@example.org' } })
export type Subscribe = z.output<typeof Subscribe>

const token = () =>
  z
    .string()
    .max(80)
    .regex(/^[\w.-]+$/)
    .meta({ description: 'As in the link of a newsletter.' })

export const Unsubscribe = z.strictObject({ token: token() }).meta({ id: 'Unsubscribe' })
export type Unsubscribe = z.output<typeof Unsubscribe>

/** The address in the List-Unsubscribe header, to which mail programs post a form (RFC 8058). */
export const OneClickQuery = z.strictObject({ token: token().optional() })
export const OneClick = z
  .strictObject({ 'List-Unsubscribe': z.literal('One-Click') })
  .meta({ id: 'OneClick' })

export const SubscriberView = z
  .object({
    id: z.int(),
    email: z.string().max(254),
    status: z.enum(SUBSCRIBER_STATUSES),
    created_at: instant(),
    confirmed_at: instant().nullable(),
  })
  .meta({ id: 'Subscriber' })
export type SubscriberView = z.infer<typeof SubscriberView>

export const SubscriberPage = pageOf(SubscriberView).meta({ id: 'SubscriberPage' })

const count = () => z.int().min(0)

export const SubscriberStats = z
  .object({
    total: count(),
    pending: count(),
    confirmed: count(),
    unsubscribed: count(),
    suppressed: count().meta({
      description: 'Addresses, subscribed or not, whose mail came back or whose owner complained.',
    }),
  })
  .meta({ id: 'SubscriberStats' })
export type SubscriberStats = z.infer<typeof SubscriberStats>

export const SubscriberId = z.object({ id: rowId() })

const status = z.enum(SUBSCRIBER_STATUSES).optional()

export const ListSubscribers = z.strictObject({
  ...pageQuery,
  status,
  q: searchTerm().optional().meta({ description: 'Looks through the addresses.' }),
  count: queryFlag().optional(),
})
export type ListSubscribers = z.output<typeof ListSubscribers>

export const ExportSubscribers = z.strictObject({ status })
export type ExportSubscribers = z.output<typeof ExportSubscribers>
