import type { Currency } from '../../core/money.ts'

/** What a buyer is asked to pay. All amounts are minor units of `currency`. */
export type CheckoutRequest = {
  /** The order's public id: names it at the provider, and is the idempotency key of the call. */
  orderId: string
  orderNumber: string
  currency: Currency
  email: string | null
  lines: { name: string; sku: string; unitAmount: number; quantity: number }[]
  discount: { name: string; amount: number } | null
  shipping: { id: string; label: string; amount: number } | null
  /** Where goods go, ISO 3166-1 alpha-2. */
  countries: string[]
  /** Whether the provider adds tax. */
  tax: boolean
  successUrl: string
  cancelUrl: string
  /** Milliseconds. */
  expiresAt: number
}

/** Where a buyer pays. */
export type CheckoutSession = { id: string; url: string }

/** The provider has said no: the same call would be refused again, and this call made no session. */
export class PaymentRefused extends Error {
  /**
   * True when it is our key that was refused. That says nothing of an earlier call under the same
   * idempotency key, which the provider has not even looked up.
   */
  readonly isOurKey: boolean

  constructor(
    message: string,
    { isOurKey = false, cause }: { isOurKey?: boolean; cause?: unknown },
  ) {
    super(message, { cause })
    this.isOurKey = isOurKey
  }
}

/** Nobody knows whether the call took effect; it may be repeated under the same key. */
export class PaymentUnavailable extends Error {}

/** An event with a true signature; `object` is what it speaks of, in the provider's own words. */
export type PaymentEvent = {
  id: string
  type: string
  /** Milliseconds. */
  createdAt: number
  isLive: boolean
  /** The connected account that it belongs to; null for our own. */
  account: string | null
  object: Record<string, unknown>
}

/** Money that goes back, in minor units of the payment's currency. */
export type RefundRequest = {
  /** Names it at the provider, and is the idempotency key of the call. */
  refundId: string
  /** The order's public id. */
  orderId: string
  paymentIntent: string
  amount: number
}

/** A refund as the provider has taken it; `pending` money is on its way, `failed` came to nothing. */
export type ProviderRefund = { id: string; status: 'pending' | 'succeeded' | 'failed' }

export type Payments = {
  /** Which provider; `local` is the test payment page. */
  provider: 'stripe' | 'local'
  /** Events must be of this mode. */
  isLive: boolean
  /** Throws PaymentRefused or PaymentUnavailable. */
  startCheckout(request: CheckoutRequest): Promise<CheckoutSession>
  /**
   * Makes that nobody can pay there any more. When it was over already: `paid` says that the buyer
   * had gone through with it (money may be on its way only), `gone` that nobody had. Throws
   * PaymentUnavailable.
   */
  endCheckout(sessionId: string): Promise<'ended' | 'paid' | 'gone'>
  /**
   * Gives money back. `again` says that the result of an earlier call is not known: then what became of
   * it is looked up first. Throws PaymentRefused or PaymentUnavailable.
   */
  refund(request: RefundRequest, options: { again: boolean }): Promise<ProviderRefund>
  /** Null when the signature is not true or older or newer than 300 s. */
  readEvent(body: string, signature: string | undefined): Promise<PaymentEvent | null>
}
