import * as z from 'zod/mini'
import { lazily } from '../core/lazily.ts'
import { CONTACT_REQUESTS } from '../features/contact/limits.ts'
import { SendMessage } from '../features/contact/schemas.ts'
import { sendMessage } from '../features/contact/send.ts'
import { limit } from '../http/guards.ts'
import { createRoutes } from '../http/routes.ts'
import { open } from './fastapi/guard.ts'
import { takes } from './fastapi/takes.ts'
import type { Dialect } from './mount.ts'

// A portfolio on one page: it asks whether the back end lives and sends the contact form.

const routes = createRoutes()

const Letter = lazily(() => {
  const { name, email, message, company } = SendMessage().shape
  return z.object({ name, email, message, company: z.nullish(company) })
})

routes.get('/health', open, (c) =>
  c.json({ status: 'healthy', message: 'Portfolio API is running' }),
)

routes.post('/api/contact', open, limit(CONTACT_REQUESTS), takes({ json: Letter }), async (c) => {
  const { company, ...letter } = c.req.valid('json')
  await sendMessage(c.get('ctx'), { ...letter, ...(company && { company }) })
  return c.json({ success: true, message: 'Thank you for your message!' })
})

export const onedna: Dialect = {
  name: 'onedna',
  parts: { '/': [routes] },
  crossOrigin: { credentials: false, origins: '*' },
}
