import * as z from 'zod/mini'
import {
  email,
  instant,
  line,
  listOf,
  pageOf,
  pageQuery,
  paragraphs,
  queryFlag,
  rowId,
  rowNumber,
  searchTerm,
  upTo,
  whole,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { COMMENTED } from '../../core/things.ts'
import { COMMENT_STATUSES } from './kinds.ts'

const shown = lazily(() => ({
  id: z.int(),
  name: upTo(100),
  content: upTo(5000).apply(meta, { description: 'Plain text; show it as such.' }),
  parent_id: z.nullable(z.int()),
  created_at: instant(),
}))

const Reply = lazily(() =>
  z.object({ ...shown(), replies: listOf(z.never(), 0) }).apply(meta, { id: 'Reply' }),
)
export type ReplyView = Made<typeof Reply>

export const CommentView = lazily(() =>
  z
    .object({
      ...shown(),
      replies: listOf(Reply(), 50).apply(meta, { description: 'Oldest first, the first 50.' }),
    })
    .apply(meta, { id: 'Comment' }),
)
export type CommentView = Made<typeof CommentView>

export const CommentPage = lazily(() => pageOf(CommentView()).apply(meta, { id: 'CommentPage' }))

export const CommentWaits = lazily(() =>
  z
    .object({ status: z.literal('accepted') })
    .apply(meta, { id: 'CommentWaits', description: 'The studio looks at it first.' }),
)
export type CommentWaits = Made<typeof CommentWaits>

export const AdminCommentView = lazily(() =>
  z
    .object({
      ...shown(),
      replies: listOf(z.never(), 0).apply(meta, { description: 'Each stands by itself here.' }),
      email: z.nullable(upTo(254)),
      status: z.enum(COMMENT_STATUSES),
      entity_type: z.enum(COMMENTED),
      entity_id: z.int(),
      source: z
        .nullable(upTo(60))
        .apply(meta, { description: 'The same for the same address; kept for 30 days.' }),
    })
    .apply(meta, { id: 'AdminComment' }),
)
export type AdminCommentView = Made<typeof AdminCommentView>

export const AdminCommentPage = lazily(() =>
  pageOf(AdminCommentView()).apply(meta, { id: 'AdminCommentPage' }),
)

export const ThingId = lazily(() => z.object({ id: rowId() }))
export const CommentId = lazily(() => z.object({ id: rowId() }))

export const ListShown = lazily(() => z.strictObject(pageQuery()))
export type ListShown = Made<typeof ListShown>

export const CreateComment = lazily(() =>
  z
    .strictObject({
      content: paragraphs(1, 5000),
      parent_id: z
        .optional(rowNumber())
        .apply(meta, { description: 'The comment that it answers; a reply cannot be answered.' }),
      name: z.optional(line(1, 100)).apply(meta, {
        description: 'Of a guest, who must give it; an account is shown by its own.',
      }),
      email: z.optional(email()).apply(meta, {
        description: 'Of a guest, who must give it; only the studio sees it.',
      }),
      website: z
        .optional(upTo(65_536))
        .apply(meta, { description: 'A trap for robots: show it to nobody and leave it empty.' }),
      filled_ms: z
        .optional(whole(0, 1_000_000_000))
        .apply(meta, { description: 'For how long the form was open, where the front end knows.' }),
      turnstile_token: z.optional(upTo(2048)).apply(meta, {
        description:
          'Required of guests where the studio has switched Turnstile on; action `comment`.',
      }),
    })
    .apply(meta, {
      id: 'CreateComment',
      example: { content: 'What a green!', name: 'Ann', email: 'ann@example.org' },
    }),
)
export type CreateComment = Made<typeof CreateComment>

export const ListComments = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    status: z.optional(z.enum(COMMENT_STATUSES)),
    entity_type: z.optional(z.enum(COMMENTED)),
    q: z
      .optional(searchTerm())
      .apply(meta, { description: 'Looks through name, address and content.' }),
    count: z.optional(queryFlag()),
  }),
)
export type ListComments = Made<typeof ListComments>

export const FileComment = lazily(() =>
  z
    .strictObject({ status: z.enum(COMMENT_STATUSES) })
    .apply(meta, { id: 'FileComment', example: { status: 'approved' } }),
)
export type FileComment = Made<typeof FileComment>

export const FileComments = lazily(() =>
  z
    .strictObject({
      ids: z.array(rowNumber()).check(z.minLength(1), z.maxLength(100)),
      status: z
        .enum([...COMMENT_STATUSES, 'deleted'])
        .apply(meta, { description: '`deleted` removes them with their replies.' }),
    })
    .apply(meta, { id: 'FileComments', example: { ids: [4, 7], status: 'approved' } }),
)
export type FileComments = Made<typeof FileComments>

export const FiledComments = lazily(() =>
  z
    .object({
      ids: listOf(z.int(), 100).apply(meta, { description: 'Those of them that were there.' }),
    })
    .apply(meta, { id: 'FiledComments' }),
)
export type FiledComments = Made<typeof FiledComments>
