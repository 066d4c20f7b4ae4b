import { MAX_TEXT_BYTES } from '../../http/body.ts'
import { describe } from '../../http/describe.ts'
import { ifMatch, sendTagged } from '../../http/etag.ts'
import { allow, identify } from '../../http/guards.ts'
import { idempotent } from '../../http/idempotency.ts'
import { createRoutes } from '../../http/routes.ts'
import { sendFound, sendListed } from '../../http/send.ts'
import { validate } from '../../http/validate.ts'
import {
  CreatePost,
  ListDrafts,
  ListPosts,
  ListTags,
  PostId,
  PostName,
  PostPage,
  PostView,
  TagPage,
  UpdatePost,
} from './schemas.ts'
import * as posts from './service.ts'

const tag = 'posts'
const long = { maxBytes: MAX_TEXT_BYTES }

export const postRoutes = createRoutes()
export const tagRoutes = createRoutes()

postRoutes.get(
  '/',
  describe({
    id: 'listPosts',
    tag,
    summary: 'Published posts, newest first',
    returns: { 200: PostPage, 304: null },
  }),
  allow('anyone'),
  validate('query', ListPosts),
  async (c) => sendListed(c, await posts.listPublished(c.get('ctx'), c.req.valid('query'))),
)

postRoutes.get(
  '/drafts',
  describe({
    id: 'listDrafts',
    tag,
    summary: 'Drafts and scheduled posts, newest first',
    returns: { 200: PostPage },
  }),
  allow('admin'),
  validate('query', ListDrafts),
  async (c) => c.json(await posts.listDrafts(c.get('ctx'), c.req.valid('query')), 200),
)

postRoutes.get(
  '/:id',
  describe({
    id: 'readPost',
    tag,
    summary: 'One post, by id or slug',
    description:
      'An old slug is answered with the present one. An admin who sends a token sees drafts too.',
    returns: { 200: PostView, 301: null, 304: null },
    refuses: [401],
  }),
  allow('anyone'),
  identify,
  validate('param', PostName),
  async (c) => {
    const isSeen = c.req.method === 'GET'
    return sendFound(c, await posts.readPost(c.get('ctx'), c.req.valid('param').id, isSeen))
  },
)

postRoutes.post(
  '/',
  describe({
    id: 'createPost',
    tag,
    summary: 'Write a post',
    description: 'It is a draft unless `status` says otherwise.',
    returns: { 201: PostView },
    refuses: [409],
  }),
  allow('admin'),
  validate('json', CreatePost, long),
  idempotent<PostView>(
    (_, view) => posts.postPath(view.id),
    (c, id, at) => posts.readMadePost(c.get('ctx'), id, at),
  ),
  async (c) => {
    const view = await posts.createPost(c.get('ctx'), c.req.valid('json'))
    return c.json(view, 201, { location: posts.postPath(view.id) })
  },
)

postRoutes.patch(
  '/:id',
  describe({
    id: 'updatePost',
    tag,
    summary: 'Change, publish, schedule or withdraw a post',
    returns: { 200: PostView },
    refuses: [409, 412],
  }),
  allow('admin'),
  validate('param', PostId),
  validate('json', UpdatePost, long),
  async (c) => {
    const { id } = c.req.valid('param')
    return sendTagged(
      c,
      await posts.updatePostById(c.get('ctx'), id, c.req.valid('json'), ifMatch(c)),
    )
  },
)

postRoutes.delete(
  '/:id',
  describe({
    id: 'deletePost',
    tag,
    summary: 'Delete a post with its pictures and addresses',
    returns: { 204: null },
    refuses: [412],
  }),
  allow('admin'),
  validate('param', PostId),
  async (c) => {
    await posts.deletePostById(c.get('ctx'), c.req.valid('param').id, ifMatch(c))
    return c.body(null, 204)
  },
)

tagRoutes.get(
  '/',
  describe({
    id: 'listTags',
    tag,
    summary: 'Tags of published posts, the most used first',
    returns: { 200: TagPage, 304: null },
  }),
  allow('anyone'),
  validate('query', ListTags),
  async (c) => sendListed(c, await posts.listUsedTags(c.get('ctx'), c.req.valid('query'))),
)
