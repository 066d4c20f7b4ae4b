import { env } from 'cloudflare:workers'
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core'
import { beforeEach, describe, it } from 'vitest'
import {
  DISPUTE_STATES,
  ORDER_ACTIONS,
  ORDER_STATUSES,
  PAYMENT_STATUSES,
  STOCK_STATES,
} from '../../src/features/orders/kinds.ts'
import {
  mayDo,
  mayDoNow,
  type OrderFacts,
  refusalOf,
  STATUS,
  statusOf,
} from '../../src/features/orders/states.ts'
import { newOrder, newVariant } from '../support/orders.ts'
import { newWorld } from '../support/world.ts'

const AMOUNTS = [
  [0, 0],
  [100, 0],
  [100, 40],
  [100, 100],
] as const
const TIMES = [null, 5]

/** Every combination of what can be known of an order. */
const COMBINATIONS: OrderFacts[] = PAYMENT_STATUSES.flatMap((paymentStatus) =>
  STOCK_STATES.flatMap((stock) =>
    AMOUNTS.flatMap(([amountPaid, refunded]) =>
      [null, ...DISPUTE_STATES].flatMap((dispute) =>
        TIMES.flatMap((fulfilledAt) =>
          TIMES.flatMap((cancelledAt) =>
            TIMES.map((expiredAt) => ({
              paymentStatus,
              stock,
              amountPaid,
              refunded,
              dispute,
              fulfilledAt,
              cancelledAt,
              expiredAt,
            })),
          ),
        ),
      ),
    ),
  ),
)

const dialect = new SQLiteSyncDialect()
const COMMANDS = [...ORDER_ACTIONS, 'refund'] as const
const textOf = (expression: typeof STATUS) => dialect.sqlToQuery(expression).sql

beforeEach(async () => {
  const world = await newWorld()
  await newOrder(world, await newVariant(1))
})

describe('the state of an order', () => {
  it('is the same in TypeScript and in SQL, whatever is known', async ({ expect }) => {
    expect(COMBINATIONS).toHaveLength(1536)
    const { results } = await env.DB.prepare(
      `select ${textOf(STATUS)} as status, ${COMMANDS.map((action) => `(${textOf(mayDoNow(action))}) as ${action}`).join(', ')}
       from (select given.value ->> 'status' as status, given.value ->> 'paymentStatus' as payment_status,
         given.value ->> 'stock' as stock, given.value ->> 'amountPaid' as amount_paid,
         given.value ->> 'refunded' as refunded, given.value ->> 'dispute' as dispute,
         given.value ->> 'fulfilledAt' as fulfilled_at, given.value ->> 'cancelledAt' as cancelled_at,
         given.value ->> 'expiredAt' as expired_at from json_each(?) given)`,
    )
      .bind(JSON.stringify(COMBINATIONS.map((facts) => ({ ...facts, status: statusOf(facts) }))))
      .all()
    const expected = COMBINATIONS.map((facts) => {
      const status = statusOf(facts)
      const allowed = COMMANDS.map((action) => [
        action,
        mayDo(action, { ...facts, status }) ? 1 : 0,
      ])
      return { status, ...Object.fromEntries(allowed) }
    })
    expect(results).toEqual(expected)
  })

  it('can be each that there is', ({ expect }) => {
    expect(new Set(COMBINATIONS.map(statusOf))).toEqual(new Set(ORDER_STATUSES))
  })

  const known: [OrderFacts['paymentStatus'], Partial<OrderFacts>, string][] = [
    ['none', {}, 'pending'],
    ['processing', {}, 'pending'],
    ['none', { expiredAt: 5, stock: 'released' }, 'expired'],
    ['none', { expiredAt: 5, cancelledAt: 5, stock: 'released' }, 'cancelled'],
    ['failed', { stock: 'released' }, 'cancelled'],
    ['paid', { stock: 'sold' }, 'paid'],
    ['paid', { stock: 'sold', expiredAt: 5, cancelledAt: 5 }, 'paid'],
    ['paid', { stock: 'released', expiredAt: 5 }, 'expired'],
    ['paid', { stock: 'released', cancelledAt: 5 }, 'cancelled'],
    ['paid', { stock: 'sold', fulfilledAt: 5 }, 'fulfilled'],
    ['paid', { stock: 'sold', fulfilledAt: 5, refunded: 1 }, 'partially_refunded'],
    ['paid', { stock: 'sold', fulfilledAt: 5, refunded: 100 }, 'refunded'],
    ['paid', { stock: 'released', refunded: 100 }, 'refunded'],
    ['paid', { stock: 'sold', dispute: 'open' }, 'disputed'],
    ['paid', { stock: 'sold', dispute: 'won' }, 'paid'],
    ['paid', { stock: 'sold', dispute: 'lost', refunded: 100 }, 'disputed'],
  ]
  it.for(known)('with payment %s and %j is %s', ([paymentStatus, more, status], { expect }) => {
    const none = {
      refunded: 0,
      dispute: null,
      fulfilledAt: null,
      cancelledAt: null,
      expiredAt: null,
    }
    const facts = { stock: 'reserved', amountPaid: 100, ...none, ...more } as const
    expect(statusOf({ paymentStatus, ...facts })).toBe(status)
  })

  it('says of each action that it refuses why', ({ expect }) => {
    for (const action of ORDER_ACTIONS) {
      for (const status of ORDER_STATUSES) expect(refusalOf(action, status)).toMatch(/^It.*\.$/)
    }
  })
})
