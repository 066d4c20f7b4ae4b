import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { callerOf } from '../../core/actor.ts'
import { untilFirst } from '../../core/again.ts'
import { productKeys } from '../../core/cache-keys.ts'
import { changesOf } from '../../core/changes.ts'
import { AppError, conflict, notFound, stale } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import { batchBehind } from '../../db/batch.ts'
import { isTaken } from '../../db/errors.ts'
import { auditEntry } from '../audit/service.ts'
import { keepMade } from '../idempotency/service.ts'
import { firstFor } from '../media/placing.ts'
import { MOST_VARIANTS } from './kinds.ts'
import type { NestedVariant } from './repo.ts'
import { toVariant } from './show.ts'
import {
  archiveVariant,
  deleteVariant,
  findRoom,
  findSkus,
  findVariant,
  insertFirstStock,
  insertVariants,
  type NewVariant,
  newestVariant,
  updateVariant,
} from './variant-repo.ts'
import type { CreateVariant, UpdateVariant, VariantView } from './variant-schemas.ts'
import { checkPrices, optionKeyOf, titleOf } from './words.ts'

type VariantRow = Awaited<ReturnType<typeof findVariant>>[number]

export const variantPath = (id: number): string => `/api/v1/variants/${id}`

/**
 * Makes a variant, with the picture that has the name `first`. Throws `not_found`, or `conflict` for a
 * sku or a combination that is there, or a full product.
 */
export async function addVariant(
  ctx: Context,
  productId: number,
  input: CreateVariant,
  first: string | null = null,
): Promise<VariantView> {
  checkPrices(ctx, [input], () => '')
  const [room] = await findRoom(ctx.db, productId)
  if (!room) throw notFound('Product')
  if (room.held >= MOST_VARIANTS) throw conflict(`It has ${MOST_VARIANTS} variants already.`)
  const picture = await firstFor(ctx, first)
  const now = Date.now()
  const rows = [toRow(input)]
  const after = { product_id: productId, sku: input.sku, price: input.price.amount }
  try {
    const [[made]] = await batchBehind(
      ctx.db,
      [
        insertVariants(ctx.db, sql`${productId}`, rows, MOST_VARIANTS, now, picture?.isThere),
        auditEntry(ctx, 'variant.create', { entity: 'variant', id: newestVariant, after }),
        insertFirstStock(ctx.db, rows, callerOf(ctx.actor), now),
        ...(picture?.steps('variant', bySku(input.sku)) ?? []),
        ...keepMade(ctx, newestVariant, isMade(input.sku)),
      ],
      [findVariant(ctx.db, bySku(input.sku))],
    )
    if (!made) throw conflict('The product changed meanwhile. Try again.')
    await ctx.cache.forget(keysOf(made))
    return toView(ctx, made)
  } catch (error) {
    throw await asVariantConflict(ctx, error, [input], () => '')
  }
}

const bySku = (sku: string) => sql`(select id from variants where sku = ${sku})`
const isMade = (sku: string) => sql`exists (select 1 from variants where sku = ${sku})`

/** A variant as its row holds it. */
export function toRow(input: CreateVariant): NewVariant {
  const options = input.options ?? {}
  return {
    sku: input.sku,
    title: input.title || titleOf(options),
    options: JSON.stringify(options),
    optionKey: optionKeyOf(options),
    price: input.price.amount,
    compareAt: input.compare_at?.amount ?? null,
    weightGrams: input.weight_grams ?? null,
    position: input.position ?? null,
    status: input.status ?? 'active',
    lowStockAt: input.low_stock_at ?? null,
    onHand: input.on_hand ?? 0,
  }
}

/** The variant as it is now, for whoever made it by `at`. Throws `not_found`. */
export async function readMadeVariant(ctx: Context, id: number, at: number): Promise<VariantView> {
  const [row] = await findVariant(ctx.db, id)
  if (!row || row.createdAt > at) throw notFound('Variant')
  return toView(ctx, row)
}

/** Throws `not_found`, `stale`, `validation`, or `conflict` for a sku or a combination that is there. */
export async function updateVariantById(
  ctx: Context,
  id: number,
  input: UpdateVariant,
  ifMatch?: Precondition,
): Promise<Tagged<VariantView>> {
  return await untilFirst(async () => {
    const [present] = await findVariant(ctx.db, id)
    if (!present) throw notFound('Variant')
    checkPrecondition(String(present.version), ifMatch)
    const changed = await applyChange(ctx, present, input)
    return changed && { view: toView(ctx, changed), tag: String(changed.version) }
  })
}

/** The row as it is then; nothing when another change came first. */
async function applyChange(
  ctx: Context,
  present: VariantRow,
  input: UpdateVariant,
): Promise<VariantRow | undefined> {
  const view = toView(ctx, present)
  const { id, version } = present
  const options = input.options ?? view.options
  // A title that nobody wrote follows the options.
  const title = input.title ?? (view.title === titleOf(view.options) ? '' : view.title)
  const wanted = { ...view, ...given(input), options, title: title || titleOf(options) }
  checkPrices(ctx, [wanted], () => '')
  const changes = changesOf(view, wanted)
  if (!changes) return present
  try {
    const [updated, , [row]] = await ctx.db.batch([
      updateVariant(ctx.db, id, version, {
        sku: wanted.sku,
        title: wanted.title,
        options: JSON.stringify(options),
        optionKey: optionKeyOf(options),
        price: wanted.price.amount,
        compareAt: wanted.compare_at?.amount ?? null,
        weightGrams: wanted.weight_grams,
        position: wanted.position,
        status: wanted.status,
        lowStockAt: wanted.low_stock_at ?? null,
        updatedAt: Date.now(),
      }),
      auditEntry(ctx, 'variant.update', { entity: 'variant', id: String(id), ...changes }),
      findVariant(ctx.db, id),
    ])
    if (updated.length === 0) return undefined
    await ctx.cache.forget(keysOf(present))
    return row
  } catch (error) {
    throw await asVariantConflict(ctx, error, [wanted], () => '')
  }
}

/** The fields that a body brought. */
const given = <Input extends object>(input: Input) =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Input]?: Exclude<Input[Name], undefined>
  }

/** Deletes a variant, or archives one that was ever ordered. Throws `not_found`, `stale`. */
export async function removeVariant(
  ctx: Context,
  id: number,
  ifMatch?: Precondition,
): Promise<void> {
  const versions = allowedVersions(ifMatch)
  const entry = { entity: 'variant', id: String(id) } as const
  const [[present]] = await ctx.db.batch([
    findVariant(ctx.db, id),
    archiveVariant(ctx.db, id, Date.now(), versions),
    auditEntry(ctx, 'variant.archive', entry),
    deleteVariant(ctx.db, id, versions),
    auditEntry(ctx, 'variant.delete', entry),
  ])
  if (!present) throw notFound('Variant')
  if (versions && !versions.includes(present.version)) throw stale()
  await ctx.cache.forget(keysOf(present))
}

/**
 * D1's word for a sku or a combination that is there already, as a `conflict` that names it; any other
 * error as it is. `at` leads to the variants in the body.
 */
export async function asVariantConflict(
  ctx: Context,
  error: unknown,
  wanted: { sku: string }[],
  at: (index: number) => string,
): Promise<unknown> {
  if (isTaken(error, 'variants.product_id, variants.option_key')) {
    return conflict('The product has this combination of options already, perhaps archived.')
  }
  if (!isTaken(error, 'variants.sku')) return error
  const rows = await findSkus(
    ctx.db,
    wanted.map(({ sku }) => sku),
  )
  const taken = new Set(rows.map(({ sku }) => sku))
  const errors = wanted.flatMap(({ sku }, index) =>
    taken.has(sku)
      ? [{ path: `${at(index)}sku`, code: 'taken', message: 'This sku is taken.' }]
      : [],
  )
  return new AppError('conflict', 'This sku is taken.', { errors: errors.slice(0, 20) })
}

const toView = (ctx: Context, row: VariantRow): VariantView => {
  const variant: NestedVariant = JSON.parse(row.variant)
  return toVariant(ctx, variant, row.productId, true)
}

const keysOf = ({ productId, slug }: VariantRow): string[] => productKeys({ id: productId, slug })
