import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { mac } from '../../core/crypto.ts'
import { AppError } from '../../core/errors.ts'
import type { LimitPolicy } from '../../core/limits.ts'
import { inChunks } from '../../db/chunks.ts'
import { deleteLimits, deleteLimitsBefore, findLimit, hasLeft, takeUse, type Use } from './repo.ts'

/**
 * Counts one use by `subject` against each policy in one round trip. Throws `rate_limited` when one
 * of them has none left.
 */
export async function spend(ctx: Context, policies: LimitPolicy[], subject: string): Promise<void> {
  // Each is taken only where all have one left, so that a refusal by one costs nothing of the others.
  const room = sql.join(
    policies.map((policy) => hasRoom(ctx, policy, subject)),
    sql` and `,
  )
  const [first, ...rest] = takeEach(ctx, policies, subject, room)
  const [only] = policies
  if (!first || !only) return
  const kept = policies.map((policy) => peek(ctx, policy, subject))
  const results = await ctx.db.batch([first, ...rest, ...kept])
  const used = results.slice(policies.length)
  for (const [index, policy] of policies.entries()) note(ctx, policy, used[index]?.[0])
  if (results[0]?.length === 0) throw refusal(ctx, longest(ctx, policies) ?? only)
}

/** Of the policies that are used up, as note() has seen them, the one that is so for longest. */
export function longest(ctx: Context, policies: LimitPolicy[]): LimitPolicy | undefined {
  const amounts = new Map(policies.map(({ name, amount = 1 }) => [name, amount]))
  const full = ctx.quotas.filter(
    ({ policy, used, limit }) => used + (amounts.get(policy) ?? 1) > limit,
  )
  const last = full.toSorted((a, b) => b.resetsAt - a.resetsAt)[0]
  return policies.find((policy) => policy.name === last?.policy)
}

/**
 * Takes one of each policy in turn, as statements for a batch: behind them changes() tells whether
 * all of them had one left.
 */
export const takeEach = (ctx: Context, policies: LimitPolicy[], subject: string, condition: SQL) =>
  policies.map((policy, index) =>
    take(ctx, policy, subject, index === 0 ? condition : sql`changes() > 0`),
  )

/** The same as a statement for the caller's batch; it changes a row only when enough was left. */
export function take(
  ctx: Context,
  policy: LimitPolicy,
  subject: string,
  condition: SQL = sql`true`,
) {
  return takeUse(ctx.db, useOf(ctx, policy, subject), Date.now(), condition)
}

/** True while `subject` has enough left, for the condition of something else. */
export const hasRoom = (ctx: Context, policy: LimitPolicy, subject: string): SQL =>
  hasLeft(useOf(ctx, policy, subject), Date.now())

/** Reads the counter behind take(), so that a refusal can say when to come back. */
export const peek = (ctx: Context, policy: LimitPolicy, subject: string) =>
  findLimit(ctx.db, { key: keyOf(ctx, policy, subject) })

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

/** Gives `subject` all of each policy back. */
export const release = (ctx: Context, policies: LimitPolicy[], subject: string, condition: SQL) =>
  deleteLimits(
    ctx.db,
    policies.map((policy) => keyOf(ctx, policy, subject)),
    condition,
  )

export async function forgetLimits(ctx: Context): Promise<void> {
  const now = Date.now()
  await inChunks((limit) => deleteLimitsBefore(ctx.db, now, limit))
}

const useOf = (ctx: Context, policy: LimitPolicy, subject: string): Use => ({
  key: keyOf(ctx, policy, subject),
  quota: scaled(ctx, policy),
  amount: policy.amount ?? 1,
  windowMs: policy.windowSeconds * 1000,
})

const scaled = (ctx: Context, policy: LimitPolicy): number =>
  Math.ceil(policy.quota * ctx.settings.RATE_LIMIT_SCALE)

const keyOf = (ctx: Context, policy: LimitPolicy, subject: string): string =>
  `${policy.name}:${mac(ctx.settings.SECRET_KEY, 'pseudonym', subject, 16)}`
