import * as z from 'zod/mini'
import type { Context } from '../../context.ts'
import { email, line, paragraphs } from '../../core/fields.ts'
import { lazily } from '../../core/lazily.ts'
import type { Commented, ThingName } from '../../core/things.ts'
import { listAllOfThing, takeComment } from '../../features/comments/service.ts'
import { createRoutes } from '../../http/routes.ts'
import { int } from '../fastapi/fields.ts'
import { takes } from '../fastapi/takes.ts'
import { toPythonTime } from '../fastapi/time.ts'
import { guard } from './audience.ts'
import { lost } from './words.ts'

/** What visitors say of posts and projects. The studio files it at /api/v1/comments. */
export const commentRoutes = createRoutes()

const CommentCreate = lazily(() =>
  z.object({
    name: line(2, 100),
    email: email(),
    content: paragraphs(5, 1000),
  }),
)

type Comment = { id: number; name: string; content: string; created_at: string }

const toComment = (
  comment: Comment,
  { type, id }: ThingName,
  email: string,
  approved: boolean,
) => ({
  name: comment.name,
  email,
  content: comment.content,
  id: comment.id,
  approved,
  created_at: toPythonTime(comment.created_at),
  project_id: type === 'project' ? id : null,
  blog_post_id: type === 'post' ? id : null,
})

/** Approved comments; the address of who wrote them is nobody's but the studio's. */
export async function commentsOn(ctx: Context, thing: ThingName, count: number) {
  const comments = count === 0 ? [] : await listAllOfThing(ctx, thing)
  return comments.map((comment) => toComment(comment, thing, '', true))
}

const PLACES: { type: Commented; at: string; name: string; nowhere: string }[] = [
  {
    type: 'project',
    at: '/projects/:project_id/comments',
    name: 'project_id',
    nowhere: 'Project not found',
  },
  {
    type: 'post',
    at: '/blog/:post_id/comments',
    name: 'post_id',
    nowhere: 'Blog post not found',
  },
]

for (const { type, at, name, nowhere } of PLACES) {
  const Id = lazily(() =>
    z.pipe(
      z.object({ [name]: int() }),
      z.transform((given) => ({ id: given[name] ?? 0 })),
    ),
  )
  commentRoutes.post(at, guard('anyone'), takes({ param: Id, json: CommentCreate }), async (c) => {
    const thing = { type, id: c.req.valid('param').id }
    const input = c.req.valid('json')
    const comment = await takeComment(c.get('ctx'), thing, input).catch(lost(nowhere))
    return c.json(toComment(comment, thing, input.email, comment.is_shown), 201)
  })
}
