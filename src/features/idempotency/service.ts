import { type SQL, sql } from 'drizzle-orm'
import type { Context, KeptAnswer } from '../../context.ts'
import { callerOf } from '../../core/actor.ts'
import { mac, seal, unseal } from '../../core/crypto.ts'
import { conflict, invalid } from '../../core/errors.ts'
import { DAY } from '../../core/time.ts'
import { inChunks } from '../../db/chunks.ts'
import type { Statement } from '../../db/client.ts'
import {
  deleteAnswer,
  deleteAnswersBefore,
  deleteExpired,
  findAnswer,
  insertAnswer,
} from './repo.ts'

// Sealed answers start with the number of their form.
const MADE = 'made:'

/**
 * Makes the request idempotent under the caller's key and returns the answer that was given under
 * it before, if any. Throws `validation` when that was to another body.
 */
export async function beginIdempotent(
  ctx: Context,
  operation: string,
  key: string,
  body: string,
): Promise<KeptAnswer | null> {
  const name = (text: string) => mac(ctx.settings.SECRET_KEY, 'pseudonym', text)
  const caller = callerOf(ctx.actor) || `source:${ctx.source}`
  ctx.idempotent = { key: name(`${caller}\n${operation}\n${key}`), fingerprint: name(body) }
  return findKept(ctx)
}

/** The answer kept under this request's key. */
export async function findKept(ctx: Context): Promise<KeptAnswer | null> {
  if (!ctx.idempotent) return null
  const row = await findAnswer(ctx.db, ctx.idempotent.key, Date.now())
  if (!row) return null
  if (row.fingerprint !== ctx.idempotent.fingerprint) {
    throw invalid([
      { path: 'Idempotency-Key', code: 'reused', message: 'This key was used with another body.' },
    ])
  }
  if (row.answer.startsWith(MADE)) {
    return { made: Number(row.answer.slice(MADE.length)), at: row.expiresAt - DAY }
  }
  try {
    return { body: await unseal(ctx.settings.keys, row.key, row.answer) }
  } catch {
    throw conflict('The answer under this key cannot be read any more. Use another key.')
  }
}

/**
 * The statements that keep an answer, for the batch of the effect that they answer for; none when
 * the request brought no key. `condition` says whether the effect took place.
 */
export async function keepAnswer(
  ctx: Context,
  view: unknown,
  condition: SQL,
): Promise<Statement[]> {
  if (!ctx.idempotent) return []
  const { key, fingerprint } = ctx.idempotent
  const now = Date.now()
  const answer = await seal(ctx.settings.keys, key, JSON.stringify(view))
  const row = { key, fingerprint, answer, expiresAt: now + DAY }
  return [deleteExpired(ctx.db, key, now), insertAnswer(ctx.db, row, condition)]
}

/**
 * The same where only the batch knows what it makes: the number of the row is kept, and a repeated
 * request is answered with the row as it is then.
 */
export function keepMade(ctx: Context, id: SQL, condition: SQL = sql`true`): Statement[] {
  if (!ctx.idempotent) return []
  const { key, fingerprint } = ctx.idempotent
  const now = Date.now()
  const row = { key, fingerprint, answer: sql`${MADE} || ${id}`, expiresAt: now + DAY }
  return [deleteExpired(ctx.db, key, now), insertAnswer(ctx.db, row, condition)]
}

/** Takes back what this request has kept, for the batch that undoes its effect. */
export const dropAnswer = (ctx: Context): Statement[] =>
  ctx.idempotent ? [deleteAnswer(ctx.db, ctx.idempotent.key)] : []

export async function forgetAnswers(ctx: Context): Promise<void> {
  const now = Date.now()
  await inChunks((limit) => deleteAnswersBefore(ctx.db, now, limit))
}
