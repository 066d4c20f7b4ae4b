import type { Context } from '../../context.ts'
import { commentsKey } from '../../core/cache-keys.ts'
import type { Listed } from '../../core/found.ts'
import { isPlain, type Page, readCursor, toPage, writeCursor } from '../../core/page.ts'
import type { ThingName } from '../../core/things.ts'
import { DAY } from '../../core/time.ts'
import { inChunks } from '../../db/chunks.ts'
import type { Db } from '../../db/client.ts'
import { noSuchThing, thingStatement } from '../things/service.ts'
import { MOST_REPLIES } from './kinds.ts'
import { deleteSpamBefore, eraseSourcesBefore, listShown } from './repo.ts'
import type { CommentView, ListShown } from './schemas.ts'
import { toComment } from './show.ts'

export { listQueue, moveComment, moveComments, removeComment } from './moderate.ts'
export { readMade, type TakenComment, takeComment, writeComment } from './write.ts'

const LIST = 'comments.shown'

/** Approved comments of what everybody may see. Throws `not_found` for a draft too. */
export async function listOfThing(
  ctx: Context,
  thing: ThingName,
  filter: ListShown,
): Promise<Listed<CommentView>> {
  if (isPlain(filter)) {
    const cached = await ctx.cache.remember(commentsKey(thing), () =>
      readShown(ctx, ctx.db, thing, filter),
    )
    if (cached) return { cached }
    throw noSuchThing(thing)
  }
  const page = await readShown(ctx, ctx.publicDb, thing, filter)
  if (!page) throw noSuchThing(thing)
  return { page }
}

/** Null where there is nothing to comment. */
async function readShown(
  { settings }: Context,
  db: Db,
  thing: ThingName,
  { limit, cursor }: ListShown,
): Promise<Page<CommentView> | null> {
  const [before] = (await readCursor(settings.SECRET_KEY, LIST, cursor)) ?? []
  const [[found], rows] = await db.batch([
    thingStatement(db, thing),
    listShown(db, thing, limit, MOST_REPLIES, before),
  ])
  if (!found) return null
  const whole = rows.filter(({ replies }) => replies !== null).length
  const held = Math.min(limit, whole)
  return toPage(rows, held, toComment, ({ id }) => writeCursor(settings.SECRET_KEY, LIST, [id]))
}

const MOST_SHOWN = 100

export type ShownComment = Omit<CommentView, 'replies'>

/**
 * The newest approved comments, replies among them, the oldest of them first. None for what is not
 * shown itself.
 */
export async function listAllOfThing(ctx: Context, thing: ThingName): Promise<ShownComment[]> {
  const page = await readShown(ctx, ctx.publicDb, thing, { limit: MOST_SHOWN })
  return (page?.data ?? [])
    .flatMap(({ replies, ...comment }) => [
      comment,
      ...replies.map(({ replies: _, ...reply }) => reply),
    ])
    .sort((one, other) => one.id - other.id)
}

const KEEP_SOURCE_DAYS = 30

/** Where comments came from after 30 days, and spam after its time. */
export async function forgetOldComments(ctx: Context): Promise<void> {
  const now = Date.now()
  await inChunks((limit) => eraseSourcesBefore(ctx.db, now - KEEP_SOURCE_DAYS * DAY, limit))
  const keep = ctx.settings.KEEP_SPAM_DAYS
  if (keep > 0) await inChunks((limit) => deleteSpamBefore(ctx.db, now - keep * DAY, limit))
}
