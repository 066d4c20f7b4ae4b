import { createContext } from './context.ts'
import type { Bindings } from './env.ts'
import { buryMail, deliverMail } from './features/mail/deliver.ts'
import { Job } from './platform/jobs.ts'
import { describeError } from './platform/telemetry.ts'

// A message of a newer version may arrive during a rolling deploy; by then the new code is there.
const UNKNOWN_RETRY_SECONDS = 60
const BROKEN_RETRY_SECONDS = 30

/** Hands each message to its feature and settles each by itself. */
export async function consume(batch: MessageBatch, env: Bindings): Promise<void> {
  const isDead = batch.queue.endsWith('-dead')
  for (const message of batch.messages) {
    await (isDead ? bury(message, env) : work(message, env))
  }
}

async function work(message: Message, env: Bindings): Promise<void> {
  const ctx = createContext(env, { type: 'system', job: 'queue' }, { requestId: message.id })
  const job = Job.safeParse(message.body)
  if (!job.success) {
    ctx.log('error', 'queue.unknown_message', { attempts: message.attempts })
    message.retry({ delaySeconds: UNKNOWN_RETRY_SECONDS })
    return
  }
  try {
    const delivery = await deliverMail(ctx, job.data.id)
    if (delivery.done) message.ack()
    else message.retry({ delaySeconds: delivery.retryAfterSeconds })
  } catch (error) {
    ctx.log('error', 'queue.failed', {
      job: job.data.kind,
      id: job.data.id,
      ...describeError(error),
    })
    message.retry({ delaySeconds: BROKEN_RETRY_SECONDS })
  }
}

async function bury(message: Message, env: Bindings): Promise<void> {
  const ctx = createContext(env, { type: 'system', job: 'dead-letters' }, { requestId: message.id })
  const job = Job.safeParse(message.body)
  try {
    if (job.success) await buryMail(ctx, job.data.id)
    else ctx.log('error', 'queue.unknown_dead_letter')
    message.ack()
  } catch (error) {
    ctx.log('error', 'queue.bury_failed', describeError(error))
    message.retry({ delaySeconds: BROKEN_RETRY_SECONDS })
  }
}
