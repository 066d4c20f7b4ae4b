import * as z from 'zod/mini'
import { email, line, paragraphs } from '../../core/fields.ts'
import { lazily } from '../../core/lazily.ts'
import { CONTACT_REQUESTS } from '../../features/contact/limits.ts'
import {
  markMessage,
  type NumberedMessage,
  removeNumbered,
  sliceInbox,
} from '../../features/contact/numbered.ts'
import { sendMessage } from '../../features/contact/send.ts'
import { countInbox } from '../../features/contact/service.ts'
import { limit } from '../../http/guards.ts'
import { createRoutes } from '../../http/routes.ts'
import { flag, int } from '../fastapi/fields.ts'
import { takes } from '../fastapi/takes.ts'
import { toPythonTime } from '../fastapi/time.ts'
import { guard } from './audience.ts'
import { lost } from './words.ts'

/** The contact form and the inbox. */
export const messageRoutes = createRoutes()

/** The front end's form may leave the subject empty, which version 2 of the API refuses. */
const Letter = lazily(() =>
  z.object({
    name: line(2, 100),
    email: email(),
    subject: z.nullish(line(0, 200)),
    message: paragraphs(10, 5000),
  }),
)

messageRoutes.post(
  '/contact/',
  guard('anyone'),
  limit(CONTACT_REQUESTS),
  takes({ json: Letter }),
  async (c) => {
    const { subject, ...letter } = c.req.valid('json')
    await sendMessage(c.get('ctx'), { ...letter, ...(subject && { subject }) })
    return c.json(
      {
        message: 'Message received successfully',
        detail: "Thank you for contacting me. I'll get back to you soon!",
      },
      201,
    )
  },
)

const MessageId = lazily(() => z.object({ message_id: int() }))
const Listing = lazily(() =>
  z.object({
    skip: z._default(int({ min: 0 }), 0),
    limit: z._default(int({ min: 1, max: 100 }), 25),
    read: z.optional(flag()),
  }),
)
const Mark = lazily(() => z.object({ read: flag() }))

const toMessage = (message: NumberedMessage) => ({
  name: message.name,
  email: message.email,
  subject: message.subject ?? '',
  message: message.message,
  id: message.number,
  created_at: toPythonTime(message.created_at),
  read: message.is_read,
})

const noMessage = lost('Message not found')

messageRoutes.get('/messages/', guard('admin'), takes({ query: Listing }), async (c) => {
  const { read, ...slice } = c.req.valid('query')
  return c.json((await sliceInbox(c.get('ctx'), slice, read)).map(toMessage))
})

messageRoutes.get('/messages/stats', guard('admin'), async (c) => {
  const { total, unread } = await countInbox(c.get('ctx'))
  return c.json({ total_messages: total, unread_count: unread })
})

messageRoutes.patch(
  '/messages/:message_id',
  guard('admin'),
  takes({ param: MessageId, json: Mark }),
  async (c) => {
    const { message_id: id } = c.req.valid('param')
    const marked = markMessage(c.get('ctx'), id, c.req.valid('json').read)
    return c.json(toMessage(await marked.catch(noMessage)))
  },
)

messageRoutes.delete(
  '/messages/:message_id',
  guard('admin'),
  takes({ param: MessageId }),
  async (c) => {
    await removeNumbered(c.get('ctx'), c.req.valid('param').message_id).catch(noMessage)
    return c.body(null, 204)
  },
)
