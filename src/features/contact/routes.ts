import { describe } from '../../http/describe.ts'
import { ifMatch, sendTagged } from '../../http/etag.ts'
import { allow, limit } from '../../http/guards.ts'
import { idempotent } from '../../http/idempotency.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import { CONTACT_MESSAGES, CONTACT_REQUESTS } from './limits.ts'
import {
  FileMessage,
  ListMessages,
  MessageId,
  MessagePage,
  MessageStats,
  MessageView,
  ReceivedView,
  ReplyToMessage,
  ReplyView,
  SendMessage,
} from './schemas.ts'
import * as contact from './service.ts'

const tag = 'contact'

export const contactRoutes = createRoutes()

contactRoutes.post(
  '/',
  describe({
    id: 'sendMessage',
    tag,
    summary: 'Write to the studio',
    description: 'The studio gets a mail, the visitor a confirmation once a day.',
    returns: { 202: ReceivedView },
    limits: [CONTACT_MESSAGES],
  }),
  allow('anyone'),
  limit(CONTACT_REQUESTS),
  validate('json', SendMessage),
  idempotent(),
  async (c) => c.json(await contact.sendMessage(c.get('ctx'), c.req.valid('json')), 202),
)

contactRoutes.get(
  '/messages',
  describe({
    id: 'listMessages',
    tag,
    summary: 'The inbox, newest first',
    returns: { 200: MessagePage },
  }),
  allow('admin'),
  validate('query', ListMessages),
  async (c) => c.json(await contact.listInbox(c.get('ctx'), c.req.valid('query')), 200),
)

contactRoutes.get(
  '/messages/stats',
  describe({
    id: 'countMessages',
    tag,
    summary: 'How many messages there are',
    returns: { 200: MessageStats },
  }),
  allow('admin'),
  async (c) => c.json(await contact.countInbox(c.get('ctx')), 200),
)

contactRoutes.get(
  '/messages/:id',
  describe({
    id: 'readMessage',
    tag,
    summary: 'One message with its thread',
    returns: { 200: MessageView, 304: null },
  }),
  allow('admin'),
  validate('param', MessageId),
  async (c) => sendTagged(c, await contact.readMessage(c.get('ctx'), c.req.valid('param').id)),
)

contactRoutes.patch(
  '/messages/:id',
  describe({
    id: 'fileMessage',
    tag,
    summary: 'Mark a message',
    returns: { 200: MessageView },
    refuses: [412],
  }),
  allow('admin'),
  validate('param', MessageId),
  validate('json', FileMessage),
  async (c) => {
    const { id } = c.req.valid('param')
    return sendTagged(
      c,
      await contact.moveMessage(c.get('ctx'), id, c.req.valid('json'), ifMatch(c)),
    )
  },
)

contactRoutes.delete(
  '/messages/:id',
  describe({
    id: 'deleteMessage',
    tag,
    summary: 'Delete a message and its thread',
    returns: { 204: null },
    refuses: [412],
  }),
  allow('admin'),
  validate('param', MessageId),
  async (c) => {
    await contact.removeMessage(c.get('ctx'), c.req.valid('param').id, ifMatch(c))
    return c.body(null, 204)
  },
)

contactRoutes.post(
  '/messages/:id/reply',
  describe({
    id: 'replyToMessage',
    tag,
    summary: 'Answer by mail',
    description:
      'The answer is kept in the thread. A message that was unread is read from then on.',
    returns: { 201: ReplyView },
  }),
  allow('admin'),
  validate('param', MessageId),
  validate('json', ReplyToMessage),
  idempotent((c) => contact.messagePath(c.req.param('id') ?? '')),
  async (c) => {
    const { id } = c.req.valid('param')
    const reply = await contact.replyToMessage(c.get('ctx'), id, c.req.valid('json'))
    return c.json(reply, 201, { location: contact.messagePath(id) })
  },
)
