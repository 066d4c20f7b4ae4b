import { sql } from 'drizzle-orm'
import * as z from 'zod/mini'
import type { Context } from '../../context.ts'
import { lazily } from '../../core/lazily.ts'
import { sitePage } from '../../core/site-pages.ts'
import { describeError } from '../../platform/telemetry.ts'
import { mailStatements, prepareMail, wakeMailer } from '../mail/service.ts'
import { ABOUT, unsubscribeHeaders, unsubscribePage, unsubscribeToken } from './links.ts'
import { findWaiting, finishNewsletter, isTold, moveCursor, nextReaders } from './repo.ts'

/** Mails of one statement: a hundred of the longest are less than half of what D1 takes as one value. */
const AT_ONCE = 100

/** Parts of one run, so that it ends though many newsletters have nobody to go to. */
const MOST_PARTS = 100

type Waiting = Awaited<ReturnType<typeof findWaiting>>[number]
type Reader = { id: number; email: string }

const News = lazily(() => z.object({ slug: z.string(), title: z.string(), summary: z.string() }))

/**
 * Puts the mails of this minute into the outbox, those of the oldest newsletter first. Each part moves
 * its newsletter's cursor in the batch that writes its mails, so that a job that breaks off and runs
 * again goes on behind the last mail that is there.
 */
export async function sendNewsletters(ctx: Context): Promise<void> {
  const perMinute = ctx.settings.NEWSLETTER_PER_MINUTE
  let left = perMinute
  for (let part = 0; part < MOST_PARTS; part++) {
    const [newsletter] = await findWaiting(ctx.db)
    if (!newsletter) return
    if (perMinute === 0) {
      // What is published while newsletters are off is no news when they are on again.
      await finishNewsletter(ctx.db, newsletter.id, Date.now())
      continue
    }
    const limit = Math.min(left, AT_ONCE)
    const readers = await nextReaders(ctx.db, newsletter.createdAt, newsletter.cursor, limit)
    const isMoved = await sendPart(ctx, newsletter, readers, readers.length < limit)
    // Another job is at it.
    if (!isMoved) return
    left -= readers.length
    if (left === 0) return
  }
}

async function sendPart(
  ctx: Context,
  newsletter: Waiting,
  readers: Reader[],
  isLast: boolean,
): Promise<boolean> {
  const now = Date.now()
  const mails = await prepareMails(ctx, newsletter, readers)
  if (!mails) {
    await finishNewsletter(ctx.db, newsletter.id, now)
    return true
  }
  const [moved, written] = await ctx.db.batch([
    moveCursor(ctx.db, newsletter.id, newsletter.cursor, {
      to: readers.at(-1)?.id ?? newsletter.cursor,
      mails: mails.length,
      finishedAt: isLast ? now : null,
    }),
    // Asked again: somebody may have left since they were read.
    mailStatements(
      ctx,
      mails,
      sql`changes() > 0 and exists (select 1 from subscribers
        where subscribers.id = given.value ->> 'reader' and ${isTold(newsletter.createdAt)})`,
    ),
  ])
  const uids = written.map((mail) => mail.uid)
  if (uids.length > 0) await wakeMailer(ctx, uids)
  return moved.length > 0
}

/** Null where there is nothing to tell, or what there is makes no mail: nobody behind it must wait. */
async function prepareMails(ctx: Context, newsletter: Waiting, readers: Reader[]) {
  const { id, entityType, entityId, news } = newsletter
  if (news === null) return null
  const { slug, title, summary } = News().parse(JSON.parse(news))
  const link = sitePage(ctx.settings, { type: entityType, id: entityId, slug })
  const prepare = async (reader: Reader) => {
    const token = unsubscribeToken(ctx, reader.id)
    const mail = await prepareMail(ctx, `newsletter.${entityType}`, {
      to: reader.email,
      about: ABOUT + reader.id,
      headers: unsubscribeHeaders(ctx, token),
      model: { title, summary, link, unsubscribe_link: unsubscribePage(ctx, token) },
    })
    return { ...mail, reader: reader.id }
  }
  try {
    return await Promise.all(readers.map(prepare))
  } catch (error) {
    ctx.log('error', 'newsletter.refused', { newsletter: id, ...describeError(error) })
    return null
  }
}
