import { and, desc, eq, gte, lt, type Placeholder, type SQL, sql } from 'drizzle-orm'
import { isUnfiltered } from '../../core/page.ts'
import { built } from '../../db/built.ts'
import type { Db } from '../../db/client.ts'
import { imagesOf, videosOf } from '../media/table.ts'
import type { ListPosts } from './schemas.ts'
import { posts, postTags, tags } from './table.ts'

/** A time, or what stands for it in a statement that is built once. */
type Moment = number | Placeholder

/** What everybody may see at that moment: also what the cron has not turned to published yet. */
export const isVisible = (now: Moment): SQL =>
  sql`posts.status <> 'draft' and posts.published_at <= ${now}`

export const newestFirst = [desc(posts.publishedAt), desc(posts.id)]

export const summary = {
  id: posts.id,
  slug: posts.slug,
  title: posts.title,
  excerpt: posts.excerpt,
  status: posts.status,
  publishedAt: posts.publishedAt,
  readingMinutes: posts.readingMinutes,
  viewCount: posts.viewCount,
  commentCount: posts.commentCount,
  likeCount: posts.likeCount,
  loveCount: posts.loveCount,
  congratulationsCount: posts.congratulationsCount,
  insightfulCount: posts.insightfulCount,
  version: posts.version,
  createdAt: posts.createdAt,
  updatedAt: posts.updatedAt,
  /** JSON of { id, name }. */
  author: sql<string | null>`(
    select json_object('id', uid, 'name', coalesce(full_name, username))
    from users where users.id = posts.author_id)`.as('author'),
  /** JSON of names in their order. */
  tags: sql<string>`(
    select json_group_array(name) from (
      select tags.name from post_tags join tags on tags.id = post_tags.tag_id
      where post_tags.post_id = posts.id order by post_tags.position))`.as('tags'),
  images: imagesOf('post', sql`posts.id`).as('images'),
}

/**
 * JSON of { id, slug, title } of the visible post that comes first in that direction. The plus keeps
 * SQLite from starting at the newest.
 */
const neighbour = (now: Moment, comparison: '<' | '>', order: 'desc' | 'asc') =>
  sql<string | null>`(
    select json_object('id', n.id, 'slug', n.slug, 'title', n.title) from posts n
    where n.status <> 'draft' and +n.published_at <= ${now}
      and (n.published_at, n.id) ${sql.raw(comparison)} (posts.published_at, posts.id)
    order by n.published_at ${sql.raw(order)}, n.id ${sql.raw(order)} limit 1)`

const neighbours = (now: Moment) => ({
  previous: neighbour(now, '<', 'desc').as('previous'),
  next: neighbour(now, '>', 'asc').as('next'),
})

const detail = (now: Moment) => ({
  ...summary,
  content: posts.content,
  contentHtml: posts.contentHtml,
  videos: videosOf('post', sql`posts.id`).as('videos'),
  ...neighbours(now),
})

/** The newest of those that are visible; a search stays among so many of them. */
const SEARCHED = 1000

/** The first page as most ask for it. */
const listNewest = built('posts.newest', ['now', 'limit'], (db, { now, limit }) =>
  db
    .select(summary)
    .from(posts)
    .where(isVisible(now))
    .orderBy(...newestFirst)
    .limit(limit),
)

export function listPosts(
  db: Db,
  filter: ListPosts,
  words: { tag: string; q: string },
  now: number,
  after?: number,
  afterId?: number,
) {
  if (after === undefined && isUnfiltered(filter)) {
    return listNewest(db, { now, limit: filter.limit + 1 })
  }
  const wishes = and(
    sql`posts.status <> 'draft'`,
    filter.author === undefined
      ? undefined
      : sql`posts.author_id = (select id from users where uid = ${filter.author})`,
    filter.q === undefined ? undefined : speaksOf(words.q, now),
  )
  const { tag, limit } = filter
  if (tag === undefined) {
    return db
      .select(summary)
      .from(posts)
      .where(and(within(sql`posts.published_at`, sql`posts.id`), wishes))
      .orderBy(...newestFirst)
      .limit(limit + 1)
  }
  // The cross join keeps SQLite from walking all posts: the newest of a tag stand together.
  const at = sql`post_tags.published_at`
  return db
    .select(summary)
    .from(postTags)
    .crossJoin(posts)
    .where(
      and(
        sql`post_tags.tag_id = (select id from tags where key = ${words.tag})`,
        within(at, sql`post_tags.post_id`),
        sql`posts.id = post_tags.post_id`,
        wishes,
      ),
    )
    .orderBy(desc(at), desc(sql`post_tags.post_id`))
    .limit(limit + 1)

  /**
   * From `from`, before `to` and now, and behind the last page. SQLite takes one upper bound into the
   * index and passes over what the others refuse, so the lowest is the only one that it may take.
   */
  function within(time: SQL, id: SQL): SQL | undefined {
    const until = filter.to === undefined ? now : Math.min(now, Date.parse(filter.to) - 1)
    return and(
      after === undefined
        ? sql`${time} <= ${until}`
        : sql`(${time}, ${id}) < (${after}, ${afterId}) and +${time} <= ${until}`,
      filter.from === undefined ? undefined : gte(time, Date.parse(filter.from)),
    )
  }
}

const speaksOf = (folded: string, now: number): SQL =>
  sql`posts.published_at >= coalesce((
      select n.published_at from posts n where n.status <> 'draft' and n.published_at <= ${now}
      order by n.published_at desc, n.id desc limit 1 offset ${SEARCHED - 1}), 0)
    and instr(posts.search, ${folded}) > 0`

/** Drafts and what is to come, newest first by id. */
export function listWaiting(db: Db, now: number, before: number | undefined, limit: number) {
  return db
    .select(summary)
    .from(posts)
    .where(and(isWaiting(now), before === undefined ? undefined : lt(posts.id, before)))
    .orderBy(desc(posts.id))
    .limit(limit + 1)
}

export function countWaiting(db: Db, now: number) {
  return db
    .select({ count: sql<number>`count(*)`.as('count') })
    .from(posts)
    .where(isWaiting(now))
}

export const isWaiting = (now: number): SQL =>
  sql`posts.status <> 'published' and (posts.status = 'draft' or posts.published_at > ${now})`

/** A row by its number or its present slug. */
export type Name = { id: number | SQL } | { slug: string }

export function findPost(db: Db, name: Name, now: number) {
  return db
    .select(detail(now))
    .from(posts)
    .where('slug' in name ? eq(posts.slug, name.slug) : sql`posts.id = ${name.id}`)
}

/** The same where everybody may see it. */
export function findShown(db: Db, name: { id: number } | { slug: string }, now: number) {
  return 'slug' in name
    ? findShownBySlug(db, { value: name.slug, now })
    : findShownById(db, { value: name.id, now })
}

const shownBy = (column: typeof posts.slug | typeof posts.id) =>
  built(`posts.by ${column.name}`, ['value', 'now'], (db, { value, now }) =>
    db
      .select(detail(now))
      .from(posts)
      .where(and(eq(column, value), isVisible(now))),
  )
const findShownBySlug = shownBy(posts.slug)
const findShownById = shownBy(posts.id)

/** The present slug of the post that was once called so. */
export function findMoved(db: Db, slug: string, now: number, onlyVisible: boolean) {
  return db
    .select({ slug: posts.slug })
    .from(posts)
    .where(
      and(
        sql`posts.id = (select entity_id from slugs where entity_type = 'post' and slug = ${slug})`,
        onlyVisible ? isVisible(now) : undefined,
      ),
    )
}

/** Scheduled posts whose time has come. */
export function listDue(db: Db, now: number, limit: number) {
  return db
    .select({ id: posts.id, slug: posts.slug, ...neighbours(now) })
    .from(posts)
    .where(sql`posts.status = 'scheduled' and posts.published_at <= ${now}`)
    .orderBy(posts.publishedAt)
    .limit(limit)
}

const tagSummary = { id: tags.id, name: tags.name, postCount: tags.postCount }
const isUsed = sql`post_count > 0`
const mostUsedFirst = [desc(tags.postCount), desc(tags.id)]

const listMostUsed = built('tags.most used', ['limit'], (db, { limit }) =>
  db
    .select(tagSummary)
    .from(tags)
    .where(isUsed)
    .orderBy(...mostUsedFirst)
    .limit(limit),
)

/** Tags of published posts, those of most posts first. */
export function listTags(db: Db, limit: number, after?: number, afterId?: number) {
  if (after === undefined) return listMostUsed(db, { limit: limit + 1 })
  return db
    .select(tagSummary)
    .from(tags)
    .where(and(isUsed, sql`(post_count, id) < (${after}, ${afterId})`))
    .orderBy(...mostUsedFirst)
    .limit(limit + 1)
}
