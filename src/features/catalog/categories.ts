import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { untilFirst } from '../../core/again.ts'
import { categoriesKey, categoryKey, everyCategoryKey, productKeys } from '../../core/cache-keys.ts'
import { changesOf } from '../../core/changes.ts'
import { briefly } from '../../core/content.ts'
import { notFound, stale } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import type { Found, Listed } from '../../core/found.ts'
import { batchBehind } from '../../db/batch.ts'
import type { Statement } from '../../db/client.ts'
import { readListed, readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import { keepMade } from '../idempotency/service.ts'
import { asSlugConflict, keepSlug, renamed, slugFor } from '../slugs/service.ts'
import {
  deleteCategory,
  findCategory,
  findMovedCategory,
  findShowing,
  findShownCategory,
  insertCategory,
  isCategoryAt,
  listCategories,
  listNewest,
  newestCategory,
  updateCategory,
} from './category-repo.ts'
import type {
  CategoryView,
  CreateCategory,
  ListCategories,
  UpdateCategory,
} from './category-schemas.ts'
import { type Name, nameOf } from './repo.ts'
import { toCategory } from './show.ts'
import type { CategoryRow } from './table.ts'
import { sortNameOf } from './words.ts'

/** Of more products than this, what is cached grows old by itself. */
const MOST_FORGOTTEN = 200

export const categoryPath = (idOrSlug: number | string): string => `/api/v1/categories/${idOrSlug}`

export const listAllCategories = (
  ctx: Context,
  filter: ListCategories,
): Promise<Listed<CategoryView>> =>
  readListed<CategoryView>(ctx, categoriesKey(), filter, (db) =>
    readPage<CategoryRow, CategoryView, string>(
      { db, settings: ctx.settings },
      'categories',
      filter,
      {
        rows: (after, id) => listCategories(db, filter.limit, after, id),
        keyOf: (row) => [row.sortName, row.id],
        view: toCategory,
      },
    ),
  )

export async function readCategory(ctx: Context, idOrSlug: string): Promise<Found<CategoryView>> {
  const name = nameOf(idOrSlug)
  const cached = await ctx.cache.rememberTagged(categoryKey(idOrSlug), async () => {
    const [row] = await findShownCategory(ctx.db, name)
    return row ? { view: toCategory(row), tag: String(row.version) } : null
  })
  return cached ? { cached } : { movedTo: await whereMoved(ctx, name) }
}

async function whereMoved(ctx: Context, name: Name): Promise<string> {
  const [moved] = 'slug' in name ? await findMovedCategory(ctx.db, name.slug) : []
  if (!moved) throw notFound('Category')
  return categoryPath(moved.slug)
}

/** The category as it is now, for whoever made it by `at`. Throws `not_found`. */
export async function readMadeCategory(
  ctx: Context,
  id: number,
  at: number,
): Promise<CategoryView> {
  const [row] = await findCategory(ctx.db, { id })
  if (!row || row.createdAt > at) throw notFound('Category')
  return toCategory(row)
}

/** Throws `conflict` when the slug is given and taken. */
export async function createCategory(ctx: Context, input: CreateCategory): Promise<CategoryView> {
  const [made] = await createCategories(ctx, [input])
  if (!made) throw notFound('Category')
  return made
}

/** Makes all of them or none. Throws as createCategory(). */
export async function createCategories(
  ctx: Context,
  inputs: CreateCategory[],
): Promise<CategoryView[]> {
  if (inputs.length === 0) return []
  const steps = await Promise.all(inputs.map((input) => createSteps(ctx, input)))
  try {
    const [made] = await batchBehind(
      ctx.db,
      [...steps.flat(), ...keepMade(ctx, newestCategory)],
      [listNewest(ctx.db, inputs.length)],
    )
    await ctx.cache.forget([...new Set(made.flatMap(keysOf))])
    return made.toReversed().map(toCategory)
  } catch (error) {
    throw asSlugConflict(error)
  }
}

async function createSteps(ctx: Context, input: CreateCategory): Promise<Statement[]> {
  const now = Date.now()
  const { name, description = '' } = input
  const wish = input.slug === undefined ? { title: name } : { slug: input.slug }
  const row = {
    name,
    sortName: sortNameOf(name),
    description,
    slug: await slugFor('category', wish),
    createdAt: now,
    updatedAt: now,
  }
  const slug = sql`(select slug from categories where id = ${newestCategory})`
  const entry = { entity: 'category', id: newestCategory, after: { name } } as const
  return [
    insertCategory(ctx.db, row),
    auditEntry(ctx, 'category.create', entry),
    keepSlug(ctx, 'category', slug, newestCategory),
  ]
}

/** Throws `not_found`, `stale`, or `conflict` when the slug is another's. */
export async function updateCategoryById(
  ctx: Context,
  id: number,
  input: UpdateCategory,
  ifMatch?: Precondition,
): Promise<Tagged<CategoryView>> {
  return await untilFirst(async () => {
    const [present] = await findCategory(ctx.db, { id })
    if (!present) throw notFound('Category')
    checkPrecondition(String(present.version), ifMatch)
    const changed = await applyChange(ctx, present, input)
    return changed && { view: toCategory(changed), tag: String(changed.version) }
  })
}

/** The row as it is then; nothing when another change came first. */
async function applyChange(
  ctx: Context,
  present: CategoryRow,
  input: UpdateCategory,
): Promise<CategoryRow | undefined> {
  const changes = changesOf(toCategory(present), input)
  if (!changes) return present
  const { id, version } = present
  const at = sql`${id}`
  const { name = present.name, description = present.description } = input
  const wish = await renamed(
    'category',
    { ...present, title: present.name },
    { ...input, title: input.name },
  )
  const slug = wish && (await slugFor('category', wish, at))
  try {
    const [updated, , [row], showing] = await batchBehind(
      ctx.db,
      slug ? [keepSlug(ctx, 'category', slug, at, isCategoryAt(id, version))] : [],
      [
        updateCategory(ctx.db, id, version, {
          name,
          sortName: sortNameOf(name),
          description,
          ...(slug && { slug }),
          updatedAt: Date.now(),
        }),
        auditEntry(ctx, 'category.update', {
          entity: 'category',
          id: String(id),
          ...briefly(changes),
        }),
        findCategory(ctx.db, { id }),
        findShowing(ctx.db, id, MOST_FORGOTTEN),
      ],
    )
    if (updated.length === 0) return undefined
    await ctx.cache.forget([
      ...new Set([
        ...[present, ...(row ? [row] : [])].flatMap(keysOf),
        ...showing.flatMap(productKeys),
      ]),
    ])
    return row
  } catch (error) {
    throw asSlugConflict(error)
  }
}

/** Its products stay. Throws `not_found`, or `stale` when it is not in a state that `ifMatch` allows. */
export async function deleteCategoryById(
  ctx: Context,
  id: number,
  ifMatch?: Precondition,
): Promise<void> {
  const [[present], showing, deleted] = await ctx.db.batch([
    findCategory(ctx.db, { id }),
    findShowing(ctx.db, id, MOST_FORGOTTEN),
    deleteCategory(ctx.db, id, allowedVersions(ifMatch)),
    auditEntry(ctx, 'category.delete', { entity: 'category', id: String(id) }),
  ])
  if (!present) throw notFound('Category')
  if (deleted.length === 0) throw stale()
  await ctx.cache.forget([...new Set([...keysOf(present), ...showing.flatMap(productKeys)])])
}

const keysOf = ({ id, slug }: CategoryRow): string[] => [
  categoryKey(id),
  categoryKey(slug),
  categoriesKey(),
  everyCategoryKey(),
]
