import { AppError, conflict, invalid } from '../../core/errors.ts'
import type { RefundOrder } from './admin-schemas.ts'
import { allUnits, type RefundedLine, takeUnits } from './refund-parts.ts'
import type { FullOrder } from './repo.ts'
import { linesIn, unitsIn } from './show.ts'
import { mayDo, refusalOf } from './states.ts'
import { figuresOf } from './words.ts'

/**
 * What goes back, and for which units. Throws `conflict` where the order does not allow it, too little
 * is left, or a line has gone back already.
 */
export function refundedBy(
  order: FullOrder,
  input: RefundOrder,
): { amount: number; lines: RefundedLine[] } {
  if (!mayDo('refund', order)) throw conflict(refusalOf('refund', order.status))
  if (input.amount && input.amount.currency !== order.currency) {
    throw invalid([
      { path: 'amount.currency', code: 'invalid_value', message: `Must be ${order.currency}.` },
    ])
  }
  if (input.restock && order.stock !== 'sold') {
    throw conflict('Its goods are back in the shop already.')
  }
  const sold = { ...order, lines: linesIn(order) }
  const gone = unitsIn(order)
  const isWhole = !input.amount && !input.lines
  const wanted = input.lines?.map(({ variant_id: variantId, quantity }) => ({
    variantId,
    quantity,
  }))
  const units = wanted ?? (isWhole ? allUnits(sold, gone) : [])
  const { lines, missing } = takeUnits(sold, gone, units)
  if (missing.length > 0) {
    const errors = missing.map(({ index, left }) => ({
      path: `lines.${index}`,
      code: 'too_many',
      message: `${left} of these can still go back.`,
    }))
    const detail = 'Some of these lines were not sold so often, or have gone back already.'
    throw new AppError('conflict', detail, { errors })
  }
  const { left } = order
  const amount =
    input.amount?.amount ?? (isWhole ? left : lines.reduce((sum, { value }) => sum + value, 0))
  if (left === 0) throw conflict('Nothing of it is left to give back.')
  if (amount === 0) throw conflict('Nothing was paid for these.')
  if (amount > left) throw conflict(`Only ${figuresOf(order, left)} of it can still be given back.`)
  return { amount, lines }
}
