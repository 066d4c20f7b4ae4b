import { sendNotification } from '../../features/mail/service.ts'
import { readMe } from '../../features/users/service.ts'
import { createRoutes } from '../../http/routes.ts'
import { takes } from '../fastapi/takes.ts'
import type { Dialect } from '../mount.ts'
import { answerInBoth, TRACE_HEADERS, traced } from './answers.ts'
import { guard } from './audience.ts'
import { authRoutes } from './auth.ts'
import { Notification, toUser } from './shapes.ts'
import { userRoutes } from './users.ts'

const docRoutes = createRoutes()

docRoutes.get('/profile', guard('user'), async (c) => {
  const { view } = await readMe(c.get('ctx'))
  return c.json(toUser(view, c.get('ctx').actor))
})

// For admins: open to all it would mail anything to anybody.
docRoutes.post('/send-notification', guard('admin'), takes({ query: Notification }), async (c) => {
  const { email: to, message } = c.req.valid('query')
  await sendNotification(c.get('ctx'), { to, message })
  return c.json({ message: 'Notification queued' })
})

const healthRoutes = createRoutes()

healthRoutes.get('/health', guard('anyone'), (c) => c.json({ status: 'ok' }))

/** The rest_angular administration, whose front end is written in Angular: fastapi-users' contract. */
export const restAngular: Dialect = {
  name: 'rest-angular',
  parts: {
    '/api': [healthRoutes, authRoutes, userRoutes, docRoutes],
    // The original's document does not say that they stand under /api.
    '/': [docRoutes],
  },
  crossOrigin: { credentials: true, exposes: TRACE_HEADERS },
  around: traced,
  answer: answerInBoth,
}
