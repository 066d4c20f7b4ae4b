import type { Context } from '../../context.ts'
import { notFound } from '../../core/errors.ts'
import { MOST_SKIPPED, type Slice } from '../../core/page.ts'
import { iso } from '../../core/time.ts'
import { findNumbered, sliceMessages } from './repo.ts'
import { moveMessage, removeMessage } from './service.ts'

// For front ends that know messages by a number, and as read or not.

export type NumberedMessage = {
  number: number
  name: string
  email: string
  subject: string | null
  message: string
  is_read: boolean
  created_at: string
}

type Row = Awaited<ReturnType<typeof sliceMessages>>[number]

/** The inbox without spam by its place, newest first. */
export async function sliceInbox(
  ctx: Context,
  slice: Slice,
  read: boolean | undefined,
): Promise<NumberedMessage[]> {
  if (slice.skip > MOST_SKIPPED) return []
  return (await sliceMessages(ctx.db, slice, read)).map(toNumbered)
}

/** What was filed away counts as read and stays where it is. Throws `not_found`. */
export async function markMessage(
  ctx: Context,
  number: number,
  isRead: boolean,
): Promise<NumberedMessage> {
  const { uid, status } = await findUid(ctx, number)
  const wanted = isRead ? (status === 'unread' ? 'read' : status) : 'unread'
  const { view } = await moveMessage(ctx, uid, { status: wanted })
  return { ...view, number, is_read: isRead }
}

/** Throws `not_found`. */
export async function removeNumbered(ctx: Context, number: number): Promise<void> {
  const { uid } = await findUid(ctx, number)
  await removeMessage(ctx, uid)
}

async function findUid(ctx: Context, number: number) {
  const [found] = await findNumbered(ctx.db, number)
  if (!found) throw notFound('Message')
  return found
}

const toNumbered = (row: Row): NumberedMessage => ({
  number: row.id,
  name: row.name,
  email: row.email,
  subject: row.subject,
  message: row.message,
  is_read: row.status !== 'unread',
  created_at: iso(row.createdAt),
})
