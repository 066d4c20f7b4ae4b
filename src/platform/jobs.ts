import * as z from 'zod/mini'
import { lazily, type Made } from '../core/lazily.ts'

/** What travels through the queue: a kind and an id, never content. `v` guards rolling deploys. */
export const Job = lazily(() =>
  z.strictObject({
    v: z.literal(1),
    kind: z.enum(['mail.send']),
    id: z.uuid(),
  }),
)
export type Job = Made<typeof Job>

/** What to do with a queue message: nothing more, or bring it again after a while. */
export type Delivery = { done: true } | { done: false; retryAfterSeconds: number }

export type Jobs = {
  send(jobs: Omit<Job, 'v'>[]): Promise<void>
}

const BATCH = 100

export function openJobs(queue: Queue): Jobs {
  return {
    async send(jobs) {
      for (let start = 0; start < jobs.length; start += BATCH) {
        await queue.sendBatch(
          jobs.slice(start, start + BATCH).map((job) => ({ body: { v: 1, ...job } })),
        )
      }
    },
  }
}
