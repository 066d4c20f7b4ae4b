import { share } from '../../core/shares.ts'

type SoldLine = {
  position: number
  variantId: number
  quantity: number
  total: number
  discount: number
}
type SoldOrder = { lines: SoldLine[]; shipping: number; tax: number }

/** So many of a line go back, and what they have brought. */
export type RefundedLine = { position: number; quantity: number; value: number }

/**
 * What each line has brought: its price less its part of the discount, with its part of the tax, which
 * is shared out over lines and shipping by what they cost. Shipping itself belongs to no line.
 */
export function worthOf({ lines, shipping, tax }: SoldOrder): number[] {
  const nets = lines.map(({ total, discount }) => total - discount)
  const taxes = share(
    tax,
    [...nets, shipping].map((weight, index) => ({ weight, name: index })),
  )
  return nets.map((net, index) => net + (taxes[index] ?? 0))
}

/** What the first `units` of a line have brought: odd cents fall on the first ones. */
const unitsWorth = (worth: number, quantity: number, units: number): number =>
  Math.floor(worth / quantity) * units + Math.min(units, worth % quantity)

/** How many of each line have gone back, and what was counted for them. */
export function goneOf(order: SoldOrder, refunded: RefundedLine[]) {
  return order.lines.map(({ position }) => {
    const parts = refunded.filter((one) => one.position === position)
    return {
      quantity: parts.reduce((sum, part) => sum + part.quantity, 0),
      value: parts.reduce((sum, part) => sum + part.value, 0),
    }
  })
}

type Wanted = { variantId: number; quantity: number }

/**
 * Takes units off the lines of an order, beside those that have gone back already: first from the first
 * line of a variant. However they are divided up, all units of a line come to what it has brought.
 * `missing` names the wishes that ask for more than is left of their variant.
 */
export function takeUnits(order: SoldOrder, refunded: RefundedLine[], wanted: Wanted[]) {
  const worths = worthOf(order)
  const gone = goneOf(order, refunded)
  const taken = order.lines.map(() => 0)
  const missing: { index: number; left: number }[] = []
  for (const [index, { variantId, quantity }] of wanted.entries()) {
    let rest = quantity
    let left = 0
    for (const [at, line] of order.lines.entries()) {
      if (line.variantId !== variantId) continue
      const free = line.quantity - (gone[at]?.quantity ?? 0) - (taken[at] ?? 0)
      const part = Math.min(free, rest)
      taken[at] = (taken[at] ?? 0) + part
      rest -= part
      left += free
    }
    if (rest > 0) missing.push({ index, left })
  }
  const lines = order.lines.flatMap(({ position, quantity }, at): RefundedLine[] => {
    const units = taken[at] ?? 0
    const { quantity: before = 0, value: counted = 0 } = gone[at] ?? {}
    const value = unitsWorth(worths[at] ?? 0, quantity, before + units) - counted
    return units === 0 ? [] : [{ position, quantity: units, value }]
  })
  return { lines, missing }
}

/** All units that have not gone back yet. */
export const allUnits = (order: SoldOrder, refunded: RefundedLine[]): Wanted[] => {
  const gone = goneOf(order, refunded)
  return order.lines.flatMap(({ variantId, quantity }, at) => {
    const left = quantity - (gone[at]?.quantity ?? 0)
    return left > 0 ? [{ variantId, quantity: left }] : []
  })
}
