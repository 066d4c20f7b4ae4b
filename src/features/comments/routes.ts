import { COMMENTED, capitalised, PLACES, thingPath } from '../../core/things.ts'
import { describe } from '../../http/describe.ts'
import { ifMatch, sendTagged } from '../../http/etag.ts'
import { allow, identify } from '../../http/guards.ts'
import { idempotent } from '../../http/idempotency.ts'
import { createRoutes } from '../../http/routes.ts'
import { sendListed } from '../../http/send.ts'
import { validate } from '../../http/validate.ts'
import { COMMENT_LIMITS } from './limits.ts'
import {
  AdminCommentPage,
  AdminCommentView,
  CommentId,
  CommentPage,
  CommentView,
  CommentWaits,
  CreateComment,
  FileComment,
  FileComments,
  FiledComments,
  ListComments,
  ListShown,
  ThingId,
} from './schemas.ts'
import * as comments from './service.ts'

const tag = 'comments'

type Answer = CommentView | CommentWaits

export const commentRoutes = createRoutes()

for (const type of COMMENTED) {
  const path = `/${PLACES[type]}/:id/comments` as const
  const listPath = (id: string | number) => `${thingPath({ type, id: Number(id) })}/comments`

  commentRoutes.get(
    path,
    describe({
      id: `list${capitalised(type)}Comments`,
      tag,
      summary: `Comments on a ${type}, newest first, each with its replies`,
      description: 'A page ends early where comments are long; `next_cursor` tells of more.',
      returns: { 200: CommentPage, 304: null },
    }),
    allow('anyone'),
    validate('param', ThingId),
    validate('query', ListShown),
    async (c) => {
      const thing = { type, id: c.req.valid('param').id }
      return sendListed(c, await comments.listOfThing(c.get('ctx'), thing, c.req.valid('query')))
    },
  )

  commentRoutes.post(
    path,
    describe({
      id: `comment${capitalised(type)}`,
      tag,
      summary: `Comment on a ${type}`,
      description:
        'A guest gives name and e-mail. 201 with the comment when it is shown at once, 202 when the studio looks at it first.',
      returns: { 201: CommentView, 202: CommentWaits },
      refuses: [401, 409],
      limits: COMMENT_LIMITS,
    }),
    allow('anyone'),
    identify,
    validate('param', ThingId),
    validate('json', CreateComment),
    idempotent<Answer>(
      (c, answer) => ('id' in answer ? listPath(c.req.param('id') ?? '') : undefined),
      (c, id, at) => comments.readMade(c.get('ctx'), id, at),
      (answer) => ('id' in answer ? 201 : 202),
    ),
    async (c) => {
      const { id } = c.req.valid('param')
      const answer = await comments.writeComment(c.get('ctx'), { type, id }, c.req.valid('json'))
      if (!('id' in answer)) return c.json(answer, 202)
      return c.json(answer, 201, { location: listPath(id) })
    },
  )
}

commentRoutes.get(
  '/comments',
  describe({
    id: 'listComments',
    tag,
    summary: 'All comments, newest first',
    description: 'What waits for a decision: `status=pending`.',
    returns: { 200: AdminCommentPage },
  }),
  allow('admin'),
  validate('query', ListComments),
  async (c) => c.json(await comments.listQueue(c.get('ctx'), c.req.valid('query')), 200),
)

commentRoutes.post(
  '/comments/bulk',
  describe({
    id: 'fileComments',
    tag,
    summary: 'Approve, withdraw, mark as spam or delete up to 100 comments',
    returns: { 200: FiledComments },
  }),
  allow('admin'),
  validate('json', FileComments),
  async (c) => c.json(await comments.moveComments(c.get('ctx'), c.req.valid('json')), 200),
)

commentRoutes.patch(
  '/comments/:id',
  describe({
    id: 'fileComment',
    tag,
    summary: 'Approve a comment, withdraw it or mark it as spam',
    returns: { 200: AdminCommentView },
    refuses: [412],
  }),
  allow('admin'),
  validate('param', CommentId),
  validate('json', FileComment),
  async (c) => {
    const { id } = c.req.valid('param')
    return sendTagged(
      c,
      await comments.moveComment(c.get('ctx'), id, c.req.valid('json'), ifMatch(c)),
    )
  },
)

commentRoutes.delete(
  '/comments/:id',
  describe({
    id: 'deleteComment',
    tag,
    summary: 'Delete a comment with its replies',
    returns: { 204: null },
    refuses: [412],
  }),
  allow('admin'),
  validate('param', CommentId),
  async (c) => {
    await comments.removeComment(c.get('ctx'), c.req.valid('param').id, ifMatch(c))
    return c.body(null, 204)
  },
)
