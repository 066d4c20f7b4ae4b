import * as z from 'zod/mini'
import { createApp } from './app.ts'
import { pageQuery } from './core/fields.ts'
import { runSchedule } from './cron.ts'
import type { Bindings } from './env.ts'
import { consume } from './queue.ts'

const app = createApp()
// Used once here, so that the first visitor does not wait for what their first use makes and compiles:
// the router, and the kinds of schemas that a list's query is made of.
app.router.match('GET', '/')
z.strictObject(pageQuery()).safeParse({})

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
  queue: (batch, env) => consume(batch, env),
  scheduled: (controller, env) => runSchedule(controller.cron, env),
} satisfies ExportedHandler<Bindings>
