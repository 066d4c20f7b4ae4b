export type { Commented } from '../../core/things.ts'

export const COMMENT_STATUSES = ['pending', 'approved', 'spam'] as const
export type CommentStatus = (typeof COMMENT_STATUSES)[number]

/** So many a comment may have, all of them short enough together for one row of D1 (2 MB). */
export const MOST_REPLIES = 50
