import type { Context } from '../../context.ts'
import { invalid } from '../../core/errors.ts'
import {
  type CartDiscount,
  type CartDiscountRow,
  type Customer,
  discountStatement,
  judgeDiscount,
} from '../discounts/service.ts'
import { note, peek, refusal, spend } from '../limits/service.ts'
import { CODE_TRIES } from './limits.ts'
import type { PricedLine } from './price.ts'
import type { QuoteCart } from './schemas.ts'

/** What is known of a cart's code, and of who wants to use it. */
export type GivenCode = {
  row: CartDiscountRow | undefined
  customer: Customer
  /** An order cannot be placed by nobody in particular where each customer has so many uses. */
  mustBeKnown: boolean
}

type Tries = { used: number; resetsAt: number } | undefined

/** Reads a cart's code, and how many wrong ones its source has tried, for one batch. */
export const codeStatements = (
  ctx: Context,
  { discount_code: code = '', items }: QuoteCart,
  customer: Customer,
) =>
  [
    discountStatement(
      ctx,
      code,
      items.map((item) => item.variant_id),
      customer,
    ),
    peek(ctx, CODE_TRIES, ctx.source),
  ] as const

/** Counts a code that does not exist. Throws `rate_limited` for whoever has tried too many. */
export async function countTry(
  ctx: Context,
  { discount_code: code }: QuoteCart,
  row: CartDiscountRow | undefined,
  tries: Tries,
): Promise<void> {
  if (code === undefined) return
  const isFull = tries !== undefined && tries.resetsAt > Date.now() && tries.used >= mostTries(ctx)
  if (isFull) {
    note(ctx, CODE_TRIES, tries)
    throw refusal(ctx, CODE_TRIES)
  }
  if (!row?.enabled) await spend(ctx, [CODE_TRIES], ctx.source)
}

const mostTries = ({ settings }: Context): number =>
  Math.ceil(CODE_TRIES.quota * settings.RATE_LIMIT_SCALE)

/** What a code takes off the lines; null without one. Throws `validation` that says why it takes nothing. */
export function discountOf(
  ctx: Context,
  { discount_code: code }: QuoteCart,
  lines: PricedLine[],
  { row, customer, mustBeKnown }: GivenCode,
): CartDiscount | null {
  if (code === undefined) return null
  const priced = lines.map(({ variantId, quantity, offer }) => {
    return { variantId, quantity, unitPrice: offer?.price ?? 0 }
  })
  const judged = judgeDiscount(ctx, row, priced, customer, { mustBeKnown })
  if ('problem' in judged) throw invalid([judged.problem])
  return judged.discount
}
