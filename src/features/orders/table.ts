import { sql } from 'drizzle-orm'
import { check, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { variants } from '../catalog/table.ts'
import { users } from '../users/table.ts'
import type { DisputeState, EventStatus, OrderStatus, PaymentStatus, StockState } from './kinds.ts'

/** An order. All amounts are minor units of its currency, and stand as they were when it was placed. */
export const orders = sqliteTable(
  'orders',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    uid: text().notNull().unique(),
    /** What people call it: ten letters and digits by chance, so that nobody counts the orders. */
    number: text().notNull().unique(),
    /** What follows from the facts below; a trigger writes each change into order_history. */
    status: text().$type<OrderStatus>().notNull(),
    userId: integer().references(() => users.id, { onDelete: 'set null' }),
    /** As the buyer gave it here or to the provider; null until then. */
    email: text(),
    /** SHA-256 of the token that opens the order without an account, and the token itself, sealed, for mails. */
    tokenHash: text().notNull().unique(),
    tokenSealed: text().notNull(),
    /** Who asked for what, when: a double click finds the order of the first. */
    clickKey: text().unique(),
    /** Who holds its goods while it is unpaid: an account, or the pseudonym of an address. */
    source: text(),
    currency: text().notNull(),
    subtotal: integer().notNull(),
    discount: integer().notNull().default(0),
    discountCode: text(),
    shipping: integer().notNull().default(0),
    shippingRate: text(),
    shippingLabel: text(),
    tax: integer().notNull().default(0),
    total: integer().notNull(),
    /** Where the goods go, as ISO 3166-1 alpha-2, when the buyer said so before paying. */
    country: text(),
    /** JSON of the address as the provider gave it. */
    shippingAddress: text(),
    /** The key of the settings' addresses that the buyer returns to. */
    returnTo: text().notNull(),
    /**
     * JSON of what the settings said when it was placed: the pages to return to, the countries, whether
     * tax is added. The call to the provider says the same whenever it is repeated.
     */
    terms: text(),
    /** The provider's session, and where it is paid; null until the provider has answered. */
    sessionId: text().unique(),
    sessionUrl: text(),
    paymentIntent: text().unique(),
    paymentStatus: text().$type<PaymentStatus>().notNull().default('none'),
    /** What the provider has taken and given back. */
    amountPaid: integer().notNull().default(0),
    refunded: integer().notNull().default(0),
    /** Paid when its goods were gone: so much has to be given back. */
    refundDue: integer().notNull().default(0),
    dispute: text().$type<DisputeState>(),
    stock: text().$type<StockState>().notNull(),
    /** Until when it can be paid, and until when its goods are held. */
    expiresAt: integer().notNull(),
    reservedUntil: integer().notNull(),
    /** When the call to the provider is repeated whose result is not known; null when it is. */
    resolveAt: integer(),
    carrier: text(),
    trackingNumber: text(),
    trackingUrl: text(),
    note: text(),
    /** Whether the account behind it was deleted: what names the person goes when the order is done. */
    personLeft: integer({ mode: 'boolean' }).notNull().default(false),
    /** Folded number, e-mail, name and skus: what `q` looks through. */
    search: text().notNull(),
    version: integer().notNull().default(1),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
    paidAt: integer(),
    fulfilledAt: integer(),
    cancelledAt: integer(),
    expiredAt: integer(),
    /** What the charge says was given back in all, and when it said so. */
    chargeRefunded: integer().notNull().default(0),
    chargeRefundedAt: integer().notNull().default(0),
  },
  (table) => [
    check(
      'orders_money',
      sql`subtotal >= 0 and discount >= 0 and discount <= subtotal and shipping >= 0 and tax >= 0 and total >= 0`,
    ),
    check('orders_refunded', sql`refunded >= 0 and refunded <= amount_paid`),
    index('orders_user').on(table.userId, table.id),
    index('orders_status').on(table.status, table.id),
    index('orders_created').on(table.createdAt, table.id),
    index('orders_email').on(sql`lower(email)`),
    index('orders_held')
      .on(table.reservedUntil)
      .where(sql`stock = 'reserved' and payment_status in ('none', 'failed')`),
    index('orders_unresolved').on(table.resolveAt).where(sql`resolve_at is not null`),
    index('orders_source').on(table.source).where(sql`status = 'pending'`),
    index('orders_refund_due').on(table.id).where(sql`refund_due > 0`),
  ],
)

export const orderLines = sqliteTable(
  'order_lines',
  {
    orderId: integer()
      .notNull()
      .references(() => orders.id, { onDelete: 'cascade' }),
    position: integer().notNull(),
    /** Kept: a variant that was ever ordered is archived, not deleted. */
    variantId: integer()
      .notNull()
      .references(() => variants.id, { onDelete: 'restrict' }),
    productId: integer().notNull(),
    sku: text().notNull(),
    title: text().notNull(),
    quantity: integer().notNull(),
    unitPrice: integer().notNull(),
    total: integer().notNull(),
    /** This line's part of the order's discount. */
    discount: integer().notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.orderId, table.position] }),
    check('order_lines_quantity', sql`quantity between 1 and 99 and total = quantity * unit_price`),
    index('order_lines_variant').on(table.variantId),
  ],
)

/** Each state that an order was in; written by triggers. */
export const orderHistory = sqliteTable(
  'order_history',
  {
    id: integer().primaryKey(),
    orderId: integer()
      .notNull()
      .references(() => orders.id, { onDelete: 'cascade' }),
    status: text().$type<OrderStatus>().notNull(),
    at: integer().notNull(),
  },
  (table) => [index('order_history_order').on(table.orderId, table.id)],
)

/** The inbox of the payment provider's events, each once. */
export const paymentEvents = sqliteTable(
  'payment_events',
  {
    id: integer().primaryKey(),
    uid: text().notNull().unique(),
    /** The provider's own id of it. */
    eventId: text().notNull().unique(),
    type: text().notNull(),
    status: text().$type<EventStatus>().notNull(),
    /** The order that it was found to speak of; null until then. */
    orderId: integer().references(() => orders.id, { onDelete: 'set null' }),
    /** What it speaks of, as the provider calls it: a session, a payment, a charge. */
    subject: text(),
    /** JSON as it came, sealed; erased some time after it is done. */
    payload: text(),
    attempts: integer().notNull().default(0),
    /** Why it is not done, or what was wrong with it, in one sentence. */
    lastError: text(),
    /** When it is tried next; null when it is done or given up. */
    dueAt: integer(),
    leasedUntil: integer(),
    /** When the provider made it, and when it came. */
    eventAt: integer().notNull(),
    createdAt: integer().notNull(),
    doneAt: integer(),
  },
  (table) => [
    index('payment_events_status').on(table.status, table.id),
    index('payment_events_order').on(table.orderId, table.id),
    index('payment_events_due').on(table.dueAt).where(sql`due_at is not null`),
    index('payment_events_created').on(table.createdAt).where(sql`payload is not null`),
  ],
)

export type OrderRow = typeof orders.$inferSelect
export type OrderLineRow = typeof orderLines.$inferSelect
export type PaymentEventRow = typeof paymentEvents.$inferSelect
