import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { mac } from '../../core/crypto.ts'
import type { FieldError } from '../../core/errors.ts'
import { inFigures } from '../../core/money.ts'
import type { Statement } from '../../db/client.ts'
import { type Customer, findForCart, hasUseLeft, insertUse } from './hold-repo.ts'
import { type PricedLine, priceDiscount, type Reduction } from './price.ts'
import { statusAt } from './show.ts'

export type { Customer } from './hold-repo.ts'

export type CartDiscountRow = Awaited<ReturnType<typeof findForCart>>[number]

/** A discount on a cart as it was priced, to be held with the order. */
export type CartDiscount = Reduction & { id: number; version: number; code: string }

/** The buyer: who is signed in, and the address that the receipt goes to, as far as they are known. */
export const customerOf = (ctx: Context, email: string | null): Customer => {
  const key = email?.toLowerCase() ?? null
  return {
    userId: ctx.actor.type === 'user' ? ctx.actor.id : null,
    email: key,
    emailKey: key === null ? null : mac(ctx.settings.SECRET_KEY, 'pseudonym', `buyer:${key}`),
  }
}

/** Reads a code with what it is for in a cart, for the batch of a quote; judgeDiscount() reads its row. */
export const discountStatement = (
  ctx: Context,
  code: string,
  variantIds: number[],
  customer: Customer,
) => findForCart(ctx.db, code.toUpperCase(), variantIds, customer)

type Judged = { discount: CartDiscount } | { problem: FieldError }

/**
 * What a code takes off a cart, or why it takes nothing off. A code that was switched off is answered
 * like one that never was. `mustBeKnown` is for an order: a quote is given to whoever has not said yet
 * who they are.
 */
export function judgeDiscount(
  ctx: Context,
  row: CartDiscountRow | undefined,
  lines: PricedLine[],
  customer: Customer,
  { mustBeKnown }: { mustBeKnown: boolean },
): Judged {
  const problem = (code: string, message: string): Judged => ({
    problem: { path: 'discount_code', code, message },
  })
  const status = row ? statusAt(row, Date.now()) : 'disabled'
  if (!row || status === 'disabled') return problem('unknown', 'There is no such code.')
  if (status === 'scheduled') return problem('not_yet', 'This code is not valid yet.')
  if (status === 'over') return problem('over', 'This code is not valid any more.')
  const most = row.maxUsesPerCustomer
  if (most !== null) {
    const isKnown = customer.userId !== null || customer.email !== null
    if (!isKnown && mustBeKnown) {
      return problem('needs_email', 'This code needs your e-mail address, or that you sign in.')
    }
    if (isKnown && row.usesByCustomer >= most) {
      return problem('used_by_you', 'You have used this code as often as anybody may.')
    }
  }
  if (status === 'used_up') return problem('used_up', 'This code has been used up.')
  const subtotal = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0)
  if (subtotal < row.minimum) {
    const least = inFigures({ amount: row.minimum, currency: ctx.settings.CURRENCY })
    return problem('below_minimum', `For this code the goods must come to ${least} or more.`)
  }
  const inScope = new Set<number>(JSON.parse(row.inScope))
  const reduction = priceDiscount(row, lines, inScope)
  if (reduction.amount === 0) {
    return problem('not_for_these', 'Nothing in this cart is cheaper with this code.')
  }
  const { id, version, code } = row
  return { discount: { id, version, code, ...reduction } }
}

/** True while the discount is as it was priced and has a use left: the condition of placeOrder(). */
export const canBeUsed = (discount: CartDiscount | null, customer: Customer): SQL =>
  discount ? hasUseLeft(discount, customer, Date.now()) : sql`true`

/**
 * Holds a use for an order, as statements that stand behind those of placeOrder() in its batch. With
 * the order's payment the use is used, and with its end given back, both by trigger.
 */
export const holdDiscount = (
  ctx: Context,
  orderUid: string,
  discount: CartDiscount | null,
  customer: Customer,
): Statement[] => (discount ? [insertUse(ctx.db, orderUid, discount.id, customer, Date.now())] : [])
