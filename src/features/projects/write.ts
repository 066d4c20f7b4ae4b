import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { untilFirst } from '../../core/again.ts'
import {
  commentsKey,
  feedKeys,
  projectKey,
  projectsKey,
  sitemapKey,
} from '../../core/cache-keys.ts'
import { changesOf } from '../../core/changes.ts'
import { briefly, type Content, readContent } from '../../core/content.ts'
import { invalid, notFound, stale } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import { haveSameNames, named } from '../../core/names.ts'
import { partOf } from '../../core/sitemap-parts.ts'
import { fold } from '../../core/text.ts'
import { batchBehind } from '../../db/batch.ts'
import type { Statement } from '../../db/client.ts'
import { auditEntry } from '../audit/service.ts'
import { keepMade } from '../idempotency/service.ts'
import { keepImageUses } from '../media/uses.ts'
import { asSlugConflict, keepSlug, renamed, slugFor } from '../slugs/service.ts'
import {
  addTechnologies,
  clearTechnologies,
  deleteProject,
  findKnown,
  findProject,
  insertProject,
  insertTechnologies,
  isAt,
  newestProject,
  orderProjects,
  updateProject,
} from './repo.ts'
import type {
  CreateProject,
  OrderProjects,
  ProjectOrder,
  ProjectView,
  UpdateProject,
} from './schemas.ts'
import { type DetailRow, toProject, toTagged } from './show.ts'

/** Throws `conflict` when the slug is given and taken. */
export async function createProject(ctx: Context, input: CreateProject): Promise<ProjectView> {
  const now = Date.now()
  const { title, content, status = 'draft' } = input
  const text = await readContent(ctx.settings, content)
  const wish = input.slug === undefined ? { title } : { slug: input.slug }
  const row = {
    ...columnsOf(title, content, input.summary || text.excerpt, text),
    slug: await slugFor('project', wish),
    repoUrl: input.repo_url ?? null,
    demoUrl: input.demo_url ?? null,
    featured: input.featured ?? false,
    position: input.position ?? 0,
    status,
    authorId: ctx.actor.type === 'user' ? ctx.actor.id : null,
    publishedAt: status === 'published' ? now : null,
    createdAt: now,
    updatedAt: now,
  }
  const slug = sql`(select slug from projects where id = ${newestProject})`
  const after = { title, status }
  try {
    const [[made]] = await batchBehind(
      ctx.db,
      [
        insertProject(ctx.db, row),
        auditEntry(ctx, 'project.create', { entity: 'project', id: newestProject, after }),
        keepSlug(ctx, 'project', slug, newestProject),
        ...technologyStatements(ctx, newestProject, input.technologies ?? [], sql`true`),
        ...keepImageUses(ctx, 'project', newestProject, text.imageKeys),
        ...keepMade(ctx, newestProject),
      ],
      [findProject(ctx.db, { id: newestProject })],
    )
    if (!made) throw notFound('Project')
    await ctx.cache.forget(keysOf(made))
    return toProject(ctx, made)
  } catch (error) {
    throw asSlugConflict(error)
  }
}

/** Throws `not_found`, `stale`, or `conflict` when the slug is another's. */
export async function updateProjectById(
  ctx: Context,
  id: number,
  input: UpdateProject,
  ifMatch?: Precondition,
): Promise<Tagged<ProjectView>> {
  return await untilFirst(async () => {
    const [present] = await findProject(ctx.db, { id })
    if (!present) throw notFound('Project')
    checkPrecondition(String(present.version), ifMatch)
    const changed = await applyChange(ctx, present, input)
    return changed && (await toTagged(ctx, changed))
  })
}

/** The row as it is then; nothing when another change came first. */
async function applyChange(
  ctx: Context,
  present: DetailRow,
  input: UpdateProject,
): Promise<DetailRow | undefined> {
  const now = Date.now()
  const view = toProject(ctx, present)
  const text = await readContent(ctx.settings, input.content ?? present.content)
  const summary = input.summary ?? ((await isMade(ctx, present)) ? '' : present.summary)
  const changes = changesOf(view, {
    ...input,
    summary: summary || text.excerpt,
    technologies: haveSameNames(view.technologies, input.technologies ?? view.technologies)
      ? undefined
      : input.technologies,
  })
  if (!changes) return present

  const { id, version } = present
  const at = sql`${id}`
  const condition = isAt(id, version)
  const wish = await renamed('project', present, input)
  const slug = wish && (await slugFor('project', wish, at))
  const wanted = { ...view, ...changes.after } as ProjectView
  const { title, content, status } = wanted
  try {
    const [updated, , [row]] = await batchBehind(
      ctx.db,
      [
        ...(slug ? [keepSlug(ctx, 'project', slug, at, condition)] : []),
        ...technologyStatements(ctx, at, wanted.technologies, condition),
        ...keepImageUses(ctx, 'project', at, text.imageKeys, condition),
      ],
      [
        updateProject(ctx.db, id, version, {
          ...columnsOf(title, content, wanted.summary, text),
          ...(slug && { slug }),
          repoUrl: wanted.repo_url,
          demoUrl: wanted.demo_url,
          featured: wanted.featured,
          position: wanted.position,
          status,
          publishedAt: present.publishedAt ?? (status === 'published' ? now : null),
          updatedAt: now,
        }),
        auditEntry(ctx, 'project.update', {
          entity: 'project',
          id: String(id),
          ...briefly(changes),
        }),
        findProject(ctx.db, { id }),
      ],
    )
    if (updated.length === 0) return undefined
    await ctx.cache.forget([present, ...(row ? [row] : [])].flatMap(keysOf))
    return row
  } catch (error) {
    throw asSlugConflict(error)
  }
}

/** Throws `not_found`, or `stale` when the project is not in a state that `ifMatch` allows. */
export async function deleteProjectById(
  ctx: Context,
  id: number,
  ifMatch?: Precondition,
): Promise<void> {
  const [[present], deleted] = await ctx.db.batch([
    findProject(ctx.db, { id }),
    deleteProject(ctx.db, id, allowedVersions(ifMatch)),
    auditEntry(ctx, 'project.delete', { entity: 'project', id: String(id) }),
  ])
  if (!present) throw notFound('Project')
  if (deleted.length === 0) throw stale()
  await ctx.cache.forget(keysOf(present))
}

/** Gives the projects the positions 1, 2, 3 in that order. Throws `validation` when one is not there. */
export async function orderAllProjects(
  ctx: Context,
  { ids }: OrderProjects,
): Promise<ProjectOrder> {
  const [, , known] = await ctx.db.batch([
    orderProjects(ctx.db, ids, Date.now()),
    auditEntry(ctx, 'project.order', { entity: 'project', id: null, after: { ids } }),
    findKnown(ctx.db, ids),
  ])
  const unknown = ids.flatMap((id, index) => (known.some((one) => one.id === id) ? [] : [index]))
  if (unknown.length > 0) {
    throw invalid(
      unknown.slice(0, 20).map((index) => ({
        path: `ids.${index}`,
        code: 'not_found',
        message: 'There is no such project.',
      })),
    )
  }
  await ctx.cache.forget([...new Set(known.flatMap(keysOf))])
  return { ids }
}

const columnsOf = (
  title: string,
  content: string,
  summary: string,
  { html, renderVersion }: Content,
) => ({
  title,
  content,
  summary,
  contentHtml: html,
  renderVersion,
  search: fold(`${title}\n${summary}`),
})

/** True when nobody wrote the summary, so that it follows the content. */
const isMade = async (ctx: Context, { content, summary }: DetailRow): Promise<boolean> =>
  (await readContent(ctx.settings, content)).excerpt === summary

function technologyStatements(ctx: Context, id: SQL, names: string[], condition: SQL): Statement[] {
  const given = named(names)
  return [
    insertTechnologies(ctx.db, given, condition),
    clearTechnologies(ctx.db, id, condition),
    addTechnologies(ctx.db, id, given, condition),
  ]
}

/** All that shows the project: itself, its comments, the lists, the feeds. */
const keysOf = ({ id, slug }: Pick<DetailRow, 'id' | 'slug'>): string[] => [
  projectKey(id),
  projectKey(slug),
  commentsKey({ type: 'project', id }),
  projectsKey('newest'),
  projectsKey('position'),
  ...feedKeys(),
  sitemapKey('project', partOf(id)),
]
