import fc from 'fast-check'
import { describe, it } from 'vitest'
import { DAY } from '../../../src/core/time.ts'
import { QUARTER } from '../../../src/core/zone.ts'
import {
  bucketsOf,
  LONG_SPANS,
  planOf,
  runsOf,
  SPANS,
} from '../../../src/features/analytics/blocks.ts'
import { MOST_DAYS } from '../../../src/features/analytics/kinds.ts'

const START = Date.parse('2026-01-01')
const moment = fc.nat(MOST_DAYS * 96).map((quarters) => START + quarters * QUARTER)
const period = fc
  .tuple(moment, moment)
  .filter(([one, other]) => one !== other)
  .map(([one, other]) => [Math.min(one, other), Math.max(one, other)] as const)

describe('runs of blocks', () => {
  it('make up a time, each quarter of an hour once', ({ expect }) => {
    fc.assert(
      fc.property(period, moment, ([from, to], at) => {
        const counted = runsOf(from, to)
          .filter((run) => run.from <= at && at < run.to)
          .reduce((sum, { sign }) => sum + sign, 0)
        expect(counted).toBe(from <= at && at < to ? 1 : 0)
      }),
      { numRuns: 2000 },
    )
  })

  it('are of whole blocks, and few', ({ expect }) => {
    fc.assert(
      fc.property(period, ([from, to]) => {
        const runs = runsOf(from, to)
        for (const run of runs) {
          expect(LONG_SPANS).toContain(run.span)
          expect([run.from % run.span, run.to % run.span]).toEqual([0, 0])
        }
        const blocks = runs.reduce((sum, run) => sum + (run.to - run.from) / run.span, 0)
        expect(blocks).toBeLessThanOrEqual(4 * LONG_SPANS.length + 2)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a plan', () => {
  const fact = fc.record({ at: fc.tuple(moment, fc.nat(QUARTER - 1)), units: fc.nat(9) })

  it('finds in its blocks what happened between its edges', ({ expect }) => {
    fc.assert(
      fc.property(
        fc.uniqueArray(moment, { minLength: 2, maxLength: 20 }),
        fc.array(fact, { maxLength: 50 }),
        (moments, facts) => {
          const edges = moments.toSorted((one, other) => one - other)
          const happened = facts.map(({ at: [quarter, beside], units }) => ({
            at: quarter + beside,
            units,
          }))
          const sumOf = (from: number, to: number) =>
            happened.reduce((sum, { at, units }) => sum + (from <= at && at < to ? units : 0), 0)
          const plan = planOf(edges)
          const days = Array.from({ length: (plan.to - plan.from) / DAY }, (_, day) => {
            const start = plan.from + day * DAY
            return { edge: null, start, units: sumOf(start, start + DAY) }
          })
          const parts = plan.blocks.map(({ edge, span, start }) => {
            expect([SPANS.includes(span), start % span]).toEqual([true, 0])
            return { edge, start, units: sumOf(start, start + span) }
          })
          const wanted = edges
            .slice(1)
            .map((to, index) => ({ units: sumOf(edges[index] ?? 0, to) }))
          expect(bucketsOf(plan, ['units'], [...days, ...parts])).toEqual(wanted)
        },
      ),
    )
  })

  it('needs six blocks at an edge at most', ({ expect }) => {
    const counts = Array.from({ length: 96 }, (_, quarter) => {
      const { blocks } = planOf([START, START + quarter * QUARTER])
      return blocks.length
    })
    expect([Math.max(...counts), counts[0]]).toEqual([6, 0])
  })
})
