import type { Context } from '../../context.ts'
import { LATEST_MIGRATION } from '../../db/migration.ts'
import { describeError } from '../../platform/telemetry.ts'
import { findMigration } from './repo.ts'
import type { HealthView, ReadinessView } from './schemas.ts'
import { VERSION } from './version.ts'

export const readHealth = (ctx: Context): HealthView => ({
  status: 'healthy',
  app: ctx.settings.STUDIO_NAME,
  version: VERSION,
  message: 'The service runs. /health/ready tells whether what it needs does too.',
})

/** Asks everything that Atelier needs, all at once. */
export async function readReadiness(ctx: Context): Promise<ReadinessView> {
  const [d1, kv, r2, queue] = await Promise.all([
    check(ctx, 'd1', async () => {
      const found = await findMigration(ctx.db, LATEST_MIGRATION)
      if (found.length === 0) throw new Error('A migration is missing')
    }),
    check(ctx, 'kv', ctx.probes.kv),
    check(ctx, 'r2', ctx.probes.r2),
    check(ctx, 'queue', ctx.probes.queue),
  ])
  const ready = d1.ok && kv.ok && r2.ok && queue.ok
  return {
    status: ready ? 'ready' : 'not_ready',
    checks: { d1, kv, r2, queue },
    warnings: ctx.settings.warnings,
  }
}

async function check(ctx: Context, name: string, probe: () => Promise<unknown>) {
  const start = Date.now()
  try {
    await probe()
    return { ok: true, ms: Date.now() - start }
  } catch (error) {
    ctx.log('error', 'readiness.failed', { check: name, ...describeError(error) })
    return { ok: false, ms: Date.now() - start }
  }
}
