import { describe, it } from 'vitest'
import { fromDecimal, toDecimal } from '../../../src/core/money.ts'

describe('amounts in decimals', () => {
  const PAIRS: [amount: number, currency: 'usd' | 'jpy', text: string][] = [
    [0, 'usd', '0.00'],
    [5, 'usd', '0.05'],
    [29, 'usd', '0.29'],
    [1998, 'usd', '19.98'],
    [1_000_000_000, 'usd', '10000000.00'],
    [0, 'jpy', '0'],
    [1250, 'jpy', '1250'],
  ]
  it.for(PAIRS)(
    'are written and read digit by digit: %i %s',
    ([amount, currency, text], { expect }) => {
      expect(toDecimal({ amount, currency })).toBe(text)
      expect(fromDecimal(text, currency)).toBe(amount)
    },
  )

  it('are read in every way in which people and JSON write them', ({ expect }) => {
    for (const [text, amount] of [
      ['12', 1200],
      ['12.5', 1250],
      ['12.', 1200],
      ['0012.50', 1250],
      ['12.500', 1250],
    ] as const) {
      expect(fromDecimal(text, 'usd'), text).toBe(amount)
    }
    expect(fromDecimal('12.00', 'jpy')).toBe(12)
  })

  it('are none where there is more than a cent can hold, or another thing', ({ expect }) => {
    for (const text of ['12.345', '10000000.01', '-1', '1e3', '', '.', '.5', '1,5', 'NaN', '1 ']) {
      expect(fromDecimal(text, 'usd'), text).toBeNull()
    }
    expect(fromDecimal('12.5', 'jpy')).toBeNull()
  })

  it('come back as the number of JSON that they were, for each cent', ({ expect }) => {
    for (let amount = 0; amount < 20_000; amount++) {
      const number = Number(toDecimal({ amount, currency: 'usd' }))
      if (fromDecimal(String(number), 'usd') !== amount) expect.fail(String(amount))
    }
  })
})
