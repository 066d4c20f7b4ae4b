import { DAY, HOUR, MINUTE } from '../../core/time.ts'
import type { orders } from '../../db/schema.ts'

type Row = typeof orders.$inferInsert

/** What becomes of an order, so long after it was placed. */
export type Step = {
  after: number
  goods?: 'sold' | 'released'
  facts: (row: Row, at: number) => Partial<Row>
  /** What the payment provider told, if it did. */
  event?: string
}

export type Story = {
  number: string
  buyer: Buyer
  /** Which of the variants that can be had, and how many. */
  lines: [variant: number, quantity: number][]
  age: number
  steps: Step[]
}

export type Buyer = {
  name: string
  email: string
  line1: string
  postal_code: string
  city: string
}

const CLARA: Buyer = {
  name: 'Clara Bergmann',
  email: 'clara@bergmann.test',
  line1: '14 Orchard Street',
  postal_code: '97201',
  city: 'Portland',
}
const AIKO: Buyer = {
  name: 'Aiko Tanaka',
  email: 'aiko@tanaka-tea.test',
  line1: '5 Harbour Road',
  postal_code: '98101',
  city: 'Seattle',
}
const SAMUEL: Buyer = {
  name: 'Samuel Okafor',
  email: 'sam@okafor.test',
  line1: '230 Elm Avenue, Apt. 6',
  postal_code: '60614',
  city: 'Chicago',
}
const MARTA: Buyer = {
  name: 'Marta Oliveira',
  email: 'marta@casaoliveira.test',
  line1: '9 Bay Terrace',
  postal_code: '02116',
  city: 'Boston',
}

export const PAID: Step = {
  after: 4 * MINUTE,
  goods: 'sold',
  event: 'checkout.session.completed',
  facts: ({ total, uid }, at) => ({
    paymentStatus: 'paid',
    amountPaid: total,
    paymentIntent: `pi_demo_${uid}`,
    paidAt: at,
  }),
}
export const EXPIRED: Step = {
  after: 35 * MINUTE,
  goods: 'released',
  event: 'checkout.session.expired',
  facts: (_, at) => ({ expiredAt: at }),
}
export const shipped = (number: string, after: number): Step => ({
  after,
  facts: (_, at) => ({ fulfilledAt: at, carrier: 'Post', trackingNumber: number }),
})
export const refunded = (share: number, after: number): Step => ({
  after,
  event: 'charge.refunded',
  facts: ({ total }) => {
    const refunded = Math.round(total * share)
    return { refunded, chargeRefunded: refunded }
  },
})

/** One order in each state, and some more. */
export const STORIES: Story[] = [
  {
    number: 'H4TQ9WKX2M',
    buyer: CLARA,
    lines: [
      [0, 2],
      [3, 1],
    ],
    age: 64 * DAY,
    steps: [PAID, shipped('RR100400211US', 2 * DAY)],
  },
  {
    number: 'P7XN3VCR8D',
    buyer: SAMUEL,
    lines: [[5, 1]],
    age: 41 * DAY,
    steps: [PAID, shipped('RR100400648US', DAY), refunded(1, 9 * DAY)],
  },
  {
    number: 'W2KM6JYF5Q',
    buyer: AIKO,
    lines: [
      [1, 4],
      [2, 1],
    ],
    age: 23 * DAY,
    steps: [PAID, shipped('RR100401077US', 3 * DAY), refunded(0.25, 8 * DAY)],
  },
  {
    number: 'C9RD4HTZ7B',
    buyer: MARTA,
    lines: [[7, 2]],
    age: 16 * DAY,
    steps: [
      PAID,
      { after: 6 * DAY, event: 'charge.dispute.created', facts: () => ({ dispute: 'open' }) },
    ],
  },
  {
    number: 'N6VB8PLG3X',
    buyer: SAMUEL,
    lines: [[4, 1]],
    age: 11 * DAY,
    steps: [EXPIRED],
  },
  {
    number: 'T3FY7QKD9W',
    buyer: MARTA,
    lines: [[6, 1]],
    age: 8 * DAY,
    steps: [
      {
        after: 20 * MINUTE,
        goods: 'released',
        facts: (_, at) => ({ cancelledAt: at, note: 'Wants another glaze; will order again.' }),
      },
    ],
  },
  {
    number: 'Z8LC5XNM4R',
    buyer: AIKO,
    lines: [
      [2, 2],
      [8, 1],
    ],
    age: 2 * DAY,
    steps: [PAID],
  },
  { number: 'J5GW2BHT6K', buyer: CLARA, lines: [[0, 1]], age: 5 * HOUR, steps: [PAID] },
  { number: 'D7MK9RVP3C', buyer: CLARA, lines: [[1, 1]], age: 5 * MINUTE, steps: [] },
]
