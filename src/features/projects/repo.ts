import { and, asc, desc, eq, lt, type SQL, sql } from 'drizzle-orm'
import type { Named } from '../../core/names.ts'
import { isUnfiltered } from '../../core/page.ts'
import { built } from '../../db/built.ts'
import type { Db } from '../../db/client.ts'
import { insertIf, type RowOf } from '../../db/record.ts'
import { imagesOf, videosOf } from '../media/table.ts'
import type { ListProjects } from './schemas.ts'
import { projects, projectTechnologies, technologies } from './table.ts'

export const isVisible = sql`projects.status = 'published'`

export const newestFirst = [desc(projects.publishedAt), desc(projects.id)]

export const summary = {
  id: projects.id,
  slug: projects.slug,
  title: projects.title,
  summary: projects.summary,
  repoUrl: projects.repoUrl,
  demoUrl: projects.demoUrl,
  featured: projects.featured,
  position: projects.position,
  status: projects.status,
  commentCount: projects.commentCount,
  likeCount: projects.likeCount,
  loveCount: projects.loveCount,
  congratulationsCount: projects.congratulationsCount,
  insightfulCount: projects.insightfulCount,
  version: projects.version,
  createdAt: projects.createdAt,
  updatedAt: projects.updatedAt,
  publishedAt: projects.publishedAt,
  /** JSON of names in their order. */
  technologies: sql<string>`(
    select json_group_array(name) from (
      select technologies.name from project_technologies
      join technologies on technologies.id = project_technologies.technology_id
      where project_technologies.project_id = projects.id
      order by project_technologies.position))`.as('technologies'),
  images: imagesOf('project', sql`projects.id`).as('images'),
}

const detail = {
  ...summary,
  content: projects.content,
  contentHtml: projects.contentHtml,
  videos: videosOf('project', sql`projects.id`).as('videos'),
}

/** The newest of those that are visible; a search stays among so many of them. */
const SEARCHED = 1000

const orders = {
  newest: newestFirst,
  position: [asc(projects.position), asc(projects.id)],
}

/** The first page as most ask for it. */
const firstOf = (sort: keyof typeof orders) =>
  built(`projects.${sort}`, ['limit'], (db, { limit }) =>
    db
      .select(summary)
      .from(projects)
      .where(isVisible)
      .orderBy(...orders[sort])
      .limit(limit),
  )
const listFirst = { newest: firstOf('newest'), position: firstOf('position') }

export function listProjects(
  db: Db,
  filter: ListProjects,
  words: { technology: string; q: string },
  after?: number,
  afterId?: number,
) {
  const { sort = 'newest', ...wishes } = filter
  if (after === undefined && isUnfiltered(wishes)) {
    return listFirst[sort](db, { limit: filter.limit + 1 })
  }
  const isByPosition = sort === 'position'
  const behind = isByPosition
    ? sql`(projects.position, projects.id) > (${after}, ${afterId})`
    : sql`(projects.published_at, projects.id) < (${after}, ${afterId})`
  return db
    .select(summary)
    .from(projects)
    .where(
      and(
        isVisible,
        after === undefined ? undefined : behind,
        filter.featured === undefined ? undefined : eq(projects.featured, filter.featured),
        filter.technology === undefined ? undefined : isMadeWith(words.technology),
        filter.q === undefined ? undefined : speaksOf(words.q),
      ),
    )
    .orderBy(...orders[sort])
    .limit(filter.limit + 1)
}

/** Asked of each project in turn: all of a technology would have to be sorted for one page. */
const isMadeWith = (key: string): SQL =>
  sql`exists (select 1 from project_technologies
    where project_id = projects.id and technology_id = (select id from technologies where key = ${key}))`

const speaksOf = (folded: string): SQL =>
  sql`projects.published_at >= coalesce((
      select n.published_at from projects n where n.status = 'published'
      order by n.published_at desc, n.id desc limit 1 offset ${SEARCHED - 1}), 0)
    and instr(projects.search, ${folded}) > 0`

export function listDrafts(db: Db, before: number | undefined, limit: number) {
  return db
    .select(summary)
    .from(projects)
    .where(
      and(
        sql`projects.status = 'draft'`,
        before === undefined ? undefined : lt(projects.id, before),
      ),
    )
    .orderBy(desc(projects.id))
    .limit(limit + 1)
}

export function countDrafts(db: Db) {
  return db
    .select({ count: sql<number>`count(*)`.as('count') })
    .from(projects)
    .where(sql`projects.status = 'draft'`)
}

/** A row by its number or its present slug. */
export type Name = { id: number | SQL } | { slug: string }

export function findProject(db: Db, name: Name) {
  return db
    .select(detail)
    .from(projects)
    .where('slug' in name ? eq(projects.slug, name.slug) : sql`projects.id = ${name.id}`)
}

/** The same where everybody may see it. */
export function findShown(db: Db, name: { id: number } | { slug: string }) {
  return 'slug' in name
    ? findShownBySlug(db, { value: name.slug })
    : findShownById(db, { value: name.id })
}

const shownBy = (column: typeof projects.slug | typeof projects.id) =>
  built(`projects.by ${column.name}`, ['value'], (db, { value }) =>
    db
      .select(detail)
      .from(projects)
      .where(and(eq(column, value), isVisible)),
  )
const findShownBySlug = shownBy(projects.slug)
const findShownById = shownBy(projects.id)

/** The present slug of the project that was once called so. */
export function findMoved(db: Db, slug: string, onlyVisible: boolean) {
  return db
    .select({ slug: projects.slug })
    .from(projects)
    .where(
      and(
        sql`projects.id = (select entity_id from slugs where entity_type = 'project' and slug = ${slug})`,
        onlyVisible ? isVisible : undefined,
      ),
    )
}

/** The row that the batch has just made: numbers grow, and one batch runs at a time. */
export const newestProject = sql`(select max(id) from projects)`

export function insertProject(db: Db, row: RowOf<typeof projects>) {
  return insertIf(db, projects, row, sql`true`)
}

/** True while the row is at that version; stands in all statements of a change. */
export const isAt = (id: number, version: number): SQL =>
  sql`exists (select 1 from projects where id = ${id} and version = ${version})`

type Change = Partial<Omit<RowOf<typeof projects>, 'id' | 'version'>>

export function updateProject(db: Db, id: number, version: number, change: Change) {
  return db
    .update(projects)
    .set({ ...change, version: sql`version + 1` })
    .where(and(eq(projects.id, id), eq(projects.version, version)))
    .returning({ id: projects.id })
}

export function deleteProject(db: Db, id: number, versions?: number[]) {
  return db
    .delete(projects)
    .where(
      and(
        eq(projects.id, id),
        versions && sql`version in (select value from json_each(${JSON.stringify(versions)}))`,
      ),
    )
    .returning({ id: projects.id })
}

/** Which of the numbers name a project. */
export function findKnown(db: Db, ids: number[]) {
  return db
    .select({ id: projects.id, slug: projects.slug })
    .from(projects)
    .where(sql`projects.id in (select value from json_each(${JSON.stringify(ids)}))`)
}

/** Positions 1, 2, 3 in the order of `ids`, where all of them are there; no row that stands so already. */
export function orderProjects(db: Db, ids: number[], now: number) {
  const given = sql`json_each(${JSON.stringify(ids)})`
  const wanted = sql`(select key + 1 from ${given} where value = projects.id)`
  return db
    .update(projects)
    .set({ position: wanted, version: sql`version + 1`, updatedAt: now })
    .where(
      sql`projects.id in (select value from ${given}) and projects.position <> ${wanted}
        and (select count(*) from projects where id in (select value from ${given})) = ${ids.length}`,
    )
    .returning({ id: projects.id })
}

/** Makes those technologies that nobody has used before. */
export function insertTechnologies(db: Db, given: Named[], condition: SQL) {
  return db
    .insert(technologies)
    .select(
      sql`select null, value ->> 'name', value ->> 'key'
        from json_each(${JSON.stringify(given)}) where ${condition}`,
    )
    .onConflictDoNothing()
}

export function clearTechnologies(db: Db, id: SQL, condition: SQL) {
  return db
    .delete(projectTechnologies)
    .where(sql`${projectTechnologies.projectId} = ${id} and ${condition}`)
}

export function addTechnologies(db: Db, id: SQL, given: Named[], condition: SQL) {
  return db.insert(projectTechnologies).select(
    sql`select ${id}, technologies.id, given.key from json_each(${JSON.stringify(given)}) given
      join technologies on technologies.key = given.value ->> 'key' where ${condition}`,
  )
}

export function listOutdated(db: Db, version: number, limit: number) {
  return db
    .select({ id: projects.id, content: projects.content, rowVersion: projects.version })
    .from(projects)
    .where(lt(projects.renderVersion, version))
    .limit(limit)
}

/** What it shows has not changed, so the row keeps its version. */
export function keepHtml(db: Db, id: number, version: number, contentHtml: string, by: number) {
  return db
    .update(projects)
    .set({ contentHtml, renderVersion: by })
    .where(and(eq(projects.id, id), eq(projects.version, version)))
}
