import * as z from 'zod/mini'
import { createApp } from './app.ts'
import { pageQuery } from './core/fields.ts'
import { runSchedule } from './cron.ts'
import type { Bindings } from './env.ts'
import { consume } from './queue.ts'

const app = createApp()
// What is made when it is first used is used at the start, so that the first visitor does not wait for
// it: the router, and the kinds of schemas that a list's query is made of.
app.router.match('GET', '/')
z.strictObject(pageQuery()).safeParse({})

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
  queue: (batch, env) => consume(batch, env),
  scheduled: (controller, env) => runSchedule(controller.cron, env),
} satisfies ExportedHandler<Bindings>
