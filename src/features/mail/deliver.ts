import type { Context } from '../../context.ts'
import { unseal } from '../../core/crypto.ts'
import { MINUTE, SECOND } from '../../core/time.ts'
import type { Delivery } from '../../platform/jobs.ts'
import { MailRefused, MailUnavailable, type OutgoingMail } from '../../platform/mailer/index.ts'
import { describeError } from '../../platform/telemetry.ts'
import { MAILS, MailPayload } from './kinds.ts'
import { headerValue, renderMail } from './render.ts'
import {
  claimMail,
  findMail,
  markExhausted,
  markFailed,
  markForRetry,
  markSent,
  takeOverdue,
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

const DONE: Delivery = { done: true }
/** A queue waits twelve hours at most; a message that comes before its mail is due is sent back. */
const later = (seconds: number): Delivery => ({
  done: false,
  retryAfterSeconds: Math.min(Math.max(1, Math.ceil(seconds)), MAX_DELAY_SECONDS),
})

/** Sends one mail of the outbox. Safe to run any number of times for the same mail. */
export async function deliverMail(ctx: Context, uid: string): Promise<Delivery> {
  const now = Date.now()
  const [row] = await claimMail(ctx.db, uid, now, now + LEASE_MS)
  if (!row) return await afterLostClaim(ctx, uid, now)
  if (row.attempts > MAX_ATTEMPTS) return await giveUp(ctx, row, 'Every attempt broke off')
  try {
    await ctx.mailer.send(await toMail(ctx, row))
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

/**
 * Only a refusal is final. What this isolate cannot do another may: while a new version or a new
 * secret rolls out, mails of the new one reach isolates of the old.
 */
async function afterFailure(ctx: Context, row: OutboxRow, error: unknown): Promise<Delivery> {
  if (error instanceof MailRefused) return await giveUp(ctx, row, error.message, error)
  const reason = error instanceof MailUnavailable ? error.message : 'The mail could not be made'
  if (row.attempts >= MAX_ATTEMPTS) {
    await giveUp(ctx, row, `${reason}; given up after ${row.attempts} attempts`, error)
    // One more delivery than the queue allows: this is how the message gets to the dead letters.
    return later(1)
  }
  const fields = { mail: row.uid, attempt: row.attempts, ...describeError(error) }
  ctx.log('warn', 'mail.attempt_failed', fields)
  const asked = error instanceof MailUnavailable ? error.retryAfter : null
  const seconds = delayAfter(row.attempts, asked)
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
  const fields = { mail: row.uid, attempt: row.attempts, reason }
  ctx.log('error', 'mail.failed', { ...fields, ...(error ? describeError(error) : {}) })
  return DONE
}

/** Up to a tenth of jitter, so that mails that failed together do not come back together. */
function delayAfter(attempt: number, asked: number | null): number {
  const planned = RETRY_AFTER_SECONDS[attempt - 1] ?? 0
  return Math.ceil(Math.max(planned * (1 + Math.random() / 10), asked ?? 0))
}

async function toMail(ctx: Context, row: OutboxRow): Promise<OutgoingMail> {
  const sealed = await unseal(ctx.settings.keys, row.uid, row.payload ?? '')
  const payload = MailPayload().parse(JSON.parse(sealed))
  const kind = MAILS[row.kind]
  if (!kind) throw new Error(`A newer version knows ${row.kind}`)
  const model = kind.model().parse(payload.model)
  const template = await ctx.assets.mailTemplate(kind.template)
  return {
    id: row.uid,
    from: ctx.settings.MAIL_FROM,
    to: headerValue(payload.to),
    replyTo: payload.reply_to === null ? null : headerValue(payload.reply_to),
    subject: headerValue(row.subject),
    headers: Object.fromEntries(
      Object.entries(payload.headers).map(([name, value]) => [name, headerValue(value)]),
    ),
    ...renderMail(ctx.settings, template, row.subject, model),
    createdAt: row.createdAt,
  }
}

/** Brings mails back to the queue that were never queued, got lost, or were left by a dead consumer. */
export async function sweepOutbox(ctx: Context): Promise<void> {
  const now = Date.now()
  const overdue = await takeOverdue(ctx.db, now - OVERDUE_MS, now, SWEPT_AT_ONCE)
  if (overdue.length === 0) return
  await wakeMailer(
    ctx,
    overdue.map((row) => row.uid),
  )
  ctx.log('info', 'outbox.swept', { mails: overdue.length })
}

/** The queue has given up on this mail. */
export async function buryMail(ctx: Context, uid: string): Promise<void> {
  await markExhausted(ctx.db, uid, MAX_ATTEMPTS, 'Every attempt failed')
  ctx.log('error', 'mail.dead_letter', { mail: uid })
}
