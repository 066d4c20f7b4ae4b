import { createApp } from './app.ts'
import { runSchedule } from './cron.ts'
import type { Bindings } from './env.ts'
import { createLog } from './platform/telemetry.ts'
import { consume } from './queue.ts'
import { warmUp } from './warm-up.ts'

const app = createApp()
if (!(__DEV__ || (await warmUp(app)))) createLog({})('warn', 'warm-up.failed')

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
  queue: (batch, env) => consume(batch, env),
  scheduled: (controller, env) => runSchedule(controller.cron, env),
} satisfies ExportedHandler<Bindings>
