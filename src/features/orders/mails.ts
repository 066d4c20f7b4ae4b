import type { Context } from '../../context.ts'
import { stamp } from '../../core/time.ts'
import { type PreparedMail, prepareMail } from '../mail/service.ts'
import type { Claim, SessionClaim } from './claims.ts'
import type { FullOrder } from './repo.ts'
import { addressIn, linesIn } from './show.ts'
import { aboutOrder, figuresOf, linesOf, orderPage } from './words.ts'

const itemsOf = (order: FullOrder) =>
  linesIn(order).map(({ title, quantity, total }) => ({
    title,
    quantity: String(quantity),
    total: figuresOf(order, total),
  }))

/** What the buyer and the studio are told of a payment. */
export async function paidMails(ctx: Context, order: FullOrder, claim: SessionClaim) {
  const { discount, shipping, tax, total } = claim.amounts
  const address = linesOf(claim.address ?? addressIn(order))
  const email = claim.email ?? order.email
  const about = aboutOrder(order.uid)
  const sums = {
    number: order.number,
    items: itemsOf(order),
    total: figuresOf(order, total),
    address,
    ...(discount > 0 && { discount: figuresOf(order, -discount) }),
    ...(order.shippingLabel !== null && {
      shipping_label: order.shippingLabel,
      shipping: figuresOf(order, shipping),
    }),
    ...(tax > 0 && { tax: figuresOf(order, tax) }),
  }
  const receipt =
    email === null
      ? null
      : await prepareMail(ctx, 'order.received', {
          to: email,
          replyTo: ctx.settings.OWNER_EMAIL,
          about,
          model: { ...sums, link: await orderPage(ctx, order) },
        })
  const notice = await prepareMail(ctx, 'order.new', {
    to: ctx.settings.OWNER_EMAIL,
    ...(email !== null && { replyTo: email }),
    about,
    model: { ...sums, ...(email !== null && { email }), ordered_at: stamp(order.createdAt) },
  })
  return { receipt, notice }
}

type Tracking = { carrier: string; number: string; url?: string | undefined }

/** Null for an order that has no address to write to. */
export async function shippedMail(ctx: Context, order: FullOrder, tracking?: Tracking) {
  if (order.email === null) return null
  return await prepareMail(ctx, 'order.shipped', {
    to: order.email,
    replyTo: ctx.settings.OWNER_EMAIL,
    about: aboutOrder(order.uid),
    model: {
      number: order.number,
      items: itemsOf(order),
      address: linesOf(addressIn(order)),
      link: await orderPage(ctx, order),
      ...(tracking && { carrier: tracking.carrier, tracking_number: tracking.number }),
      ...(tracking?.url && { tracking_link: tracking.url }),
    },
  })
}

/** Null where nobody knows whom to tell. */
export async function cancelledMail(ctx: Context, order: FullOrder, why?: 'payment_failed') {
  if (order.email === null) return null
  return await prepareMail(ctx, 'order.cancelled', {
    to: order.email,
    replyTo: ctx.settings.OWNER_EMAIL,
    about: aboutOrder(order.uid),
    model: {
      number: order.number,
      items: itemsOf(order),
      ...(why === 'payment_failed' && { payment_failed: true as const }),
    },
  })
}

/** Null where nobody knows whom to tell. */
export async function refundedMail(ctx: Context, order: FullOrder, amount: number) {
  if (order.email === null) return null
  return await prepareMail(ctx, 'order.refunded', {
    to: order.email,
    replyTo: ctx.settings.OWNER_EMAIL,
    about: aboutOrder(order.uid),
    model: {
      number: order.number,
      amount: figuresOf(order, amount),
      total: figuresOf(order, order.total),
      link: await orderPage(ctx, order),
    },
  })
}

/** Tells the studio of a payment that it has to look at itself. */
export const troubleMail = (
  ctx: Context,
  order: Pick<FullOrder, 'uid' | 'number'> | null,
  message: string,
  event: string,
): Promise<PreparedMail> =>
  prepareMail(ctx, 'payment.trouble', {
    to: ctx.settings.OWNER_EMAIL,
    ...(order && { about: aboutOrder(order.uid) }),
    model: { message, event, ...(order && { number: order.number }) },
  })

/** Why the studio is told of a claim that has been believed; null where it need not be. */
export function troubleIn(order: FullOrder, claim: Claim): string | null {
  if (claim.kind === 'session' && claim.outcome === 'paid') {
    return `The order was paid when its goods were back in the shop, and they are not there any more. Give ${figuresOf(order, claim.amounts.total)} back at the payment provider.`
  }
  if (claim.kind !== 'dispute' || claim.dispute === 'won') return null
  return claim.dispute === 'open'
    ? 'The buyer disputes the payment. Answer at the payment provider before its deadline; the order cannot be sent meanwhile.'
    : 'The dispute was decided for the buyer. The money has been taken back.'
}
