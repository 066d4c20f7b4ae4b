import type { Context } from '../../context.ts'
import { etagOf, type Tagged } from '../../core/etag.ts'
import type { Money } from '../../core/money.ts'
import { iso, isoOrNull } from '../../core/time.ts'
import type { DiscountStatus } from './kinds.ts'
import type { findDiscount } from './repo.ts'
import type { DiscountView } from './schemas.ts'

export type ShownRow = Awaited<ReturnType<typeof findDiscount>>[number]

export const discountPath = (id: number): string => `/api/v1/discounts/${id}`

type Standing = Pick<ShownRow, 'enabled' | 'startsAt' | 'endsAt' | 'maxUses' | 'held' | 'used'>

/** How it stands at that moment; the repository's isActive() says the same of `active`. */
export function statusAt(row: Standing, now: number): DiscountStatus {
  if (!row.enabled) return 'disabled'
  if (row.endsAt !== null && row.endsAt <= now) return 'over'
  if (row.startsAt !== null && row.startsAt > now) return 'scheduled'
  return row.maxUses !== null && row.held + row.used >= row.maxUses ? 'used_up' : 'active'
}

export function toDiscount(ctx: Context, row: ShownRow): DiscountView {
  const money = (amount: number): Money => ({ amount, currency: ctx.settings.CURRENCY })
  return {
    id: row.id,
    code: row.code,
    percent: row.kind === 'percent' ? row.value : null,
    amount: row.kind === 'amount' ? money(row.value) : null,
    enabled: row.enabled,
    status: statusAt(row, Date.now()),
    starts_at: isoOrNull(row.startsAt),
    ends_at: isoOrNull(row.endsAt),
    minimum: row.minimum === 0 ? null : money(row.minimum),
    max_uses: row.maxUses,
    max_uses_per_customer: row.maxUsesPerCustomer,
    scope: row.scope,
    product_ids: JSON.parse(row.productIds),
    category_ids: JSON.parse(row.categoryIds),
    uses: { held: row.held, used: row.used },
    created_at: iso(row.createdAt),
    updated_at: iso(row.updatedAt),
  }
}

/** With a tag that also tells when it was used. */
export async function toTagged(ctx: Context, row: ShownRow): Promise<Tagged<DiscountView>> {
  const view = toDiscount(ctx, row)
  return { view, tag: await etagOf(row.version, view) }
}
