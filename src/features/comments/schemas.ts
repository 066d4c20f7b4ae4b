import * as z from 'zod'
import {
  email,
  instant,
  line,
  pageOf,
  pageQuery,
  paragraphs,
  queryFlag,
  rowId,
  searchTerm,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { COMMENTED } from '../../core/things.ts'
import { COMMENT_STATUSES } from './kinds.ts'

const id = () => z.int().min(1).max(9_999_999_999)

const shown = lazily(() => ({
  id: z.int(),
  name: z.string().max(100),
  content: z.string().max(5000).meta({ description: 'Plain text; show it as such.' }),
  parent_id: z.int().nullable(),
  created_at: instant(),
}))

const Reply = lazily(() =>
  z.object({ ...shown(), replies: z.array(z.never()).max(0) }).meta({ id: 'Reply' }),
)
export type ReplyView = Made<typeof Reply>

export const CommentView = lazily(() =>
  z
    .object({
      ...shown(),
      replies: z.array(Reply()).max(50).meta({ description: 'Oldest first, the first 50.' }),
    })
    .meta({ id: 'Comment' }),
)
export type CommentView = Made<typeof CommentView>

export const CommentPage = lazily(() => pageOf(CommentView()).meta({ id: 'CommentPage' }))

export const CommentWaits = lazily(() =>
  z
    .object({ status: z.literal('accepted') })
    .meta({ id: 'CommentWaits', description: 'The studio looks at it first.' }),
)
export type CommentWaits = Made<typeof CommentWaits>

export const AdminCommentView = lazily(() =>
  z
    .object({
      ...shown(),
      replies: z.array(z.never()).max(0).meta({ description: 'Each stands by itself here.' }),
      email: z.string().max(254).nullable(),
      status: z.enum(COMMENT_STATUSES),
      entity_type: z.enum(COMMENTED),
      entity_id: z.int(),
      source: z
        .string()
        .max(60)
        .nullable()
        .meta({ description: 'The same for the same address; kept for 30 days.' }),
    })
    .meta({ id: 'AdminComment' }),
)
export type AdminCommentView = Made<typeof AdminCommentView>

export const AdminCommentPage = lazily(() =>
  pageOf(AdminCommentView()).meta({ id: 'AdminCommentPage' }),
)

export const ThingId = lazily(() => z.object({ id: rowId() }))
export const CommentId = lazily(() => z.object({ id: rowId() }))

export const ListShown = lazily(() => z.strictObject(pageQuery()))
export type ListShown = Made<typeof ListShown>

export const CreateComment = lazily(() =>
  z
    .strictObject({
      content: paragraphs(1, 5000),
      parent_id: id()
        .optional()
        .meta({ description: 'The comment that it answers; a reply cannot be answered.' }),
      name: line(1, 100)
        .optional()
        .meta({ description: 'Of a guest, who must give it; an account is shown by its own.' }),
      email: email().optional().meta({
        description: 'Of a guest, who must give it; only the studio sees it.',
      }),
      website: z
        .string()
        .max(65_536)
        .optional()
        .meta({ description: 'A trap for robots: show it to nobody and leave it empty.' }),
      filled_ms: z
        .int()
        .min(0)
        .max(1_000_000_000)
        .optional()
        .meta({ description: 'For how long the form was open, where the front end knows.' }),
      turnstile_token: z.string().max(2048).optional().meta({
        description:
          'Required of guests where the studio has switched Turnstile on; action `comment`.',
      }),
    })
    .meta({
      id: 'CreateComment',
      example: { content: 'What a green!', name: 'Ann', email: 'ann@example.org' },
    }),
)
export type CreateComment = Made<typeof CreateComment>

export const ListComments = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    status: z.enum(COMMENT_STATUSES).optional(),
    entity_type: z.enum(COMMENTED).optional(),
    q: searchTerm().optional().meta({ description: 'Looks through name, address and content.' }),
    count: queryFlag().optional(),
  }),
)
export type ListComments = Made<typeof ListComments>

export const FileComment = lazily(() =>
  z
    .strictObject({ status: z.enum(COMMENT_STATUSES) })
    .meta({ id: 'FileComment', example: { status: 'approved' } }),
)
export type FileComment = Made<typeof FileComment>

export const FileComments = lazily(() =>
  z
    .strictObject({
      ids: z.array(id()).min(1).max(100),
      status: z
        .enum([...COMMENT_STATUSES, 'deleted'])
        .meta({ description: '`deleted` removes them with their replies.' }),
    })
    .meta({ id: 'FileComments', example: { ids: [4, 7], status: 'approved' } }),
)
export type FileComments = Made<typeof FileComments>

export const FiledComments = lazily(() =>
  z
    .object({
      ids: z.array(z.int()).max(100).meta({ description: 'Those of them that were there.' }),
    })
    .meta({ id: 'FiledComments' }),
)
export type FiledComments = Made<typeof FiledComments>
