import * as z from 'zod'
import { createApp } from './app.ts'
import { pageQuery } from './core/fields.ts'
import { runSchedule } from './cron.ts'
import type { Bindings } from './env.ts'
import { consume } from './queue.ts'

const app = createApp()
// Nobody waits for a start, which goes on while a visitor's connection is made: here the router is built,
// and the kinds of schemas that every list's query is made of are prepared.
app.router.match('GET', '/')
z.strictObject(pageQuery()).safeParse({})

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
  queue: (batch, env) => consume(batch, env),
  scheduled: (controller, env) => runSchedule(controller.cron, env),
} satisfies ExportedHandler<Bindings>
