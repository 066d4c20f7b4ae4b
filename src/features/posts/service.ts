import type { Context } from '../../context.ts'
import { isAdmin } from '../../core/actor.ts'
import { postKey, postsKey, tagsKey } from '../../core/cache-keys.ts'
import { notFound } from '../../core/errors.ts'
import type { Found, Listed } from '../../core/found.ts'
import type { Page } from '../../core/page.ts'
import { fold } from '../../core/text.ts'
import { readListed, readPage } from '../../db/page.ts'
import { countView } from '../slugs/count-views.ts'
import {
  countWaiting,
  findMoved,
  findPost,
  findShown,
  listPosts,
  listTags,
  listWaiting,
} from './repo.ts'
import type { ListDrafts, ListPosts, ListTags, PostSummary, PostView, TagView } from './schemas.ts'
import { postPath, type SummaryRow, toPost, toSummary, toTagged } from './show.ts'

export { publishDuePosts, renderPostsAnew } from './cron.ts'
export { highestPostId, newestPosts, postsBetween } from './feed.ts'
export { postPath } from './show.ts'
export { createPost, deletePostById, updatePostById } from './write.ts'

type TagRow = Awaited<ReturnType<typeof listTags>>[number]

/** What everybody may see; to an admin who says so also drafts, and past every cache. */
export async function readPost(
  ctx: Context,
  idOrSlug: string,
  isSeen: boolean,
): Promise<Found<PostView>> {
  const now = Date.now()
  const name = nameOf(idOrSlug)
  if (isAdmin(ctx.actor)) {
    const [row] = await findPost(ctx.db, name, now)
    return row ? { own: await toTagged(ctx, row) } : { movedTo: await whereMoved(ctx, name, now) }
  }
  const cached = await ctx.cache.rememberTagged(postKey(idOrSlug), async () => {
    const [row] = await findShown(ctx.db, name, now)
    return row ? { view: toPost(ctx, row), tag: String(row.version) } : null
  })
  if (!cached) return { movedTo: await whereMoved(ctx, name, now) }
  if (isSeen) await countView(ctx, 'post', idOrSlug)
  return { cached }
}

/** The post as it is now, for whoever made it by `at`. Throws `not_found`. */
export async function readMadePost(ctx: Context, id: number, at: number): Promise<PostView> {
  const [row] = await findPost(ctx.db, { id }, Date.now())
  if (!row || row.createdAt > at) throw notFound('Post')
  return toPost(ctx, row)
}

type Name = { id: number } | { slug: string }

const nameOf = (idOrSlug: string): Name =>
  /^[0-9]+$/.test(idOrSlug) ? { id: Number(idOrSlug) } : { slug: idOrSlug }

async function whereMoved(ctx: Context, name: Name, now: number): Promise<string> {
  const [moved] = 'slug' in name ? await findMoved(ctx.db, name.slug, now, !isAdmin(ctx.actor)) : []
  if (!moved) throw notFound('Post')
  return postPath(moved.slug)
}

export function listPublished(ctx: Context, filter: ListPosts): Promise<Listed<PostSummary>> {
  const words = { tag: fold(filter.tag ?? ''), q: fold(filter.q ?? '') }
  const now = Date.now()
  return readListed<PostSummary>(ctx, postsKey(), filter, (db) =>
    readPage<SummaryRow, PostSummary>({ db, settings: ctx.settings }, 'posts', filter, {
      rows: (after, id) => listPosts(db, filter, words, now, after, id),
      keyOf: (row) => [row.publishedAt ?? 0, row.id],
      view: (row) => toSummary(ctx, row),
    }),
  )
}

/** For admins: drafts and what is to come. */
export function listDrafts(ctx: Context, filter: ListDrafts): Promise<Page<PostSummary>> {
  const now = Date.now()
  return readPage<SummaryRow, PostSummary>(ctx, 'posts.drafts', filter, {
    rows: (before) => listWaiting(ctx.db, now, before, filter.limit),
    count: () => countWaiting(ctx.db, now),
    view: (row) => toSummary(ctx, row),
  })
}

export function listUsedTags(ctx: Context, filter: ListTags): Promise<Listed<TagView>> {
  return readListed<TagView>(ctx, tagsKey(), filter, (db) =>
    readPage<TagRow, TagView>({ db, settings: ctx.settings }, 'tags', filter, {
      rows: (after, id) => listTags(db, filter.limit, after, id),
      keyOf: (row) => [row.postCount, row.id],
      view: ({ id, name, postCount }) => ({ id, name, post_count: postCount }),
    }),
  )
}
