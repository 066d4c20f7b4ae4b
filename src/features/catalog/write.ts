import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { callerOf } from '../../core/actor.ts'
import { untilFirst } from '../../core/again.ts'
import { changesOf } from '../../core/changes.ts'
import { briefly, readContent } from '../../core/content.ts'
import { conflict, invalid, notFound, stale } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import { batchBehind } from '../../db/batch.ts'
import type { Statement } from '../../db/client.ts'
import { isEmpty } from '../../db/errors.ts'
import { auditEntry } from '../audit/service.ts'
import { keepMade } from '../idempotency/service.ts'
import { firstFor } from '../media/placing.ts'
import { keepImageUses } from '../media/uses.ts'
import { asSlugConflict, keepSlug, renamed, slugFor } from '../slugs/service.ts'
import { MOST_CATEGORIES, MOST_VARIANTS } from './kinds.ts'
import { findProduct } from './repo.ts'
import type { CreateProduct, ProductView, UpdateProduct } from './schemas.ts'
import { type DetailRow, keysOf, toProduct, toTagged } from './show.ts'
import { insertFirstStock, insertVariants } from './variant-repo.ts'
import { asVariantConflict, toRow } from './variants.ts'
import { checkPrices, searchTextOf, sortNameOf } from './words.ts'
import {
  archiveProduct,
  categorise,
  clearCategorised,
  deleteProduct,
  findKnownCategories,
  insertCategorised,
  insertProduct,
  isAt,
  newestProduct,
  touchProduct,
  uncategorise,
  updateProduct,
} from './write-repo.ts'

const placeOf = (index: number): string => `variants.${index}.`

/**
 * Makes a product with its variants, their first stock, its categories and the picture that has the
 * name `first`, or none of it. Throws `validation`, or `conflict` when its slug, a sku or a combination
 * is taken.
 */
export async function createProduct(
  ctx: Context,
  input: CreateProduct,
  first: string | null = null,
): Promise<ProductView> {
  const { name, description = '', attributes = {}, status = 'draft' } = input
  const { variants = [], category_ids: categoryIds = [] } = input
  checkPrices(ctx, variants, placeOf)
  await checkCategories(ctx, categoryIds)
  const picture = await firstFor(ctx, first)
  const now = Date.now()
  const text = await readContent(ctx.settings, description)
  const wish = input.slug === undefined ? { title: name } : { slug: input.slug }
  const row = {
    ...columnsOf({ name, description, attributes, html: text.html }, text.renderVersion),
    // Without a name the whole batch fails.
    ...(picture && { name: sql`case when ${picture.isThere} then ${name} end` }),
    slug: await slugFor('product', wish),
    status,
    publishedAt: status === 'active' ? now : null,
    createdAt: now,
    updatedAt: now,
  }
  const slug = sql`(select slug from products where id = ${newestProduct})`
  const after = { name, status, skus: variants.map(({ sku }) => sku) }
  const rows = variants.map(toRow)
  try {
    const [[made]] = await batchBehind(
      ctx.db,
      [
        insertProduct(ctx.db, row),
        auditEntry(ctx, 'product.create', {
          entity: 'product',
          id: newestProduct,
          ...briefly({ before: {}, after }),
        }),
        keepSlug(ctx, 'product', slug, newestProduct),
        insertCategorised(ctx.db, newestProduct, categoryIds, sql`true`),
        insertVariants(ctx.db, newestProduct, rows, MOST_VARIANTS, now),
        insertFirstStock(ctx.db, rows, callerOf(ctx.actor), now),
        ...keepImageUses(ctx, 'product', newestProduct, text.imageKeys),
        ...(picture?.steps('product', newestProduct) ?? []),
        ...keepMade(ctx, newestProduct),
      ],
      [findProduct(ctx.db, { id: newestProduct })],
    )
    if (!made) throw notFound('Product')
    await ctx.cache.forget(keysOf(made))
    return toProduct(ctx, made, true)
  } catch (error) {
    if (isEmpty(error, 'products.name')) throw conflict('The picture was taken meanwhile.')
    throw await asConflict(ctx, error, variants)
  }
}

const asConflict = (ctx: Context, error: unknown, variants: { sku: string }[]) =>
  asVariantConflict(ctx, asSlugConflict(error), variants, placeOf)

/** Throws `validation`, which names each category that is not there. */
async function checkCategories(ctx: Context, ids: number[]): Promise<void> {
  if (ids.length === 0) return
  const known = await findKnownCategories(ctx.db, ids)
  const errors = ids.flatMap((id, index) =>
    known.some((one) => one.id === id)
      ? []
      : [
          {
            path: `category_ids.${index}`,
            code: 'not_found',
            message: 'There is no such category.',
          },
        ],
  )
  if (errors.length > 0) throw invalid(errors)
}

/** Throws `not_found`, `stale`, `validation`, or `conflict` when the slug is another's. */
export async function updateProductById(
  ctx: Context,
  id: number,
  input: UpdateProduct,
  ifMatch?: Precondition,
): Promise<Tagged<ProductView>> {
  await checkCategories(ctx, input.category_ids ?? [])
  return await untilFirst(async () => {
    const [present] = await findProduct(ctx.db, { id })
    if (!present) throw notFound('Product')
    checkPrecondition(String(present.version), ifMatch)
    const changed = await applyChange(ctx, present, input)
    return changed && (await toTagged(ctx, changed))
  })
}

/** The row as it is then; nothing when another change came first. */
async function applyChange(
  ctx: Context,
  present: DetailRow,
  input: UpdateProduct,
): Promise<DetailRow | undefined> {
  const now = Date.now()
  const view = toProduct(ctx, present, true)
  const shown = { ...view, category_ids: inOrder(view.categories.map(({ id }) => id)) }
  const wanted = { ...input, category_ids: input.category_ids && inOrder(input.category_ids) }
  const changes = changesOf(shown, wanted)
  if (!changes) return present

  const { id, version } = present
  const at = sql`${id}`
  const condition = isAt(id, version)
  const { name = view.name, description = view.description, status = view.status } = input
  const attributes = input.attributes ?? view.attributes
  const text = await readContent(ctx.settings, description)
  const wish = await renamed('product', titled(present), titled(input))
  const slug = wish && (await slugFor('product', wish, at))
  try {
    const [updated, , [row]] = await batchBehind(
      ctx.db,
      [
        ...(slug ? [keepSlug(ctx, 'product', slug, at, condition)] : []),
        ...(wanted.category_ids ? categorySteps(ctx, at, wanted.category_ids, condition) : []),
        ...keepImageUses(ctx, 'product', at, text.imageKeys, condition),
      ],
      [
        updateProduct(ctx.db, id, version, {
          ...columnsOf({ name, description, attributes, html: text.html }, text.renderVersion),
          ...(slug && { slug }),
          status,
          publishedAt: present.publishedAt ?? (status === 'active' ? now : null),
          updatedAt: now,
        }),
        auditEntry(ctx, 'product.update', {
          entity: 'product',
          id: String(id),
          ...briefly(changes),
        }),
        findProduct(ctx.db, { id }),
      ],
    )
    if (updated.length === 0) return undefined
    await ctx.cache.forget([...new Set([present, ...(row ? [row] : [])].flatMap(keysOf))])
    return row
  } catch (error) {
    throw asSlugConflict(error)
  }
}

const inOrder = (ids: number[]): number[] => ids.toSorted((one, other) => one - other)

/** Slugs are made of titles, which products call names. */
const titled = <Named extends { name?: string | undefined }>(one: Named) => ({
  ...one,
  title: one.name as Named['name'],
})

const categorySteps = (ctx: Context, id: SQL, ids: number[], condition: SQL): Statement[] => [
  clearCategorised(ctx.db, id, condition),
  insertCategorised(ctx.db, id, ids, condition),
]

type Written = {
  name: string
  description: string
  attributes: Record<string, string | string[]>
  html: string
}

const columnsOf = ({ name, description, attributes, html }: Written, renderVersion: number) => ({
  name,
  sortName: sortNameOf(name),
  description,
  descriptionHtml: html,
  renderVersion,
  attributes: JSON.stringify(attributes),
  search: searchTextOf(name, attributes),
})

/** Deletes a product, or archives one that was ever ordered. Throws `not_found`, `stale`. */
export async function deleteProductById(
  ctx: Context,
  id: number,
  ifMatch?: Precondition,
): Promise<void> {
  const versions = allowedVersions(ifMatch)
  const entry = { entity: 'product', id: String(id) } as const
  const [[present]] = await ctx.db.batch([
    findProduct(ctx.db, { id }),
    archiveProduct(ctx.db, id, Date.now(), versions),
    auditEntry(ctx, 'product.archive', entry),
    deleteProduct(ctx.db, id, versions),
    auditEntry(ctx, 'product.delete', entry),
  ])
  if (!present) throw notFound('Product')
  if (versions && !versions.includes(present.version)) throw stale()
  await ctx.cache.forget(keysOf(present))
}

/**
 * Puts a product into all of the categories, or into none. Throws `not_found` for it and for one that is
 * not there, `conflict` when it stands in enough of them.
 */
export async function categoriseProduct(
  ctx: Context,
  id: number,
  categoryIds: number[],
): Promise<void> {
  const now = Date.now()
  const [known, [row]] = await batchBehind(
    ctx.db,
    categoryIds.flatMap((one) => [
      categorise(ctx.db, id, one, categoryIds, MOST_CATEGORIES),
      auditEntry(ctx, 'product.categorise', entryOf(id, one)),
      touchProduct(ctx.db, id, now),
    ]),
    [findKnownCategories(ctx.db, categoryIds), findProduct(ctx.db, { id })],
  )
  if (!row) throw notFound('Product')
  if (known.length < categoryIds.length) throw notFound('Category')
  const held = new Set(toProduct(ctx, row, true).categories.map((one) => one.id))
  if (!categoryIds.every((one) => held.has(one))) {
    throw conflict(`It may stand in ${MOST_CATEGORIES} categories.`)
  }
  await ctx.cache.forget(keysOf(row))
}

/** Takes a product out of a category that it may stand in. Throws `not_found` for the product. */
export async function uncategoriseProduct(
  ctx: Context,
  id: number,
  categoryId: number,
): Promise<void> {
  const [[present]] = await ctx.db.batch([
    findProduct(ctx.db, { id }),
    uncategorise(ctx.db, id, categoryId),
    auditEntry(ctx, 'product.uncategorise', entryOf(id, categoryId)),
    touchProduct(ctx.db, id, Date.now()),
  ])
  if (!present) throw notFound('Product')
  await ctx.cache.forget(keysOf(present))
}

const entryOf = (id: number, category_id: number) =>
  ({ entity: 'product', id: String(id), after: { category_id } }) as const
