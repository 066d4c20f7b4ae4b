import type { Context } from '../../context.ts'
import { keysOfThing } from '../../core/cache-keys.ts'
import { changesOf } from '../../core/changes.ts'
import { notFound, stale } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import type { Page } from '../../core/page.ts'
import { fold } from '../../core/text.ts'
import type { Commented } from '../../core/things.ts'
import { readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import {
  countComments,
  deleteComment,
  deleteComments,
  fileComment,
  fileComments,
  findComment,
  findPlaces,
  listComments,
} from './repo.ts'
import type {
  AdminCommentView,
  FileComment,
  FileComments,
  FiledComments,
  ListComments,
} from './schemas.ts'
import { type QueuedRow, toAdminComment, toTagged } from './show.ts'

export function listQueue(ctx: Context, filter: ListComments): Promise<Page<AdminCommentView>> {
  const folded = fold(filter.q ?? '')
  return readPage<QueuedRow, AdminCommentView>(ctx, 'comments', filter, {
    rows: (before) => listComments(ctx.db, filter, before, folded),
    count: () => countComments(ctx.db, filter, folded),
    view: toAdminComment,
  })
}

/** Throws `not_found`, or `stale` when the comment is not in a state that `ifMatch` allows. */
export async function moveComment(
  ctx: Context,
  id: number,
  input: FileComment,
  ifMatch?: Precondition,
): Promise<Tagged<AdminCommentView>> {
  const [before] = await findComment(ctx.db, id)
  const present = toTagged(before)
  checkPrecondition(present.tag, ifMatch)
  const changes = changesOf(present.view, input)
  if (!before || !changes) return present
  const [changed, , [row]] = await ctx.db.batch([
    fileComment(ctx.db, id, input.status, allowedVersions(ifMatch)),
    auditEntry(ctx, 'comment.update', { entity: 'comment', id: String(id), ...changes }),
    findComment(ctx.db, id),
  ])
  const comment = toTagged(row)
  if (changed.length === 0) throw stale()
  await ctx.cache.forget(keysOf(before))
  return comment
}

/** Deletes a comment with its replies and the mails about them. */
export async function removeComment(
  ctx: Context,
  id: number,
  ifMatch?: Precondition,
): Promise<void> {
  const [[present], deleted] = await ctx.db.batch([
    findComment(ctx.db, id),
    deleteComment(ctx.db, id, allowedVersions(ifMatch)),
    auditEntry(ctx, 'comment.delete', { entity: 'comment', id: String(id) }),
  ])
  if (!present) throw notFound('Comment')
  if (deleted.length === 0) throw stale()
  await ctx.cache.forget(keysOf(present))
}

/** Files or deletes many at once; what is gone already is passed over. */
export async function moveComments(
  ctx: Context,
  { ids, status }: FileComments,
): Promise<FiledComments> {
  const [found] = await ctx.db.batch([
    findPlaces(ctx.db, ids),
    status === 'deleted' ? deleteComments(ctx.db, ids) : fileComments(ctx.db, ids, status),
    auditEntry(ctx, 'comment.bulk', { entity: 'comment', id: null, after: { ids, status } }),
  ])
  await ctx.cache.forget([...new Set(found.flatMap(keysOf))])
  return { ids: found.map(({ id }) => id) }
}

/** All that may show it. */
const keysOf = (row: { entityType: Commented; entityId: number; slug: string }): string[] =>
  keysOfThing({ type: row.entityType, id: row.entityId, slug: row.slug })
