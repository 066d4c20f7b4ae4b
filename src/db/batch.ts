import type { BatchResponse } from 'drizzle-orm/batch'
import type { Db, Statement } from './client.ts'

/** A batch of statements that only act, and behind them those whose answers are wanted. */
export async function batchBehind<T extends [Statement, ...Statement[]]>(
  db: Db,
  acting: Statement[],
  answering: T,
): Promise<BatchResponse<T>> {
  const all: Statement[] = [...acting, ...answering]
  // There is at least one, which the type of an array does not say.
  const answers: unknown[] = await db.batch(all as T)
  return answers.slice(acting.length) as BatchResponse<T>
}
