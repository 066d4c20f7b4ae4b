import { and, desc, eq, type SQL, sql } from 'drizzle-orm'
import type { Slice } from '../../core/page.ts'
import type { Db } from '../../db/client.ts'
import { videosOf } from '../media/table.ts'
import { writerOf } from '../users/table.ts'
import { isVisible, isWaiting, newestFirst, summary } from './repo.ts'
import { posts } from './table.ts'

const whole = {
  ...summary,
  content: posts.content,
  videos: videosOf('post', sql`posts.id`).as('videos'),
  writer: writerOf(sql`posts.author_id`).as('writer'),
}

/** What everybody may see, what waits for it, or both. */
export type Part = 'shown' | 'waiting' | 'all'

const ORDER: Record<Part, SQL[]> = {
  shown: newestFirst,
  waiting: [desc(posts.id)],
  all: [desc(posts.id)],
}

/** Newest first. */
export function slicePosts(db: Db, part: Part, { skip, limit }: Slice, now: number) {
  const isIn = { shown: isVisible(now), waiting: isWaiting(now), all: undefined }[part]
  return db
    .select(whole)
    .from(posts)
    .where(isIn)
    .orderBy(...ORDER[part])
    .limit(limit)
    .offset(skip)
}

export function findWhole(
  db: Db,
  name: { id: number } | { slug: string },
  now: number,
  part: Part,
) {
  return db
    .select(whole)
    .from(posts)
    .where(
      and(
        'slug' in name ? eq(posts.slug, name.slug) : eq(posts.id, name.id),
        part === 'shown' ? isVisible(now) : undefined,
      ),
    )
}
