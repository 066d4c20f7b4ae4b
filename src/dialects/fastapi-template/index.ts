import { sendTestMail } from '../../features/mail/service.ts'
import { fillIn } from '../../http/documents.ts'
import { createRoutes } from '../../http/routes.ts'
import { takes } from '../fastapi/takes.ts'
import { type Dialect, join } from '../mount.ts'
import { guard } from './audience.ts'
import { writeDocument } from './document.ts'
import { itemRoutes } from './items.ts'
import { loginRoutes } from './login.ts'
import { TestMail } from './shapes.ts'
import { userRoutes } from './users.ts'

const utilRoutes = createRoutes()

utilRoutes.post('/utils/test-email/', guard('admin'), takes({ query: TestMail }), async (c) => {
  await sendTestMail(c.get('ctx'), { to: c.req.valid('query').email_to }, 'dialect.test')
  return c.json({ message: 'Test email sent' }, 201)
})

utilRoutes.get('/utils/health-check/', guard('anyone'), (c) => c.json(true))

const parts = [loginRoutes, userRoutes, utilRoutes, itemRoutes]

export const DOCUMENT = 'fastapi-template'
export const writeOwnDocument = () => writeDocument(join({ '/': parts }))

const documentRoutes = createRoutes()

documentRoutes.get('/openapi.json', guard('anyone'), async (c) => {
  const { settings, assets } = c.get('ctx')
  const text = __DEV__ ? writeOwnDocument() : await assets.document(DOCUMENT)
  const { STUDIO_NAME: title, API_ORIGIN: origin } = settings
  return c.body(fillIn(text, { title, origin }), 200, { 'content-type': 'application/json' })
})

/** The FastAPI full-stack template, whose front end is written in React. */
export const fastapiTemplate: Dialect = {
  name: 'fastapi-template',
  parts: { '/api/v1': [...parts, documentRoutes] },
  crossOrigin: { credentials: true },
}
