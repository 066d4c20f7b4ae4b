import { type SQL, sql } from 'drizzle-orm'
import type {
  DisputeState,
  OrderAction as Managed,
  OrderStatus,
  PaymentStatus,
  StockState,
} from './kinds.ts'
import type { OrderRow } from './table.ts'

/** What the state of an order follows from. */
export type OrderFacts = Pick<
  OrderRow,
  | 'paymentStatus'
  | 'stock'
  | 'amountPaid'
  | 'refunded'
  | 'dispute'
  | 'fulfilledAt'
  | 'cancelledAt'
  | 'expiredAt'
>

type Aspects = {
  payment: PaymentStatus
  goods: StockState
  refund: 'none' | 'part' | 'all'
  dispute: DisputeState | 'none'
  fulfilled: 'no' | 'yes'
  cancelled: 'no' | 'yes'
  expired: 'no' | 'yes'
}
type Conditions = { [Name in keyof Aspects]?: Aspects[Name][] }

/** The first line that holds says the state. A paid order whose goods are gone is owed its money. */
const STATES: [OrderStatus, Conditions][] = [
  ['disputed', { payment: ['paid'], dispute: ['open', 'lost'] }],
  ['refunded', { payment: ['paid'], refund: ['all'] }],
  ['cancelled', { payment: ['paid'], goods: ['released'], cancelled: ['yes'] }],
  ['expired', { payment: ['paid'], goods: ['released'] }],
  ['partially_refunded', { payment: ['paid'], refund: ['part'] }],
  ['fulfilled', { payment: ['paid'], fulfilled: ['yes'] }],
  ['paid', { payment: ['paid'] }],
  ['cancelled', { cancelled: ['yes'] }],
  ['cancelled', { payment: ['failed'] }],
  ['expired', { expired: ['yes'] }],
  ['pending', {}],
]

type OrderAction = Managed | 'refund'

/** In which states the studio may do what, and what else must hold. */
const COMMANDS: Record<OrderAction, { states: OrderStatus[]; if: Conditions }> = {
  fulfil: { states: ['paid', 'partially_refunded'], if: { fulfilled: ['no'] } },
  cancel: { states: ['pending'], if: { payment: ['none'] } },
  refund: {
    states: ['paid', 'fulfilled', 'partially_refunded', 'cancelled', 'expired'],
    if: { payment: ['paid'], dispute: ['none', 'won'] },
  },
}

export const statusOf = (facts: OrderFacts): OrderStatus => {
  const [status] = STATES.find(([, conditions]) => holds(facts, conditions)) ?? ['pending']
  return status
}

export const mayDo = (action: OrderAction, order: OrderFacts & { status: OrderStatus }): boolean =>
  COMMANDS[action].states.includes(order.status) && holds(order, COMMANDS[action].if)

function holds(facts: OrderFacts, conditions: Conditions): boolean {
  const aspects = aspectsOf(facts)
  return Object.entries(conditions).every(([name, values]) =>
    values.some((value) => value === aspects[name as keyof Aspects]),
  )
}

const yesOrNo = (at: number | null) => (at === null ? 'no' : 'yes')

const aspectsOf = (facts: OrderFacts): Aspects => ({
  payment: facts.paymentStatus,
  goods: facts.stock,
  refund: facts.refunded === 0 ? 'none' : facts.refunded < facts.amountPaid ? 'part' : 'all',
  dispute: facts.dispute ?? 'none',
  fulfilled: yesOrNo(facts.fulfilledAt),
  cancelled: yesOrNo(facts.cancelledAt),
  expired: yesOrNo(facts.expiredAt),
})

const ASPECTS_IN_SQL: Record<keyof Aspects, string> = {
  payment: 'payment_status',
  goods: 'stock',
  refund:
    "case when refunded = 0 then 'none' when refunded < amount_paid then 'part' else 'all' end",
  dispute: "coalesce(dispute, 'none')",
  fulfilled: "iif(fulfilled_at is null, 'no', 'yes')",
  cancelled: "iif(cancelled_at is null, 'no', 'yes')",
  expired: "iif(expired_at is null, 'no', 'yes')",
}

const quoted = (values: string[]): string => values.map((value) => `'${value}'`).join(', ')

function inSql(conditions: Conditions): string {
  const parts = Object.entries(conditions).map(
    ([name, values]) => `${ASPECTS_IN_SQL[name as keyof Aspects]} in (${quoted(values)})`,
  )
  return parts.length > 0 ? parts.join(' and ') : 'true'
}

/** The same in SQL, of the row of `orders` that a statement is at. */
export const STATUS: SQL = sql.raw(
  `case ${STATES.map(([status, conditions]) => `when ${inSql(conditions)} then '${status}'`).join(' ')} end`,
)

export const mayDoNow = (action: OrderAction): SQL => {
  const { states, if: conditions } = COMMANDS[action]
  return sql.raw(`status in (${quoted(states)}) and ${inSql(conditions)}`)
}

const REFUSALS: Record<OrderAction, Partial<Record<OrderStatus, string>>> = {
  fulfil: {
    pending: 'It is not paid yet.',
    paid: 'It has been sent already.',
    fulfilled: 'It has been sent already.',
    partially_refunded: 'It has been sent already.',
    refunded: 'Its money was given back.',
    cancelled: 'It was cancelled.',
    expired: 'It was not paid in time.',
    disputed: 'Its payment is disputed.',
  },
  cancel: {
    pending: 'Its payment is on its way. Wait until it has come or failed.',
    cancelled: 'It was cancelled already.',
    expired: 'It was not paid in time, and its goods are back in the shop.',
    refunded: 'Its money was given back already.',
  },
  refund: {
    pending: 'It is not paid yet.',
    cancelled: 'It was never paid.',
    expired: 'It was never paid.',
    refunded: 'Its money was given back already.',
    disputed: 'Its payment is disputed: the payment provider decides where the money goes.',
  },
}

/** Why an action is refused, in one sentence. */
export const refusalOf = (action: OrderAction, status: OrderStatus): string =>
  REFUSALS[action][status] ?? 'It is paid. Give the money back instead.'
