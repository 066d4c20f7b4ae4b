import * as z from 'zod/mini'
import type { Context } from '../../context.ts'
import { lazily } from '../../core/lazily.ts'
import type { PaymentEvent } from '../../platform/payments/index.ts'
import type { Claim, SessionClaim } from './claims.ts'
import type { FullOrder } from './repo.ts'

/**
 * What keeps an event from being believed though its signature is true: it belongs to another mode,
 * account, currency or session, or its money is not the order's. Null when all of it fits.
 */
export function whatIsWrong(
  ctx: Context,
  event: PaymentEvent,
  claim: Claim,
  order: FullOrder,
): string | null {
  const { payments, settings } = ctx
  if (event.isLive !== payments?.isLive) {
    return `It is of ${event.isLive ? 'live' : 'test'} mode, and this shop is not.`
  }
  if (event.account !== (settings.STRIPE_ACCOUNT ?? null)) return 'It is of another account.'
  if (claim.currency !== order.currency) {
    return `It is in ${claim.currency.slice(0, 10)}, and the order in ${order.currency}.`
  }
  if (claim.kind === 'session') return wrongWithSession(claim, order)
  const back = claim.kind === 'charge' ? claim.refunded : claim.kind === 'refund' ? claim.amount : 0
  if (back > order.amountPaid) {
    return order.paymentStatus === 'paid' ? 'It gives back more than was paid.' : null
  }
  return null
}

function wrongWithSession(claim: SessionClaim, order: FullOrder): string | null {
  if (claim.isTorn) return 'It names two orders.'
  if (order.sessionId !== null && order.sessionId !== claim.subject) {
    return 'It is of another session than the one that the order is paid in.'
  }
  // A session that nobody went through has no shipping and no tax yet.
  if (claim.outcome === 'expired') return null
  const { subtotal, discount, shipping, tax, total } = claim.amounts
  const goods = order.subtotal - order.discount
  if (subtotal - discount !== goods) {
    return `Its goods cost ${subtotal - discount}, and those of the order ${goods}.`
  }
  if (shipping !== order.shipping) {
    return `Its shipping costs ${shipping}, and that of the order ${order.shipping}.`
  }
  if (claim.shippingLabel !== null && claim.shippingLabel !== order.shippingLabel) {
    return 'Its shipping has another name than that of the order.'
  }
  if (tax !== 0 && !asksForTax(order)) return `It adds a tax of ${tax}, and tax is off.`
  if (total !== goods + shipping + tax) {
    return `Its total is ${total}, and its parts come to ${goods + shipping + tax}.`
  }
  return null
}

const Terms = lazily(() => z.object({ tax: z.boolean() }))

/** Whether the provider was asked to add tax, as the settings said when the order was placed. */
const asksForTax = ({ terms }: FullOrder): boolean => Terms().parse(JSON.parse(terms ?? 'null')).tax
