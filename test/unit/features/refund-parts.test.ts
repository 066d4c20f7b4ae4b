import fc from 'fast-check'
import { describe, it } from 'vitest'
import { share } from '../../../src/core/shares.ts'
import {
  allUnits,
  type RefundedLine,
  takeUnits,
  worthOf,
} from '../../../src/features/orders/refund-parts.ts'

const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0)

/** An order with a discount, shipping and tax; a variant may stand on two lines. */
const orders = fc
  .record({
    lines: fc.array(
      fc.record({
        variantId: fc.integer({ min: 1, max: 4 }),
        quantity: fc.integer({ min: 1, max: 9 }),
        unitPrice: fc.integer({ min: 0, max: 2000 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    percent: fc.integer({ min: 0, max: 100 }),
    shipping: fc.integer({ min: 0, max: 900 }),
    tax: fc.integer({ min: 0, max: 999 }),
  })
  .map(({ lines, percent, shipping, tax }) => {
    const totals = lines.map(({ quantity, unitPrice }) => quantity * unitPrice)
    const discount = Math.round((sum(totals) * percent) / 100)
    const parts = share(
      discount,
      totals.map((weight, name) => ({ weight, name })),
    )
    const paid = sum(totals) - discount + shipping
    return {
      lines: lines.map(({ variantId, quantity }, position) => ({
        position,
        variantId,
        quantity,
        total: totals[position] ?? 0,
        discount: parts[position] ?? 0,
      })),
      shipping,
      tax: paid === 0 ? 0 : tax,
    }
  })

type Order = typeof orders extends fc.Arbitrary<infer One> ? One : never
const paidFor = ({ lines, shipping, tax }: Order) =>
  sum(lines.map(({ total, discount }) => total - discount)) + shipping + tax

describe('what the lines of an order have brought', () => {
  it('is all but the shipping with its tax', ({ expect }) => {
    fc.assert(
      fc.property(orders, (order) => {
        const rest = paidFor(order) - sum(worthOf(order))
        expect(rest).toBeGreaterThanOrEqual(order.shipping)
        expect(rest).toBeLessThanOrEqual(order.shipping + order.tax)
        if (order.shipping === 0) expect(rest).toBe(0)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('units that go back', () => {
  it('come to the same in whatever parts and order, and none below nothing', ({ expect }) => {
    const stories = fc.tuple(
      orders,
      fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }))),
      fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
    )
    fc.assert(
      fc.property(stories, ([order, wishes, failures]) => {
        let gone: RefundedLine[] = []
        for (const [index, [variantId, quantity]] of wishes.entries()) {
          const { lines, missing } = takeUnits(order, gone, [{ variantId, quantity }])
          for (const { value } of lines) expect(value).toBeGreaterThanOrEqual(0)
          const had = sum(lines.map((line) => line.quantity))
          if (missing[0]) expect(missing[0].left).toBe(had)
          else expect(had).toBe(quantity)
          // Some come to nothing at the provider, the earlier ones too.
          if (!missing[0] && !failures[index % 20]) gone = [...gone, ...lines]
          if (failures[(index + 7) % 20] && gone.length > 3) gone = gone.slice(1)
        }
        const { lines, missing } = takeUnits(order, gone, allUnits(order, gone))
        expect(missing).toEqual([])
        const all = [...gone, ...lines]
        expect(sum(all.map((line) => line.quantity))).toBe(sum(order.lines.map((l) => l.quantity)))
        expect(sum(all.map((line) => line.value))).toBe(sum(worthOf(order)))
        for (const { value } of lines) expect(value).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 2000 },
    )
  })

  it('are those that there are', ({ expect }) => {
    const order = {
      lines: [
        { position: 0, variantId: 1, quantity: 2, total: 200, discount: 1 },
        { position: 1, variantId: 1, quantity: 1, total: 100, discount: 0 },
      ],
      shipping: 0,
      tax: 0,
    }
    expect(takeUnits(order, [], [{ variantId: 1, quantity: 3 }]).lines).toEqual([
      { position: 0, quantity: 2, value: 199 },
      { position: 1, quantity: 1, value: 100 },
    ])
    const gone = [{ position: 0, quantity: 1, value: 100 }]
    expect(takeUnits(order, gone, [{ variantId: 1, quantity: 3 }]).missing).toEqual([
      { index: 0, left: 2 },
    ])
    expect(takeUnits(order, gone, [{ variantId: 2, quantity: 1 }]).missing).toEqual([
      { index: 0, left: 0 },
    ])
  })
})
