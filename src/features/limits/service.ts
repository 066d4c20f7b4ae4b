import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { mac } from '../../core/crypto.ts'
import { AppError } from '../../core/errors.ts'
import type { LimitPolicy } from '../../core/limits.ts'
import { inChunks } from '../../db/chunks.ts'
import { deleteLimitsBefore, findLimit, hasOneLeft, takeOne } from './repo.ts'

/** Counts one use by `subject` in its own round trip. Throws `rate_limited` when none is left. */
export async function spend(ctx: Context, policy: LimitPolicy, subject: string): Promise<void> {
  const [taken, kept] = await ctx.db.batch([
    take(ctx, policy, subject),
    findLimit(ctx.db, keyOf(ctx, policy, subject)),
  ])
  note(ctx, policy, kept[0])
  if (taken.length === 0) throw refusal(ctx, policy)
}

/** The same as a statement for the caller's batch; it changes a row only when one was left. */
export function take(
  ctx: Context,
  policy: LimitPolicy,
  subject: string,
  condition: SQL = sql`true`,
) {
  const quota = scaled(ctx, policy)
  const windowMs = policy.windowSeconds * 1000
  return takeOne(ctx.db, keyOf(ctx, policy, subject), quota, Date.now(), windowMs, condition)
}

/** True while `subject` has one left, for the condition of something else. */
export const hasRoom = (ctx: Context, policy: LimitPolicy, subject: string): SQL =>
  hasOneLeft(keyOf(ctx, policy, subject), scaled(ctx, policy), Date.now())

/** Reads the counter behind take(), so that a refusal can say when to come back. */
export const peek = (ctx: Context, policy: LimitPolicy, subject: string) =>
  findLimit(ctx.db, keyOf(ctx, policy, subject))

/** Makes the counter known to whoever writes the RateLimit headers. */
export function note(
  ctx: Context,
  policy: LimitPolicy,
  row: { used: number; resetsAt: number } | undefined,
) {
  ctx.quotas.push({
    policy: policy.name,
    limit: scaled(ctx, policy),
    windowSeconds: policy.windowSeconds,
    used: row?.used ?? 0,
    resetsAt: row?.resetsAt ?? Date.now() + policy.windowSeconds * 1000,
  })
}

/** The refusal for a policy that note() has seen. */
export function refusal(ctx: Context, policy: LimitPolicy): AppError {
  const quota = ctx.quotas.find((one) => one.policy === policy.name)
  const seconds = Math.max(1, Math.ceil(((quota?.resetsAt ?? 0) - Date.now()) / 1000))
  const limit = `${scaled(ctx, policy)} in ${policy.windowSeconds} seconds`
  const detail = `The limit ${policy.name} (${limit}) is used up. Try again in ${seconds} seconds.`
  return new AppError('rate_limited', detail, { retryAfter: seconds })
}

export async function forgetLimits(ctx: Context): Promise<void> {
  const now = Date.now()
  await inChunks((limit) => deleteLimitsBefore(ctx.db, now, limit))
}

const scaled = (ctx: Context, policy: LimitPolicy): number =>
  Math.ceil(policy.quota * ctx.settings.RATE_LIMIT_SCALE)

const keyOf = (ctx: Context, policy: LimitPolicy, subject: string): string =>
  `${policy.name}:${mac(ctx.settings.SECRET_KEY, 'pseudonym', subject, 16)}`
