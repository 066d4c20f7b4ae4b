import * as z from 'zod/mini'
import { line, paragraphs } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { CreatePost } from '../../features/posts/schemas.ts'
import { createPost, deletePostById, updatePostById } from '../../features/posts/service.ts'
import {
  readWholePost,
  readWrittenPost,
  sliceWholePosts,
  type WholePost,
} from '../../features/posts/whole.ts'
import { createRoutes } from '../../http/routes.ts'
import { flag, inside, int, plain } from '../fastapi/fields.ts'
import { takes } from '../fastapi/takes.ts'
import { toPythonTime } from '../fastapi/time.ts'
import { guard, identify } from './audience.ts'
import { commentsOn } from './comments.ts'
import { toImage, toVideo } from './media-shapes.ts'
import { toUser } from './people.ts'
import { LONGEST, long, namesIn, slugTaken, statusOf, toNames, toSlug } from './texts.ts'
import { lost } from './words.ts'

export const blogRoutes = createRoutes()

const PostId = lazily(() => z.object({ post_id: int() }))
const PostSlug = lazily(() => z.object({ slug: plain(255) }))
const Listing = lazily(() =>
  z.object({
    skip: z._default(int({ min: 0 }), 0),
    limit: z._default(int({ min: 1, max: 100 }), 10),
    published: z.optional(flag()),
  }),
)

const title = lazily(() => line(3, 200))
const slug = lazily(() => plain(255).check(z.minLength(3)))
const excerpt = lazily(() => z.nullish(paragraphs(0, 500)))
const content = lazily(() => paragraphs(1, LONGEST))
const tags = lazily(() =>
  z.nullish(z.pipe(z.pipe(z.string(), z.transform(namesIn)), inside(CreatePost().shape.tags))),
)

const PostCreate = lazily(() =>
  z.object({
    title: title(),
    slug: slug(),
    excerpt: excerpt(),
    content: content(),
    tags: tags(),
    published: z._default(flag(), true),
  }),
)

const PostUpdate = lazily(() =>
  z.object({
    title: z.nullish(title()),
    slug: z.nullish(slug()),
    excerpt: excerpt(),
    content: z.nullish(content()),
    tags: tags(),
    published: z.nullish(flag()),
  }),
)

const isPublished = ({ status }: WholePost) => status === 'published'

async function toChange(input: Made<typeof PostUpdate>, present: WholePost) {
  const { title, slug, excerpt, content, tags, published } = input
  // A scheduled post is shown as not published; to say so again takes nothing from its schedule.
  const isTurned = typeof published === 'boolean' && published !== isPublished(present)
  return {
    ...(title && { title }),
    // Ours would follow the title.
    slug: slug ? await toSlug('post', slug) : present.slug,
    ...(typeof excerpt === 'string' && { excerpt }),
    ...(content && { content }),
    ...(tags !== undefined && { tags: tags ?? [] }),
    ...(isTurned && { status: statusOf(published) }),
  }
}

const toPost = (post: WholePost) => ({
  title: post.title,
  slug: post.slug,
  excerpt: post.excerpt,
  content: post.content,
  tags: toNames(post.tags),
  published: isPublished(post),
  id: post.id,
  views: post.views,
  author_id: post.writer?.number ?? null,
  created_at: toPythonTime(post.created_at),
  updated_at: toPythonTime(post.updated_at),
  author: post.writer && toUser(post.writer),
  images: post.images.map((image) => toImage(image, { type: 'blog_post', id: post.id })),
})

const noPost = lost('Blog post not found')

blogRoutes.get('/blog/', guard('anyone'), identify, takes({ query: Listing }), async (c) => {
  const { published, ...slice } = c.req.valid('query')
  return c.json((await sliceWholePosts(c.get('ctx'), slice, published)).map(toPost))
})

blogRoutes.get('/blog/:slug', guard('anyone'), identify, takes({ param: PostSlug }), async (c) => {
  const ctx = c.get('ctx')
  const post = await readWholePost(ctx, c.req.valid('param').slug).catch(noPost)
  const { id } = post
  return c.json({
    ...toPost(post),
    comments: await commentsOn(ctx, { type: 'post', id }, post.comment_count),
    videos: post.videos.map((video) => toVideo(video, { type: 'blog_post', id })),
  })
})

blogRoutes.post('/blog/', guard('admin'), takes({ json: PostCreate }, long), async (c) => {
  const ctx = c.get('ctx')
  const { slug, excerpt, tags, published, ...input } = c.req.valid('json')
  const { id } = await createPost(ctx, {
    ...input,
    slug: await toSlug('post', slug),
    excerpt: excerpt ?? '',
    tags: tags ?? [],
    status: statusOf(published),
  }).catch(slugTaken)
  return c.json(toPost(await readWrittenPost(ctx, id)), 201)
})

blogRoutes.put(
  '/blog/:post_id',
  guard('admin'),
  takes({ param: PostId, json: PostUpdate }, long),
  async (c) => {
    const ctx = c.get('ctx')
    const { post_id: id } = c.req.valid('param')
    const present = await readWrittenPost(ctx, id).catch(noPost)
    const change = await toChange(c.req.valid('json'), present)
    await updatePostById(ctx, id, change).catch(noPost).catch(slugTaken)
    return c.json(toPost(await readWrittenPost(ctx, id).catch(noPost)))
  },
)

blogRoutes.delete('/blog/:post_id', guard('admin'), takes({ param: PostId }), async (c) => {
  await deletePostById(c.get('ctx'), c.req.valid('param').post_id).catch(noPost)
  return c.body(null, 204)
})
