import { createApp } from './app.ts'
import { runSchedule } from './cron.ts'
import type { Bindings } from './env.ts'
import { consume } from './queue.ts'

const app = createApp()
// Builds the router at the start, so that the first visitor does not wait for it.
app.router.match('GET', '/')

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
  queue: (batch, env) => consume(batch, env),
  scheduled: (controller, env) => runSchedule(controller.cron, env),
} satisfies ExportedHandler<Bindings>
