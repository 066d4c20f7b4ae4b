import { type Context, createContext } from './context.ts'
import type { Bindings } from './env.ts'
import { forgetOldAudit } from './features/audit/service.ts'
import { forgetOldDevices } from './features/auth/devices.ts'
import { forgetAttempts } from './features/auth/lockout.ts'
import { forgetSessions } from './features/auth/sessions.ts'
import { renderProductsAnew, tellLowStock } from './features/catalog/service.ts'
import { expireOrders, resolveCheckouts } from './features/checkout/service.ts'
import { forgetOldComments } from './features/comments/service.ts'
import { forgetOldMessages } from './features/contact/service.ts'
import { forgetAnswers } from './features/idempotency/service.ts'
import { forgetLimits } from './features/limits/service.ts'
import { sweepOutbox } from './features/mail/deliver.ts'
import { forgetOldMails } from './features/mail/service.ts'
import { sweepFiles } from './features/media/files.ts'
import { reconcileFiles } from './features/media/reconcile.ts'
import { forgetPayloads, resolveRefunds, retryEvents } from './features/orders/service.ts'
import { publishDuePosts, renderPostsAnew } from './features/posts/service.ts'
import { renderProfilesAnew } from './features/profiles/service.ts'
import { renderProjectsAnew } from './features/projects/service.ts'
import { forgetPending, sendNewsletters } from './features/subscribers/service.ts'
import { describeError } from './platform/telemetry.ts'

type Task = (ctx: Context) => Promise<void>

/** Schedule -> tasks by name. The schedules are those of wrangler.toml; a test compares them. */
export const SCHEDULE: Record<string, Record<string, Task>> = {
  '* * * * *': {
    'outbox.sweep': sweepOutbox,
    'payments.retry': retryEvents,
    'refunds.resolve': resolveRefunds,
    'posts.publish': publishDuePosts,
    'newsletters.send': sendNewsletters,
    'posts.render': renderPostsAnew,
    'files.sweep': sweepFiles,
    'checkout.expire': expireOrders,
    'profiles.render': renderProfilesAnew,
    'projects.render': renderProjectsAnew,
    'products.render': renderProductsAnew,
    'stock.tell': tellLowStock,
    // Last: while the provider is silent it takes its time.
    'checkout.resolve': resolveCheckouts,
  },
  '17 3 * * *': {
    'messages.forget': forgetOldMessages,
    'comments.forget': forgetOldComments,
    'mails.forget': forgetOldMails,
    'payments.forget': forgetPayloads,
    'subscribers.forget': forgetPending,
    'sessions.forget': forgetSessions,
    'devices.forget': forgetOldDevices,
    'attempts.forget': forgetAttempts,
    'audit.forget': forgetOldAudit,
    'limits.forget': forgetLimits,
    'answers.forget': forgetAnswers,
    'files.reconcile': reconcileFiles,
  },
}

/** Runs every task of a schedule; one that fails does not keep the others from running. */
export async function runSchedule(cron: string, env: Bindings): Promise<void> {
  const failed: string[] = []
  for (const [job, task] of Object.entries(SCHEDULE[cron] ?? {})) {
    const ctx = createContext(env, { type: 'system', job })
    try {
      await task(ctx)
    } catch (error) {
      failed.push(job)
      ctx.log('error', 'cron.failed', { job, ...describeError(error) })
    }
  }
  if (failed.length > 0) throw new Error(`Failed: ${failed.join(', ')}`)
}
