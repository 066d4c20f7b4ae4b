import { and, count, desc, eq, inArray, isNotNull, lt, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import type { ListPaymentEvents } from './admin-schemas.ts'
import { orders, paymentEvents } from './table.ts'

/** An event that is there already stays as it is. */
export function keepEvent(db: Db, row: typeof paymentEvents.$inferInsert) {
  return db.insert(paymentEvents).values(row).onConflictDoNothing()
}

const taken = (leasedUntil: number) => ({
  attempts: sql`${paymentEvents.attempts} + 1`,
  leasedUntil,
})

const isFree = (now: number): SQL => sql`coalesce(${paymentEvents.leasedUntil}, 0) < ${now}`

/** Takes an event that is not settled, and nothing while another has it: of two with it one works. */
export function claimEvent(db: Db, eventId: string, now: number, leasedUntil: number) {
  return db
    .update(paymentEvents)
    .set(taken(leasedUntil))
    .where(and(eq(paymentEvents.eventId, eventId), isNotNull(paymentEvents.dueAt), isFree(now)))
    .returning()
}

/** The oldest that are due. */
export function claimDueEvents(db: Db, now: number, leasedUntil: number, limit: number) {
  const due = db
    .select({ id: paymentEvents.id })
    .from(paymentEvents)
    .where(and(sql`due_at is not null`, sql`due_at <= ${now}`, isFree(now)))
    .orderBy(paymentEvents.dueAt)
    .limit(limit)
  return db
    .update(paymentEvents)
    .set(taken(leasedUntil))
    .where(inArray(paymentEvents.id, due))
    .returning()
}

/** Takes an event whatever became of it, as long as its content is there. */
export function claimForReplay(db: Db, uid: string, now: number, leasedUntil: number) {
  return db
    .update(paymentEvents)
    .set({ ...taken(leasedUntil), status: 'received', dueAt: now, doneAt: null, lastError: null })
    .where(and(eq(paymentEvents.uid, uid), isNotNull(paymentEvents.payload), isFree(now)))
    .returning()
}

/** `attempts` guards against a worker that comes back after its lease has gone to another. */
const isOurs = ({ id, attempts }: { id: number; attempts: number }) =>
  and(
    eq(paymentEvents.id, id),
    eq(paymentEvents.attempts, attempts),
    isNotNull(paymentEvents.dueAt),
  )

type Held = { id: number; attempts: number }

export function markDone(db: Db, event: Held, orderId: number, now: number) {
  return db
    .update(paymentEvents)
    .set({ status: 'done', orderId, doneAt: now, dueAt: null, leasedUntil: null, lastError: null })
    .where(isOurs(event))
}

/** It will not be tried again by itself. */
export function markRefused(db: Db, event: Held, orderId: number | null, error: string) {
  return db
    .update(paymentEvents)
    .set({ status: 'failed', orderId, dueAt: null, leasedUntil: null, lastError: error })
    .where(isOurs(event))
}

export function markForRetry(db: Db, event: Held, dueAt: number, error: string) {
  return db
    .update(paymentEvents)
    .set({ status: 'failed', dueAt, leasedUntil: null, lastError: error })
    .where(isOurs(event))
}

const shown = {
  id: paymentEvents.id,
  uid: paymentEvents.uid,
  eventId: paymentEvents.eventId,
  type: paymentEvents.type,
  subject: paymentEvents.subject,
  status: paymentEvents.status,
  attempts: paymentEvents.attempts,
  lastError: paymentEvents.lastError,
  dueAt: paymentEvents.dueAt,
  eventAt: paymentEvents.eventAt,
  createdAt: paymentEvents.createdAt,
  doneAt: paymentEvents.doneAt,
  orderUid: sql<string | null>`(select orders.uid from orders where orders.id = order_id)`.as(
    'order_uid',
  ),
}

export function findEvent(db: Db, uid: string) {
  return db.select(shown).from(paymentEvents).where(eq(paymentEvents.uid, uid))
}

/** The newest that speak of an order. */
export function findEventsOf(db: Db, orderUid: string, limit: number) {
  return db
    .select(shown)
    .from(paymentEvents)
    .where(sql`${paymentEvents.orderId} = ${idOf(orderUid)}`)
    .orderBy(desc(paymentEvents.id))
    .limit(limit)
}

export function listEvents(db: Db, filter: ListPaymentEvents, before: number | undefined) {
  return db
    .select(shown)
    .from(paymentEvents)
    .where(and(matches(filter), before === undefined ? undefined : lt(paymentEvents.id, before)))
    .orderBy(desc(paymentEvents.id))
    .limit(filter.limit + 1)
}

export function countEvents(db: Db, filter: ListPaymentEvents) {
  return db.select({ count: count() }).from(paymentEvents).where(matches(filter))
}

const idOf = (orderUid: string): SQL =>
  sql`(select ${orders.id} from ${orders} where ${orders.uid} = ${orderUid})`

const matches = (filter: ListPaymentEvents) =>
  and(
    filter.status && eq(paymentEvents.status, filter.status),
    filter.type === undefined ? undefined : eq(paymentEvents.type, filter.type),
    filter.order === undefined ? undefined : sql`${paymentEvents.orderId} = ${idOf(filter.order)}`,
  )

/** Erases what settled events from before `before` said. */
export function erasePayloads(db: Db, before: number, limit: number) {
  const old = db
    .select({ id: paymentEvents.id })
    .from(paymentEvents)
    .where(and(sql`payload is not null`, lt(paymentEvents.createdAt, before), sql`due_at is null`))
    .orderBy(paymentEvents.createdAt)
    .limit(limit)
  return db
    .update(paymentEvents)
    .set({ payload: null })
    .where(inArray(paymentEvents.id, old))
    .returning({ id: paymentEvents.id })
}

export type ShownEvent = Awaited<ReturnType<typeof findEvent>>[number]
