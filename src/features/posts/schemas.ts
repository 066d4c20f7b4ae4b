import * as z from 'zod/mini'
import {
  idOrSlug,
  instant,
  label,
  line,
  listOf,
  pageOf,
  pageQuery,
  paragraphs,
  queryFlag,
  rowId,
  searchTerm,
  uid,
  upTo,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { ReactionSummary } from '../../core/reactions.ts'
import { ImageView, VideoView } from '../media/schemas.ts'
import { slugField } from '../slugs/schemas.ts'
import { POST_STATUSES } from './kinds.ts'

const Neighbour = lazily(() =>
  z.nullable(
    z.object({
      slug: upTo(80),
      title: upTo(200),
    }),
  ),
)

const shown = lazily(() => ({
  id: z.int(),
  slug: upTo(80),
  title: upTo(200),
  excerpt: upTo(500),
  tags: listOf(upTo(40), 20),
  author: z
    .nullable(z.object({ id: uid(), name: upTo(100) }))
    .apply(meta, { description: 'Null when the account is gone.' }),
  status: z.enum(POST_STATUSES),
  reading_minutes: z.int(),
  views: z.int(),
  images: listOf(ImageView(), 100),
  comment_count: z.int(),
  reactions: ReactionSummary(),
  published_at: z.nullable(instant()),
  created_at: instant(),
  updated_at: instant(),
}))

export const PostSummary = lazily(() => z.object(shown()).apply(meta, { id: 'PostSummary' }))
export type PostSummary = Made<typeof PostSummary>

export const PostView = lazily(() =>
  z
    .object({
      ...shown(),
      content: upTo(200_000).apply(meta, { description: 'Markdown.' }),
      content_html: upTo(1_300_000),
      videos: listOf(VideoView(), 100),
      previous: Neighbour().apply(meta, { description: 'The one published before.' }),
      next: Neighbour().apply(meta, { description: 'The one published after.' }),
    })
    .apply(meta, { id: 'Post' }),
)
export type PostView = Made<typeof PostView>

export const PostPage = lazily(() => pageOf(PostSummary()).apply(meta, { id: 'PostPage' }))
export const PostId = lazily(() => z.object({ id: rowId() }))
export const PostName = lazily(() => z.object({ id: idOrSlug() }))

export const tagName = () => label(40)

export const ListPosts = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    tag: z.optional(tagName()),
    author: z.optional(uid()),
    q: z
      .optional(searchTerm())
      .apply(meta, { description: 'Looks through title and excerpt of the newest 1,000 posts.' }),
    from: z.optional(instant()).apply(meta, { description: 'Published then or later.' }),
    to: z.optional(instant()).apply(meta, { description: 'Published before.' }),
  }),
)
export type ListPosts = Made<typeof ListPosts>

export const ListDrafts = lazily(() =>
  z.strictObject({ ...pageQuery(), count: z.optional(queryFlag()) }),
)
export type ListDrafts = Made<typeof ListDrafts>

const written = lazily(() => ({
  slug: z
    .optional(slugField())
    .apply(meta, { description: 'Made from the title when it is not given.' }),
  excerpt: z
    .optional(paragraphs(0, 500))
    .apply(meta, { description: 'Made from the content when it is not given or empty.' }),
  tags: z.optional(listOf(tagName(), 20)),
  status: z.optional(z.enum(POST_STATUSES)),
  publish_at: z
    .optional(instant())
    .apply(meta, { description: 'Ahead for a scheduled post, past for a published one.' }),
}))

export const CreatePost = lazily(() =>
  z
    .strictObject({ title: line(1, 200), content: paragraphs(1, 200_000), ...written() })
    .apply(meta, { id: 'CreatePost' }),
)
export type CreatePost = Made<typeof CreatePost>

export const UpdatePost = lazily(() =>
  z
    .strictObject({
      title: z.optional(line(1, 200)),
      content: z.optional(paragraphs(1, 200_000)),
      ...written(),
    })
    .apply(meta, { id: 'UpdatePost' }),
)
export type UpdatePost = Made<typeof UpdatePost>

export const TagView = lazily(() =>
  z.object({ id: z.int(), name: upTo(40), post_count: z.int() }).apply(meta, { id: 'Tag' }),
)
export type TagView = Made<typeof TagView>

export const TagPage = lazily(() => pageOf(TagView()).apply(meta, { id: 'TagPage' }))
export const ListTags = lazily(() => z.strictObject(pageQuery()))
export type ListTags = Made<typeof ListTags>
