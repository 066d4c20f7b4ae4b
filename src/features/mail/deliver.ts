import type { Context } from '../../context.ts'
import { unseal } from '../../core/crypto.ts'
import { MINUTE, SECOND } from '../../core/time.ts'
import { MailRefused, MailUnavailable, type OutgoingMail } from '../../platform/mailer/index.ts'
import { describeError } from '../../platform/telemetry.ts'
import { MAILS, MailPayload } from './kinds.ts'
import { headerValue, renderMail } from './render.ts'
import {
  claimMail,
  findMail,
  findOverdue,
  markExhausted,
  markFailed,
  markForRetry,
  markSent,
  postponeSweep,
} from './repo.ts'
import { wakeMailer } from './service.ts'
import type { OutboxRow } from './table.ts'

/** Seconds to wait after each failed attempt. wrangler.toml's `max_retries` is their number. */
export const RETRY_AFTER_SECONDS = [30, 120, 600, 3600, 21_600] as const
const MAX_ATTEMPTS = RETRY_AFTER_SECONDS.length + 1
const MAX_DELAY_SECONDS = 12 * 3600

// The provider has 10 s; the rest is for D1 on both sides of the call.
const LEASE_MS = 60 * SECOND
const OVERDUE_MS = 2 * MINUTE
const SWEPT_AT_ONCE = 500

/** What to do with the queue message: nothing more, or bring it again after a while. */
export type Delivery = { done: true } | { done: false; retryAfterSeconds: number }

const DONE: Delivery = { done: true }
const later = (seconds: number): Delivery => ({
  done: false,
  retryAfterSeconds: Math.max(1, Math.ceil(seconds)),
})

/** Sends one mail of the outbox. Safe to run any number of times for the same mail. */
export async function deliverMail(ctx: Context, uid: string): Promise<Delivery> {
  const now = Date.now()
  const [row] = await claimMail(ctx.db, uid, now, now + LEASE_MS)
  if (!row) return await afterLostClaim(ctx, uid, now)
  if (row.attempts > MAX_ATTEMPTS) return await giveUp(ctx, row, 'Every attempt broke off')
  let mail: OutgoingMail
  try {
    mail = await toMail(ctx, row)
  } catch (error) {
    return await giveUp(
      ctx,
      row,
      error instanceof MailRefused ? error.message : 'The mail could not be made',
      error,
    )
  }
  try {
    await ctx.mailer.send(mail)
  } catch (error) {
    return await afterFailure(ctx, row, error)
  }
  await markSent(ctx.db, uid, row.attempts, Date.now())
  return DONE
}

/** A message whose mail is not due yet comes again; one whose mail is settled or taken is done. */
async function afterLostClaim(ctx: Context, uid: string, now: number): Promise<Delivery> {
  const row = await findMail(ctx.db, uid)
  return row?.status === 'queued' && row.dueAt > now ? later((row.dueAt - now) / SECOND) : DONE
}

async function afterFailure(ctx: Context, row: OutboxRow, error: unknown): Promise<Delivery> {
  if (error instanceof MailRefused) return await giveUp(ctx, row, error.message, error)
  const reason = error instanceof MailUnavailable ? error.message : 'The attempt broke off'
  if (row.attempts >= MAX_ATTEMPTS) {
    await giveUp(ctx, row, `${reason}; given up after ${row.attempts} attempts`, error)
    // One more delivery than the queue allows: this is how the message gets to the dead letters.
    return later(1)
  }
  ctx.log('warn', 'mail.attempt_failed', {
    mail: row.uid,
    attempt: row.attempts,
    ...describeError(error),
  })
  const seconds = delayAfter(
    row.attempts,
    error instanceof MailUnavailable ? error.retryAfter : null,
  )
  await markForRetry(ctx.db, row.uid, row.attempts, Date.now() + seconds * SECOND, reason)
  return later(seconds)
}

async function giveUp(
  ctx: Context,
  row: OutboxRow,
  reason: string,
  error?: unknown,
): Promise<Delivery> {
  await markFailed(ctx.db, row.uid, reason)
  ctx.log('error', 'mail.failed', {
    mail: row.uid,
    attempt: row.attempts,
    ...(error ? describeError(error) : {}),
  })
  return DONE
}

/** Up to a tenth of jitter, so that mails that failed together do not come back together. */
function delayAfter(attempt: number, retryAfter: number | null): number {
  const planned = RETRY_AFTER_SECONDS[attempt - 1] ?? MAX_DELAY_SECONDS
  const seconds = Math.max(planned * (1 + Math.random() / 10), retryAfter ?? 0)
  return Math.min(Math.ceil(seconds), MAX_DELAY_SECONDS)
}

async function toMail(ctx: Context, row: OutboxRow): Promise<OutgoingMail> {
  const sealed = await unseal(ctx.settings.keys, row.uid, row.payload ?? '')
  const payload = MailPayload.parse(JSON.parse(sealed))
  const model = MAILS[row.kind].model.parse(payload.model)
  return {
    id: row.uid,
    from: ctx.settings.MAIL_FROM,
    to: headerValue(payload.to),
    replyTo: payload.reply_to === null ? null : headerValue(payload.reply_to),
    subject: headerValue(row.subject),
    ...renderMail(ctx.settings, row.kind, row.subject, model),
    createdAt: row.createdAt,
  }
}

/** Brings mails back to the queue that were never queued, got lost, or were left by a dead consumer. */
export async function sweepOutbox(ctx: Context): Promise<void> {
  const now = Date.now()
  const overdue = await findOverdue(ctx.db, now - OVERDUE_MS, SWEPT_AT_ONCE)
  if (overdue.length === 0) return
  const uids = overdue.map((row) => row.uid)
  await postponeSweep(ctx.db, uids, now)
  await wakeMailer(ctx, uids)
  ctx.log('info', 'outbox.swept', { mails: uids.length })
}

/** The queue has given up on this mail. */
export async function buryMail(ctx: Context, uid: string): Promise<void> {
  await markExhausted(ctx.db, uid, MAX_ATTEMPTS, 'Every attempt failed')
  ctx.log('error', 'mail.dead_letter', { mail: uid })
}
