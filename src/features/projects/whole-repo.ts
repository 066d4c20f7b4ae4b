import { and, desc, eq, sql } from 'drizzle-orm'
import type { Slice } from '../../core/page.ts'
import type { Db } from '../../db/client.ts'
import { videosOf } from '../media/table.ts'
import { writerOf } from '../users/table.ts'
import { isVisible, newestFirst, summary } from './repo.ts'
import { projects } from './table.ts'

const whole = {
  ...summary,
  viewCount: projects.viewCount,
  content: projects.content,
  videos: videosOf('project', sql`projects.id`).as('videos'),
  writer: writerOf(sql`projects.author_id`).as('writer'),
}

type Wishes = { onlyVisible: boolean; featured?: boolean | undefined }

/** Newest first. */
export function sliceProjects(db: Db, { skip, limit }: Slice, { onlyVisible, featured }: Wishes) {
  return db
    .select(whole)
    .from(projects)
    .where(
      and(
        onlyVisible ? isVisible : undefined,
        featured === undefined ? undefined : eq(projects.featured, featured),
      ),
    )
    .orderBy(...(onlyVisible ? newestFirst : [desc(projects.id)]))
    .limit(limit)
    .offset(skip)
}

export function findWhole(db: Db, id: number, onlyVisible: boolean) {
  return db
    .select(whole)
    .from(projects)
    .where(and(eq(projects.id, id), onlyVisible ? isVisible : undefined))
}
