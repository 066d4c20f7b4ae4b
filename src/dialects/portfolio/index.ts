import { createRoutes } from '../../http/routes.ts'
import type { Dialect } from '../mount.ts'
import { guard } from './audience.ts'
import { authRoutes } from './auth.ts'
import { blogRoutes } from './blog.ts'
import { commentRoutes } from './comments.ts'
import { mediaRoutes } from './media.ts'
import { messageRoutes } from './messages.ts'
import { profileRoutes } from './profile.ts'
import { projectRoutes } from './projects.ts'
import { reactionRoutes } from './reactions.ts'
import { securityRoutes } from './security.ts'
import { subscriberRoutes } from './subscribers.ts'
import { answer } from './words.ts'

const NAME = 'Portfolio API'
const VERSION = '1.0.0'

const rootRoutes = createRoutes()

rootRoutes.get('/', guard('anyone'), (c) =>
  c.json({ message: NAME, version: VERSION, docs: '/api/v1/docs' }),
)
rootRoutes.get('/health', guard('anyone'), (c) =>
  c.json({ status: 'healthy', app: NAME, version: VERSION }),
)

/** The site of one person with projects and a blog, whose front end is written in Angular. */
export const portfolio: Dialect = {
  name: 'portfolio',
  parts: {
    '/': [rootRoutes],
    '/api/v1': [
      authRoutes,
      securityRoutes,
      profileRoutes,
      projectRoutes,
      blogRoutes,
      commentRoutes,
      mediaRoutes,
      reactionRoutes,
      subscriberRoutes,
      messageRoutes,
    ],
  },
  crossOrigin: { credentials: true },
  answer,
}
