import * as z from 'zod/mini'
import type { Context } from '../../context.ts'
import { seal, unseal } from '../../core/crypto.ts'
import { conflict, malformed, notFound } from '../../core/errors.ts'
import { newUid } from '../../core/ids.ts'
import { lazily } from '../../core/lazily.ts'
import type { Page } from '../../core/page.ts'
import { DAY, iso, isoOrNull, MINUTE } from '../../core/time.ts'
import { batchBehind } from '../../db/batch.ts'
import { inChunks } from '../../db/chunks.ts'
import { readPage } from '../../db/page.ts'
import type { PaymentEvent } from '../../platform/payments/index.ts'
import { describeError } from '../../platform/telemetry.ts'
import { auditEntry } from '../audit/service.ts'
import type { ListPaymentEvents, PaymentEventView } from './admin-schemas.ts'
import { type Claim, readClaim, UnreadableEvent } from './claims.ts'
import {
  claimDueEvents,
  claimEvent,
  claimForReplay,
  countEvents,
  erasePayloads,
  findEvent,
  keepEvent,
  listEvents,
  type ShownEvent,
} from './inbox-repo.ts'
import { type Held, putOff, workOn } from './inbox-work.ts'
import { findOrderOf } from './repo.ts'

/** Longer than any one event takes, and all that one run of the timer takes together. */
const LEASE_MS = 2 * MINUTE
const DUE_AT_ONCE = 50

/**
 * Takes an event of the payment provider: keeps it, and does what it says in one batch with the mark
 * that it is done. One that is kept already, done or in other hands, is answered alike. Throws
 * `malformed` for a wrong signature, and whatever broke, so that the provider sends it again.
 */
export async function takeEvent(
  ctx: Context,
  signature: string | undefined,
  read: () => Promise<Uint8Array>,
): Promise<void> {
  const { payments } = ctx
  if (!payments) throw notFound('Address')
  const body = new TextDecoder().decode(await read())
  const event = await payments.readEvent(body, signature)
  if (!event) throw malformed('The signature is not valid.')
  const claim = claimOf(event)
  if (claim === null) return
  const now = Date.now()
  const uid = newUid()
  const payload = await seal(ctx.settings.keys, uid, JSON.stringify(event))
  const [[held], [order]] = await batchBehind(
    ctx.db,
    [
      keepEvent(ctx.db, {
        uid,
        eventId: event.id,
        type: event.type,
        status: 'received',
        subject: claim instanceof Error ? null : claim.subject,
        payload,
        // Whatever becomes of this request, the timer comes upon it.
        dueAt: now + MINUTE,
        eventAt: event.createdAt,
        createdAt: now,
      }),
    ],
    [claimEvent(ctx.db, event.id, now, now + LEASE_MS), findOrderOf(ctx.db, nameIn(claim))],
  )
  if (held) await workSafely(ctx, held, () => workOn(ctx, held, { event, claim, order }))
}

/** What the event says; null when it is of no concern, an error when nobody can tell. */
export function claimOf(event: PaymentEvent): Claim | UnreadableEvent | null {
  try {
    return readClaim(event)
  } catch (error) {
    if (error instanceof UnreadableEvent) return error
    throw error
  }
}

const nameIn = (claim: Claim | UnreadableEvent) => {
  if (claim instanceof Error) return { uid: '' }
  return claim.kind === 'session' ? { uid: claim.orderUid } : { paymentIntent: claim.paymentIntent }
}

/** Puts an event off when its work breaks, and lets the caller know. */
async function workSafely(ctx: Context, held: Held, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    ctx.log('error', 'payments.event_failed', { event: held.eventId, ...describeError(error) })
    await putOff(ctx, held, 'It broke on the way. The log says how.').catch(() => undefined)
    throw error
  }
}

/** Reads an event that was kept, and works on it. */
async function workAgain(ctx: Context, held: Held, { quiet }: { quiet: boolean }): Promise<void> {
  const event = await openEvent(ctx, held)
  const claim = claimOf(event)
  const [order] = await findOrderOf(ctx.db, claim ? nameIn(claim) : { uid: '' })
  await workOn(ctx, held, { event, claim, order, quiet })
}

const Kept = lazily(() =>
  z.object({
    id: z.string(),
    type: z.string(),
    createdAt: z.number(),
    isLive: z.boolean(),
    account: z.nullable(z.string()),
    object: z.record(z.string(), z.unknown()),
  }),
)

const openEvent = async ({ settings }: Context, held: Held): Promise<PaymentEvent> =>
  Kept().parse(JSON.parse(await unseal(settings.keys, held.uid, held.payload ?? '')))

/** Works on what has come too early, or failed, and is due again. */
export async function retryEvents(ctx: Context): Promise<void> {
  const now = Date.now()
  const due = await claimDueEvents(ctx.db, now, now + LEASE_MS, DUE_AT_ONCE)
  for (const held of due.toSorted((a, b) => a.id - b.id)) {
    await workSafely(ctx, held, () => workAgain(ctx, held, { quiet: false })).catch(() => undefined)
  }
}

/**
 * Works on an event once more, whatever became of it: what it has done already it does not do again.
 * Throws `conflict` while somebody else works on it, and when its content is erased.
 */
export async function replayEvent(ctx: Context, uid: string): Promise<PaymentEventView> {
  const now = Date.now()
  const [[present], [held]] = await ctx.db.batch([
    findEvent(ctx.db, uid),
    claimForReplay(ctx.db, uid, now, now + LEASE_MS),
    auditEntry(ctx, 'payment.replay', { entity: 'payment_event', id: uid }),
  ])
  if (!present) throw notFound('Event')
  if (!held) throw conflict('It is being worked on, or its content was erased.')
  await workSafely(ctx, held, () => workAgain(ctx, held, { quiet: true }))
  const [row] = await findEvent(ctx.db, uid)
  if (!row) throw notFound('Event')
  return toEventView(row)
}

export const listPaymentEvents = (
  ctx: Context,
  filter: ListPaymentEvents,
): Promise<Page<PaymentEventView>> =>
  readPage<ShownEvent, PaymentEventView>(ctx, 'payments.events', filter, {
    rows: (before) => listEvents(ctx.db, filter, before),
    count: () => countEvents(ctx.db, filter),
    view: toEventView,
  })

/** What was told of a payment names its buyer. */
export async function forgetPayloads(ctx: Context): Promise<void> {
  const keep = ctx.settings.KEEP_PAYMENT_EVENTS_DAYS
  if (keep === 0) return
  const before = Date.now() - keep * DAY
  await inChunks((limit) => erasePayloads(ctx.db, before, limit))
}

export const toEventView = (row: ShownEvent): PaymentEventView => ({
  id: row.uid,
  event_id: row.eventId,
  type: row.type,
  subject: row.subject,
  status: row.status,
  order_id: row.orderUid,
  attempts: row.attempts,
  error: row.lastError,
  event_at: iso(row.eventAt),
  created_at: iso(row.createdAt),
  done_at: isoOrNull(row.doneAt),
  next_try_at: isoOrNull(row.dueAt),
})
