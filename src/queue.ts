import { type Context, createContext } from './context.ts'
import type { Bindings } from './env.ts'
import { buryMail, deliverMail } from './features/mail/deliver.ts'
import { type Delivery, Job } from './platform/jobs.ts'
import { createLog, describeError } from './platform/telemetry.ts'

// A message of a newer version may arrive during a rolling deploy; by then the new code is there.
const UNKNOWN_RETRY_SECONDS = 60
const BROKEN_RETRY_SECONDS = 30

type Feature = {
  run: (ctx: Context, id: string) => Promise<Delivery>
  /** The queue has given up on it. */
  bury: (ctx: Context, id: string) => Promise<void>
}

const JOBS: Record<Job['kind'], Feature> = {
  'mail.send': { run: deliverMail, bury: buryMail },
}

/** Hands each message to its feature and settles each by itself. */
export async function consume(batch: MessageBatch, env: Bindings): Promise<void> {
  const isDead = batch.queue.endsWith('-dead')
  for (const message of batch.messages) {
    await (isDead ? bury(message, env) : work(message, env))
  }
}

async function work(message: Message, env: Bindings): Promise<void> {
  await settle(message, env, 'queue', async (ctx, job) => {
    const delivery = await JOBS[job.kind].run(ctx, job.id)
    if (delivery.done) message.ack()
    else message.retry({ delaySeconds: delivery.retryAfterSeconds })
  })
}

async function bury(message: Message, env: Bindings): Promise<void> {
  await settle(message, env, 'dead-letters', async (ctx, job) => {
    await JOBS[job.kind].bury(ctx, job.id)
    message.ack()
  })
}

async function settle(
  message: Message,
  env: Bindings,
  name: 'queue' | 'dead-letters',
  act: (ctx: Context, job: Job) => Promise<void>,
): Promise<void> {
  const fields = { message: message.id, attempts: message.attempts }
  try {
    const ctx = createContext(env, { type: 'system', job: name }, { requestId: message.id })
    const job = Job().safeParse(message.body)
    if (job.success) return await act(ctx, job.data)
    ctx.log('error', 'queue.unknown_message', { queue: name, ...fields })
    if (name === 'dead-letters') message.ack()
    else message.retry({ delaySeconds: UNKNOWN_RETRY_SECONDS })
  } catch (error) {
    createLog(fields)('error', 'queue.failed', { queue: name, ...describeError(error) })
    message.retry({ delaySeconds: BROKEN_RETRY_SECONDS })
  }
}
