import type { Context } from '../../context.ts'
import { DAY, iso } from '../../core/time.ts'
import { createDiscount, type NewDiscount } from '../../features/discounts/service.ts'
import { actAsMara, once } from './people.ts'

/** One for everybody, one for each customer's first order, one that is over. */
const discounts = ({ settings }: Context): NewDiscount[] => [
  { code: 'SPRING-10', percent: 10, max_uses: 500 },
  {
    code: 'WELCOME',
    amount: { amount: 500, currency: settings.CURRENCY },
    minimum: { amount: 3000, currency: settings.CURRENCY },
    max_uses_per_customer: 1,
  },
  { code: 'FAIR-2025', percent: 15, ends_at: iso(Date.now() - 90 * DAY) },
]

export async function loadDiscounts(ctx: Context): Promise<void> {
  const asMara = await actAsMara(ctx)
  for (const discount of discounts(ctx)) await once(() => createDiscount(asMara, discount))
}
