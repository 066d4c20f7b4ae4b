import { notFound } from '../../core/errors.ts'
import type { Tagged } from '../../core/etag.ts'
import { iso } from '../../core/time.ts'
import type { findMade, listComments, listShown, NestedReply } from './repo.ts'
import type { AdminCommentView, CommentView } from './schemas.ts'

type ShownRow = Omit<Awaited<ReturnType<typeof listShown>>[number], 'replies'> & {
  replies?: string | null
}
export type MadeRow = Awaited<ReturnType<typeof findMade>>[number]
export type QueuedRow = Awaited<ReturnType<typeof listComments>>[number]

export const toComment = (row: ShownRow): CommentView => ({
  ...toShown(row),
  replies: (JSON.parse(row.replies ?? '[]') as NestedReply[]).map((reply) => ({
    ...toShown({ ...reply, parentId: row.id }),
    replies: [],
  })),
})

export const toAdminComment = (row: QueuedRow): AdminCommentView => ({
  ...toShown(row),
  replies: [],
  email: row.email,
  status: row.status,
  entity_type: row.entityType,
  entity_id: row.entityId,
  source: row.source,
})

export function toTagged(row: QueuedRow | undefined): Tagged<AdminCommentView> {
  if (!row) throw notFound('Comment')
  return { view: toAdminComment(row), tag: String(row.version) }
}

const toShown = ({
  id,
  name,
  content,
  parentId,
  createdAt,
}: Pick<ShownRow, 'id' | 'name' | 'content' | 'parentId' | 'createdAt'>) => ({
  id,
  name,
  content,
  parent_id: parentId,
  created_at: iso(createdAt),
})
