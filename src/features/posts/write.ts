import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { untilFirst } from '../../core/again.ts'
import {
  commentsKey,
  feedKeys,
  postKey,
  postsKey,
  sitemapKey,
  tagsKey,
} from '../../core/cache-keys.ts'
import { changesOf } from '../../core/changes.ts'
import { briefly, type Content, readContent } from '../../core/content.ts'
import { notFound, stale } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import { haveSameNames, named } from '../../core/names.ts'
import { partOf } from '../../core/sitemap-parts.ts'
import { fold } from '../../core/text.ts'
import { isoOrNull } from '../../core/time.ts'
import { batchBehind } from '../../db/batch.ts'
import type { Statement } from '../../db/client.ts'
import { auditEntry } from '../audit/service.ts'
import { keepMade } from '../idempotency/service.ts'
import { keepImageUses } from '../media/uses.ts'
import { asSlugConflict, keepSlug, renamed, slugFor } from '../slugs/service.ts'
import { plan } from './publication.ts'
import { findPost } from './repo.ts'
import type { CreatePost, PostView, UpdatePost } from './schemas.ts'
import { type DetailRow, statusAt, toNeighbour, toPost, toTagged } from './show.ts'
import {
  deletePost,
  insertPost,
  insertTags,
  isAt,
  newestPost,
  tagPost,
  untagPost,
  updatePost,
} from './write-repo.ts'

/** Throws `conflict` when the slug is given and taken. */
export async function createPost(ctx: Context, input: CreatePost): Promise<PostView> {
  const now = Date.now()
  const { status, publishedAt } = plan({ status: 'draft', publishedAt: null }, input, now)
  const text = await readContent(ctx.settings, input.content)
  const wish = input.slug === undefined ? { title: input.title } : { slug: input.slug }
  const row = {
    ...columnsOf(input.title, input.content, input.excerpt || text.excerpt, text),
    slug: await slugFor('post', wish),
    status,
    publishedAt,
    authorId: ctx.actor.type === 'user' ? ctx.actor.id : null,
    createdAt: now,
    updatedAt: now,
  }
  const slug = sql`(select slug from posts where id = ${newestPost})`
  const after = { title: input.title, status }
  try {
    const [[made]] = await batchBehind(
      ctx.db,
      [
        insertPost(ctx.db, row),
        auditEntry(ctx, 'post.create', { entity: 'post', id: newestPost, after }),
        keepSlug(ctx, 'post', slug, newestPost),
        ...tagStatements(ctx, newestPost, input.tags ?? [], sql`true`),
        ...keepImageUses(ctx, 'post', newestPost, text.imageKeys),
        ...keepMade(ctx, newestPost),
      ],
      [findPost(ctx.db, { id: newestPost }, now)],
    )
    if (!made) throw notFound('Post')
    await ctx.cache.forget(keysOf(made))
    return toPost(ctx, made)
  } catch (error) {
    throw asSlugConflict(error)
  }
}

/** Throws `not_found`, `stale`, or `conflict` when the slug is another's. */
export async function updatePostById(
  ctx: Context,
  id: number,
  input: UpdatePost,
  ifMatch?: Precondition,
): Promise<Tagged<PostView>> {
  return await untilFirst(async () => {
    const now = Date.now()
    const [present] = await findPost(ctx.db, { id }, now)
    if (!present) throw notFound('Post')
    checkPrecondition(String(present.version), ifMatch)
    const changed = await applyChange(ctx, present, input, now)
    return changed && (await toTagged(ctx, changed))
  })
}

/** The row as it is then; nothing when another change came first. */
async function applyChange(
  ctx: Context,
  present: DetailRow,
  input: UpdatePost,
  now: number,
): Promise<DetailRow | undefined> {
  const { status, publishedAt } = plan({ ...present, status: statusAt(present, now) }, input, now)
  const title = input.title ?? present.title
  const content = input.content ?? present.content
  const text = await readContent(ctx.settings, content)
  const excerpt = input.excerpt ?? ((await isMade(ctx, present)) ? '' : present.excerpt)
  const wish = await renamed('post', present, input)
  const view = toPost(ctx, present)
  const wanted = {
    title,
    content,
    excerpt: excerpt || text.excerpt,
    slug: input.slug,
    tags: input.tags && haveSameNames(view.tags, input.tags) ? undefined : input.tags,
    status,
    published_at: isoOrNull(publishedAt),
  }
  const changes = changesOf(view, wanted)
  if (!changes) return present

  const { id, version } = present
  const at = sql`${id}`
  const condition = isAt(id, version)
  const slug = wish && (await slugFor('post', wish, at))
  try {
    const [updated, , [row]] = await batchBehind(
      ctx.db,
      [
        ...(slug ? [keepSlug(ctx, 'post', slug, at, condition)] : []),
        ...(wanted.tags ? tagStatements(ctx, at, wanted.tags, condition) : []),
        ...keepImageUses(ctx, 'post', at, text.imageKeys, condition),
      ],
      [
        updatePost(ctx.db, id, version, {
          ...columnsOf(title, content, wanted.excerpt, text),
          ...(slug && { slug }),
          status,
          publishedAt,
          updatedAt: now,
        }),
        auditEntry(ctx, 'post.update', { entity: 'post', id: String(id), ...briefly(changes) }),
        findPost(ctx.db, { id }, now),
      ],
    )
    if (updated.length === 0) return undefined
    await ctx.cache.forget([present, ...(row ? [row] : [])].flatMap(keysOf))
    return row
  } catch (error) {
    throw asSlugConflict(error)
  }
}

/** Throws `not_found`, or `stale` when the post is not in a state that `ifMatch` allows. */
export async function deletePostById(
  ctx: Context,
  id: number,
  ifMatch?: Precondition,
): Promise<void> {
  const now = Date.now()
  const [[present], deleted] = await ctx.db.batch([
    findPost(ctx.db, { id }, now),
    deletePost(ctx.db, id, allowedVersions(ifMatch)),
    auditEntry(ctx, 'post.delete', { entity: 'post', id: String(id) }),
  ])
  if (!present) throw notFound('Post')
  if (deleted.length === 0) throw stale()
  await ctx.cache.forget(keysOf(present))
}

const columnsOf = (
  title: string,
  content: string,
  excerpt: string,
  { html, renderVersion, readingMinutes }: Content,
) => ({
  title,
  content,
  excerpt,
  contentHtml: html,
  renderVersion,
  readingMinutes,
  search: fold(`${title}\n${excerpt}`),
})

/** True when nobody wrote the excerpt, so that it follows the content. */
const isMade = async (ctx: Context, { content, excerpt }: DetailRow): Promise<boolean> =>
  (await readContent(ctx.settings, content)).excerpt === excerpt

function tagStatements(ctx: Context, id: SQL, names: string[], condition: SQL): Statement[] {
  const given = named(names)
  return [
    insertTags(ctx.db, given, condition),
    untagPost(ctx.db, id, condition),
    tagPost(ctx.db, id, given, condition),
  ]
}

/** All that shows the post: itself, its neighbours, its comments, the lists, the feeds. */
export const keysOf = (row: Pick<DetailRow, 'id' | 'slug' | 'previous' | 'next'>): string[] => [
  ...[row, toNeighbour(row.previous), toNeighbour(row.next)].flatMap((one) =>
    one ? [postKey(one.id), postKey(one.slug)] : [],
  ),
  commentsKey({ type: 'post', id: row.id }),
  postsKey(),
  tagsKey(),
  ...feedKeys(),
  sitemapKey('post', partOf(row.id)),
]
