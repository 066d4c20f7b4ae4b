import type { Context } from '../../context.ts'
import { callerOf } from '../../core/actor.ts'
import { digest, mac, seal, toBase64Url } from '../../core/crypto.ts'
import { AppError, type FieldError, invalid } from '../../core/errors.ts'
import { newUid } from '../../core/ids.ts'
import type { ReturnUrls } from '../../core/shop.ts'
import { MINUTE, SECOND } from '../../core/time.ts'
import type { OrderDraft } from '../orders/place.ts'
import { searchTextOf } from '../orders/words.ts'
import type { PricedCart, PricedLine, PricedRate } from './price.ts'
import type { StartCheckout } from './schemas.ts'
import { toTerms } from './terms.ts'

/** So long an order can be paid; Stripe wants 30 minutes at least, and the call may come late. */
const PAYABLE_MS = 35 * MINUTE
/** So much longer its goods are held, for a payment that is on its way to us. */
const GRACE_MS = 5 * MINUTE
/** So long the first call to the provider may take before somebody else repeats it. */
export const CALL_MS = 30 * SECOND

/** Whose order it is: an account, or the source of the request. */
export const subjectOf = (ctx: Context): string => callerOf(ctx.actor) || ctx.source

/**
 * The same for the same cart of the same person, so that a double click finds the order of the first.
 * Null where an Idempotency-Key says what is the same, and for guests without an e-mail address: two
 * people behind one address may want the same.
 */
export function clickKeyOf(ctx: Context, input: StartCheckout): string | null {
  const isGuest = ctx.actor.type !== 'user'
  if (ctx.idempotent || (isGuest && input.email === undefined)) return null
  const who = isGuest ? [ctx.source, ctx.userAgent, input.email] : [callerOf(ctx.actor)]
  return mac(ctx.settings.SECRET_KEY, 'pseudonym', JSON.stringify(['click', who, input]))
}

type Beside = {
  clickKey: string | null
  email: string | null
  /** Where the buyer goes when the settings do not name `return_to`. */
  pages?: ReturnUrls | undefined
}

/** An order of what was priced, that nobody has placed yet. */
export async function draftOrder(
  ctx: Context,
  input: StartCheckout,
  cart: PricedCart,
  { clickKey, email, pages }: Beside,
): Promise<OrderDraft> {
  const returnTo = input.return_to ?? 'default'
  const terms = toTerms(ctx, returnTo, cart, pages)
  const shipping = chooseRate(cart, input)
  const now = Date.now()
  const uid = newUid()
  const token = toBase64Url(crypto.getRandomValues(new Uint8Array(32)))
  const number = newNumber()
  const discount = cart.discount?.amount ?? 0
  const skus = cart.lines.flatMap(({ offer }) => offer?.sku ?? [])
  return {
    row: {
      uid,
      number,
      status: 'pending',
      userId: ctx.actor.type === 'user' ? ctx.actor.id : null,
      email,
      tokenHash: digest(token),
      tokenSealed: await seal(ctx.settings.keys, uid, token),
      clickKey,
      source: subjectOf(ctx),
      currency: ctx.settings.CURRENCY,
      subtotal: cart.subtotal,
      discount,
      discountCode: cart.discount?.code ?? null,
      shipping: shipping?.amount ?? 0,
      shippingRate: shipping?.id ?? null,
      shippingLabel: shipping?.label ?? null,
      total: cart.subtotal - discount + (shipping?.amount ?? 0),
      country: input.country ?? null,
      returnTo,
      terms,
      stock: 'reserved',
      expiresAt: now + PAYABLE_MS,
      reservedUntil: now + PAYABLE_MS + GRACE_MS,
      resolveAt: now + CALL_MS,
      search: searchTextOf({ number, email, skus }),
      createdAt: now,
      updatedAt: now,
    },
    lines: cart.lines.map(({ variantId, quantity, offer }) => {
      return { variantId, quantity, unitPrice: offer?.price ?? 0 }
    }),
    discounts: cart.discount?.lines ?? [],
  }
}

/** Throws `conflict` that names each line which cannot be had. */
export function checkLines(lines: PricedLine[]): void {
  const errors = lines.flatMap(({ problem, offer }, index): FieldError[] => {
    if (problem === null) return []
    const message =
      problem === 'gone' ? 'This is not sold any more.' : `Only ${offer?.available ?? 0} are left.`
    return [{ path: `items.${index}`, code: problem, message }]
  })
  if (errors.length === 0) return
  throw new AppError('conflict', 'Some of the cart cannot be had. Nothing was ordered.', { errors })
}

function chooseRate({ rates }: PricedCart, input: StartCheckout): PricedRate | null {
  const { shipping_rate: id, country } = input
  if (rates?.length === 0) {
    throw country === undefined
      ? wrong('country', 'required', 'Say where it goes.')
      : wrong('country', 'not_served', 'Nothing is sent there.')
  }
  const rate = id === undefined ? rates?.[0] : rates?.find((one) => one.id === id)
  if (id !== undefined && !rate) {
    throw wrong('shipping_rate', 'unknown', "This is none of the quote's shipping rates.")
  }
  return rate ?? null
}

export const wrong = (path: string, code: string, message: string) =>
  invalid([{ path, code, message }])

// Letters and figures that nobody mistakes for each other.
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'

const newNumber = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => ALPHABET[byte % 32]).join('')
