import fc from 'fast-check'
import { describe, it } from 'vitest'
import { MOST_AMOUNT } from '../../../src/core/money.ts'
import { share } from '../../../src/core/shares.ts'
import { type PricedLine, priceDiscount } from '../../../src/features/discounts/price.ts'

const lines = fc.array(
  fc.record({
    variantId: fc.integer({ min: 1, max: 20 }),
    quantity: fc.integer({ min: 1, max: 99 }),
    unitPrice: fc.oneof(
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 0, max: Math.floor(MOST_AMOUNT / 99 / 50) }),
    ),
  }),
  { minLength: 1, maxLength: 50 },
)
const terms = fc.oneof(
  fc.record({ kind: fc.constant('percent' as const), value: fc.integer({ min: 1, max: 100 }) }),
  fc.record({
    kind: fc.constant('amount' as const),
    value: fc.oneof(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: MOST_AMOUNT })),
  }),
)
const scope = fc.uniqueArray(fc.integer({ min: 1, max: 20 })).map((ids) => new Set(ids))

const totalOf = ({ quantity, unitPrice }: PricedLine) => quantity * unitPrice
const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0)

/** What each line got, by what it is, in an order of its own. */
const named = (cart: PricedLine[], parts: number[]) =>
  cart
    .map((line, index) => `${line.variantId} ${line.quantity} ${line.unitPrice} ${parts[index]}`)
    .toSorted()

describe('a discount on a cart', () => {
  it('is the sum of its lines to the cent, and no line falls below 0', ({ expect }) => {
    fc.assert(
      fc.property(lines, terms, scope, (cart, discount, inScope) => {
        const { amount, lines: parts } = priceDiscount(discount, cart, inScope)
        expect(sum(parts)).toBe(amount)
        for (const [index, line] of cart.entries()) {
          const part = parts[index] ?? Number.NaN
          expect(part).toBeGreaterThanOrEqual(0)
          expect(part).toBeLessThanOrEqual(inScope.has(line.variantId) ? totalOf(line) : 0)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('is what the terms say, worked out in other numbers', ({ expect }) => {
    fc.assert(
      fc.property(lines, terms, scope, (cart, discount, inScope) => {
        const goods = sum(cart.filter((line) => inScope.has(line.variantId)).map(totalOf))
        const { amount } = priceDiscount(discount, cart, inScope)
        const wanted =
          discount.kind === 'amount'
            ? BigInt(Math.min(discount.value, goods))
            : (BigInt(goods) * BigInt(discount.value) * 2n + 100n) / 200n
        expect(BigInt(amount)).toBe(wanted)
      }),
      { numRuns: 2000 },
    )
  })

  it('falls on the same lines whatever their order', ({ expect }) => {
    const shuffled = lines.chain((cart) =>
      fc.tuple(
        fc.constant(cart),
        fc.shuffledSubarray(cart, { minLength: cart.length, maxLength: cart.length }),
      ),
    )
    fc.assert(
      fc.property(shuffled, terms, scope, ([cart, other], discount, inScope) => {
        const one = priceDiscount(discount, cart, inScope)
        const two = priceDiscount(discount, other, inScope)
        expect(two.amount).toBe(one.amount)
        expect(named(other, two.lines)).toEqual(named(cart, one.lines))
      }),
      { numRuns: 2000 },
    )
  })

  it('gives each line within a cent of its exact part', ({ expect }) => {
    fc.assert(
      fc.property(lines, terms, (cart, discount) => {
        const everything = new Set(cart.map(({ variantId }) => variantId))
        const { amount, lines: parts } = priceDiscount(discount, cart, everything)
        const goods = BigInt(sum(cart.map(totalOf)))
        for (const [index, line] of cart.entries()) {
          const off = BigInt(parts[index] ?? 0) * goods - BigInt(amount) * BigInt(totalOf(line))
          expect(off > -goods || off === 0n).toBe(true)
          expect(off < goods || off === 0n).toBe(true)
        }
      }),
    )
  })

  it.for([
    ['10 % of 0.05 is half a cent, which is one', { kind: 'percent', value: 10 }, [5], [1]],
    ['10 % of 0.04 is nothing', { kind: 'percent', value: 10 }, [4], [0]],
    ['1.00 off three equal lines', { kind: 'amount', value: 100 }, [500, 500, 500], [34, 33, 33]],
    ['an amount beyond all goods', { kind: 'amount', value: 9999 }, [500, 1], [500, 1]],
    ['all of it', { kind: 'percent', value: 100 }, [333, 333, 1], [333, 333, 1]],
    ['the largest remainder first', { kind: 'amount', value: 10 }, [10, 15, 25], [2, 3, 5]],
    ['two equal remainders', { kind: 'amount', value: 1 }, [10, 10], [1, 0]],
  ] as const)('%s', ([, discount, prices, wanted], { expect }) => {
    const cart = prices.map((unitPrice, index) => ({
      variantId: index + 1,
      quantity: 1,
      unitPrice,
    }))
    const all = new Set(cart.map(({ variantId }) => variantId))
    expect(priceDiscount(discount, cart, all).lines).toEqual(wanted)
  })
})

describe('sharing out', () => {
  it('is exact for amounts whose product is beyond 2^53', ({ expect }) => {
    const parts = [
      { weight: MOST_AMOUNT - 1, name: 1 },
      { weight: 1, name: 2 },
    ]
    expect(share(MOST_AMOUNT - 1, parts)).toEqual([MOST_AMOUNT - 2, 1])
    expect(share(MOST_AMOUNT, parts)).toEqual([MOST_AMOUNT - 1, 1])
  })

  it('of nothing, or among nothing, is nothing', ({ expect }) => {
    expect(share(0, [{ weight: 3, name: 1 }])).toEqual([0])
    expect(share(5, [{ weight: 0, name: 1 }])).toEqual([0])
    expect(share(5, [])).toEqual([])
  })
})
