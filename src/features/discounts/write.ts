import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { untilFirst } from '../../core/again.ts'
import { changesOf } from '../../core/changes.ts'
import { AppError, conflict, invalid, notFound, stale } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import { batchBehind } from '../../db/batch.ts'
import type { Statement } from '../../db/client.ts'
import { isTaken } from '../../db/errors.ts'
import { auditEntry } from '../audit/service.ts'
import { keepMade } from '../idempotency/service.ts'
import {
  addCategories,
  addProducts,
  areKnown,
  clearCategories,
  clearProducts,
  deleteUnused,
  disableUsed,
  findDiscount,
  findUnknown,
  insertDiscount,
  isAt,
  newestDiscount,
  updateDiscount,
  wasUsed,
} from './repo.ts'
import type { CreateDiscount, DiscountView, UpdateDiscount } from './schemas.ts'
import { type ShownRow, toDiscount, toTagged } from './show.ts'
import { NEW_TERMS, type Terms, termsWith } from './terms.ts'

/** Throws `validation`, or `conflict` when the code is taken. */
export async function createDiscount(ctx: Context, input: CreateDiscount): Promise<DiscountView> {
  const now = Date.now()
  const terms = termsWith({ ...NEW_TERMS, code: input.code }, input, ctx.settings.CURRENCY)
  const { product_ids, category_ids } = terms
  const row = { ...columnsOf(terms), createdAt: now, updatedAt: now }
  const isKnown = areKnown(product_ids, category_ids)
  const made = sql`iif(${isKnown}, ${newestDiscount}, null)`
  try {
    const [[found]] = await batchBehind(
      ctx.db,
      [
        insertDiscount(ctx.db, row, isKnown),
        auditEntry(ctx, 'discount.create', { entity: 'discount', id: made, after: terms }),
        addProducts(ctx.db, made, product_ids, isKnown),
        addCategories(ctx.db, made, category_ids, isKnown),
        ...keepMade(ctx, made, isKnown),
      ],
      [findDiscount(ctx.db, made)],
    )
    if (!found) throw await asUnknown(ctx, terms)
    return toDiscount(ctx, found)
  } catch (error) {
    throw asCodeConflict(error)
  }
}

/** What it says holds for orders from then on. Throws `not_found`, `stale`, `validation`, `conflict`. */
export async function updateDiscountById(
  ctx: Context,
  id: number,
  input: UpdateDiscount,
  ifMatch?: Precondition,
): Promise<Tagged<DiscountView>> {
  return await untilFirst(async () => {
    const [present] = await findDiscount(ctx.db, id)
    if (!present) throw notFound('Discount')
    checkPrecondition(String(present.version), ifMatch)
    const changed = await applyChange(ctx, present, input)
    return changed && (await toTagged(ctx, changed))
  })
}

/** The row as it is then; nothing when another change came first. */
async function applyChange(
  ctx: Context,
  present: ShownRow,
  input: UpdateDiscount,
): Promise<ShownRow | undefined> {
  const view = toDiscount(ctx, present)
  const terms = termsWith(view, input, ctx.settings.CURRENCY)
  const changes = changesOf(view, terms)
  if (!changes) return present
  const { id, version } = present
  const mayBe = sql`${terms.code.toUpperCase() === present.code.toUpperCase() ? sql`true` : sql`not ${wasUsed(id)}`}
    and ${areKnown(terms.product_ids, terms.category_ids)}`
  const condition = sql`${isAt(id, version)} and ${mayBe}`
  try {
    const [updated, , [row]] = await batchBehind(
      ctx.db,
      scopeStatements(ctx, sql`${id}`, terms, condition),
      [
        updateDiscount(ctx.db, id, version, { ...columnsOf(terms), updatedAt: Date.now() }, mayBe),
        auditEntry(ctx, 'discount.update', { entity: 'discount', id: String(id), ...changes }),
        findDiscount(ctx.db, id),
      ],
    )
    if (updated.length > 0) return row
    if (row?.version !== version) return undefined
    throw await asUnknown(ctx, terms)
  } catch (error) {
    throw asCodeConflict(error)
  }
}

/** Deletes a discount, or disables one that was ever used. Throws `not_found`, `stale`. */
export async function removeDiscount(
  ctx: Context,
  id: number,
  ifMatch?: Precondition,
): Promise<void> {
  const versions = allowedVersions(ifMatch)
  const entry = { entity: 'discount', id: String(id) } as const
  const [[present]] = await ctx.db.batch([
    findDiscount(ctx.db, id),
    disableUsed(ctx.db, id, Date.now(), versions),
    auditEntry(ctx, 'discount.disable', entry),
    deleteUnused(ctx.db, id, versions),
    auditEntry(ctx, 'discount.delete', entry),
  ])
  if (!present) throw notFound('Discount')
  if (versions && !versions.includes(present.version)) throw stale()
}

const columnsOf = (terms: Terms) => ({
  code: terms.code,
  codeKey: terms.code.toUpperCase(),
  ...(terms.amount === null
    ? { kind: 'percent' as const, value: terms.percent ?? 0 }
    : { kind: 'amount' as const, value: terms.amount.amount }),
  enabled: terms.enabled,
  startsAt: msOrNull(terms.starts_at),
  endsAt: msOrNull(terms.ends_at),
  minimum: terms.minimum?.amount ?? 0,
  maxUses: terms.max_uses,
  maxUsesPerCustomer: terms.max_uses_per_customer,
  scope: terms.scope,
})

const msOrNull = (instant: string | null): number | null =>
  instant === null ? null : Date.parse(instant)

const scopeStatements = (
  ctx: Context,
  id: SQL,
  { product_ids, category_ids }: Terms,
  condition: SQL,
): Statement[] => [
  clearProducts(ctx.db, id, condition),
  clearCategories(ctx.db, id, condition),
  addProducts(ctx.db, id, product_ids, condition),
  addCategories(ctx.db, id, category_ids, condition),
]

/** Why a row was not written that nothing else kept from it. */
async function asUnknown(ctx: Context, { product_ids, category_ids }: Terms): Promise<AppError> {
  const unknown = await findUnknown(ctx.db, product_ids, category_ids)
  if (unknown.length === 0) return conflict('The code of a discount that was used cannot change.')
  return invalid(
    unknown.slice(0, 20).map(({ list, place }) => ({
      path: `${list}.${place}`,
      code: 'not_found',
      message: `There is no such ${list === 'product_ids' ? 'product' : 'category'}.`,
    })),
  )
}

function asCodeConflict(error: unknown): unknown {
  if (!isTaken(error, 'discounts.code_key')) return error
  const message = 'This code is taken.'
  return new AppError('conflict', message, {
    errors: [{ path: 'code', code: 'taken', message }],
  })
}
