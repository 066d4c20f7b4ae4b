import * as z from 'zod'
import {
  idOrSlug,
  instant,
  label,
  line,
  pageOf,
  pageQuery,
  paragraphs,
  queryFlag,
  rowId,
  searchTerm,
  uid,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { ReactionSummary } from '../../core/reactions.ts'
import { ImageView, VideoView } from '../media/schemas.ts'
import { slugField } from '../slugs/schemas.ts'
import { POST_STATUSES } from './kinds.ts'

const Neighbour = lazily(() =>
  z.object({ slug: z.string().max(80), title: z.string().max(200) }).nullable(),
)

const shown = lazily(() => ({
  id: z.int(),
  slug: z.string().max(80),
  title: z.string().max(200),
  excerpt: z.string().max(500),
  tags: z.array(z.string().max(40)).max(20),
  author: z
    .object({ id: uid(), name: z.string().max(100) })
    .nullable()
    .meta({ description: 'Null when the account is gone.' }),
  status: z.enum(POST_STATUSES),
  reading_minutes: z.int(),
  views: z.int(),
  images: z.array(ImageView()).max(100),
  comment_count: z.int(),
  reactions: ReactionSummary(),
  published_at: instant().nullable(),
  created_at: instant(),
  updated_at: instant(),
}))

export const PostSummary = lazily(() => z.object(shown()).meta({ id: 'PostSummary' }))
export type PostSummary = Made<typeof PostSummary>

export const PostView = lazily(() =>
  z
    .object({
      ...shown(),
      content: z.string().max(200_000).meta({ description: 'Markdown.' }),
      content_html: z.string().max(1_300_000),
      videos: z.array(VideoView()).max(100),
      previous: Neighbour().meta({ description: 'The one published before.' }),
      next: Neighbour().meta({ description: 'The one published after.' }),
    })
    .meta({ id: 'Post' }),
)
export type PostView = Made<typeof PostView>

export const PostPage = lazily(() => pageOf(PostSummary()).meta({ id: 'PostPage' }))
export const PostId = lazily(() => z.object({ id: rowId() }))
export const PostName = lazily(() => z.object({ id: idOrSlug() }))

export const tagName = () => label(40)

export const ListPosts = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    tag: tagName().optional(),
    author: uid().optional(),
    q: searchTerm()
      .optional()
      .meta({ description: 'Looks through title and excerpt of the newest 1,000 posts.' }),
    from: instant().optional().meta({ description: 'Published then or later.' }),
    to: instant().optional().meta({ description: 'Published before.' }),
  }),
)
export type ListPosts = Made<typeof ListPosts>

export const ListDrafts = lazily(() =>
  z.strictObject({ ...pageQuery(), count: queryFlag().optional() }),
)
export type ListDrafts = Made<typeof ListDrafts>

const written = lazily(() => ({
  slug: slugField().optional().meta({ description: 'Made from the title when it is not given.' }),
  excerpt: paragraphs(0, 500)
    .optional()
    .meta({ description: 'Made from the content when it is not given or empty.' }),
  tags: z.array(tagName()).max(20).optional(),
  status: z.enum(POST_STATUSES).optional(),
  publish_at: instant()
    .optional()
    .meta({ description: 'Ahead for a scheduled post, past for a published one.' }),
}))

export const CreatePost = lazily(() =>
  z
    .strictObject({ title: line(1, 200), content: paragraphs(1, 200_000), ...written() })
    .meta({ id: 'CreatePost' }),
)
export type CreatePost = Made<typeof CreatePost>

export const UpdatePost = lazily(() =>
  z
    .strictObject({
      title: line(1, 200).optional(),
      content: paragraphs(1, 200_000).optional(),
      ...written(),
    })
    .meta({ id: 'UpdatePost' }),
)
export type UpdatePost = Made<typeof UpdatePost>

export const TagView = lazily(() =>
  z.object({ id: z.int(), name: z.string().max(40), post_count: z.int() }).meta({ id: 'Tag' }),
)
export type TagView = Made<typeof TagView>

export const TagPage = lazily(() => pageOf(TagView()).meta({ id: 'TagPage' }))
export const ListTags = lazily(() => z.strictObject(pageQuery()))
export type ListTags = Made<typeof ListTags>
