import { beforeEach, describe, it, vi } from 'vitest'
import { type Bindings, readSettings } from '../../src/env.ts'
import {
  type CheckoutRequest,
  openPayments,
  PaymentRefused,
  PaymentUnavailable,
} from '../../src/platform/payments/index.ts'
import { TEST_SETTINGS } from '../support/settings.ts'
import { hurry, isSilent, StripeAccount } from '../support/stripe.ts'
import type { StripeFault } from '../support/stripe-server.ts'

const ORDER = '0197c9e2-5b1c-7cc0-9a51-3f0b8f3f7d10'
const EXPIRES = Date.parse('2026-05-04T10:05:00Z')
const REQUEST: CheckoutRequest = {
  orderId: ORDER,
  orderNumber: 'K7QX2M9RTA',
  currency: 'eur',
  email: 'ann@example.org',
  lines: [
    { name: 'Tea bowl · Ash & "sea"', sku: 'BOWL-1', unitAmount: 1999, quantity: 3 },
    { name: 'Plate [large]', sku: 'PLATE-2', unitAmount: 100, quantity: 1 },
  ],
  discount: { name: 'Spring sale', amount: 500 },
  shipping: { id: 'post', label: 'Post & parcel', amount: 590 },
  countries: ['DE', 'FR'],
  tax: true,
  successUrl: 'https://www.linden.test/thanks?a=b#order=1&token=x',
  cancelUrl: 'https://www.linden.test/cart',
  expiresAt: EXPIRES,
}

let account: StripeAccount
let logs: unknown[]
beforeEach(() => {
  vi.restoreAllMocks()
  account = new StripeAccount()
  logs = []
})

function open(given: Record<string, string> = {}) {
  const settings = { ...TEST_SETTINGS, ...account.settings, ...given }
  const payments = openPayments(readSettings(settings as unknown as Bindings), (...line) =>
    logs.push(line),
  )
  if (!payments) throw new Error('No provider')
  return payments
}

describe('what goes over the wire to Stripe', () => {
  it('is the whole order, field by field', async ({ expect }) => {
    const session = await open().startCheckout(REQUEST)
    const [coupon, checkout, ...more] = await account.calls()
    expect(more).toEqual([])
    expect(coupon).toMatchObject({
      method: 'POST',
      path: '/v1/coupons',
      params: {
        duration: 'once',
        amount_off: '500',
        currency: 'eur',
        max_redemptions: '1',
        name: 'Spring sale',
        metadata: { order_id: ORDER },
      },
    })
    expect(coupon?.headers['idempotency-key']).toBe(`${ORDER}:coupon`)
    expect(checkout).toMatchObject({ method: 'POST', path: '/v1/checkout/sessions', status: 200 })
    const names = { order_id: ORDER, order_number: 'K7QX2M9RTA' }
    expect(checkout?.params).toEqual({
      mode: 'payment',
      client_reference_id: ORDER,
      metadata: names,
      payment_intent_data: { metadata: names },
      line_items: {
        0: {
          quantity: '3',
          price_data: {
            currency: 'eur',
            unit_amount: '1999',
            product_data: { name: 'Tea bowl · Ash & "sea"', metadata: { sku: 'BOWL-1' } },
            tax_behavior: 'exclusive',
          },
        },
        1: {
          quantity: '1',
          price_data: {
            currency: 'eur',
            unit_amount: '100',
            product_data: { name: 'Plate [large]', metadata: { sku: 'PLATE-2' } },
            tax_behavior: 'exclusive',
          },
        },
      },
      discounts: { 0: { coupon: expect.stringMatching(/^coupon_/) } },
      shipping_options: {
        0: {
          shipping_rate_data: {
            type: 'fixed_amount',
            display_name: 'Post & parcel',
            fixed_amount: { amount: '590', currency: 'eur' },
            metadata: { rate: 'post' },
            tax_behavior: 'exclusive',
          },
        },
      },
      shipping_address_collection: { allowed_countries: { 0: 'DE', 1: 'FR' } },
      automatic_tax: { enabled: 'true' },
      customer_email: 'ann@example.org',
      success_url: 'https://www.linden.test/thanks?a=b#order=1&token=x',
      cancel_url: 'https://www.linden.test/cart',
      expires_at: String(EXPIRES / 1000),
    })
    const [made] = await account.sessions()
    expect(session).toEqual({ id: made?.id, url: made?.url })
  })

  it('says who calls, in which version and under which key, and nothing of how fast', async ({
    expect,
  }) => {
    const payments = open({ STRIPE_ACCOUNT: 'acct_0123456789' })
    await payments.startCheckout({ ...REQUEST, discount: null })
    await payments.startCheckout({ ...REQUEST, discount: null })
    for (const { headers } of await account.calls()) {
      expect(headers).toMatchObject({
        authorization: `Bearer ${account.settings.STRIPE_SECRET_KEY}`,
        'content-type': 'application/x-www-form-urlencoded',
        'idempotency-key': ORDER,
        'stripe-account': 'acct_0123456789',
        'stripe-version': '2026-10-28.endive',
      })
      expect(headers).not.toHaveProperty('x-stripe-client-telemetry')
    }
  })

  it('leaves out what the order does not have', async ({ expect }) => {
    const bare = { ...REQUEST, email: null, discount: null, shipping: null, tax: false }
    await open().startCheckout(bare)
    const [call] = await account.calls()
    expect(call?.params).toMatchObject({ automatic_tax: { enabled: 'false' } })
    for (const name of ['customer_email', 'discounts', 'shipping_options']) {
      expect(call?.params).not.toHaveProperty(name)
    }
    expect(JSON.stringify(call?.params)).not.toContain('tax_behavior')
  })

  it('uses the fetch of the moment', async ({ expect }) => {
    const payments = open()
    await payments.startCheckout(REQUEST)
    vi.stubGlobal('fetch', async () => Response.json({ id: 'cs_other', url: 'https://other.test' }))
    expect(await payments.startCheckout(REQUEST)).toMatchObject({ id: 'cs_other' })
    vi.unstubAllGlobals()
  })
})

describe('a call under one key', () => {
  it('makes one session however often it is repeated', async ({ expect }) => {
    const answers = []
    for (let i = 0; i < 5; i++) answers.push(await open().startCheckout(REQUEST))
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    expect(await account.sessions()).toHaveLength(1)
  })

  it('with another order under it leaves open what there is', async ({ expect }) => {
    await open().startCheckout(REQUEST)
    const other = { ...REQUEST, email: 'ben@example.org' }
    await expect(open().startCheckout(other)).rejects.toBeInstanceOf(PaymentUnavailable)
    expect(JSON.stringify(logs)).toContain('payments.surprise')
  })
})

describe('what Stripe answers', () => {
  const fails = async (faults: StripeFault[]) => {
    hurry({ silent: isSilent(faults), calls: faults.length })
    await account.plan({ faults })
    return await open()
      .startCheckout({ ...REQUEST, discount: null })
      .then(
        () => 'session',
        (error: unknown) => error,
      )
      .finally(() => vi.unstubAllGlobals())
  }

  it.for([400, 402, 404])(
    'means with %i that this order is refused',
    async (status, { expect }) => {
      const error = await fails([{ status }])
      expect(error).toBeInstanceOf(PaymentRefused)
      expect(error).toMatchObject({ isOurKey: false })
      expect(await account.calls()).toHaveLength(1)
      expect(JSON.stringify(logs)).toContain('payments.refused')
    },
  )

  it.for([401, 403])('means with %i that our key is refused', async (status, { expect }) => {
    expect(await fails([{ status }])).toMatchObject({ isOurKey: true })
    expect(JSON.stringify(logs)).toContain('payments.key')
  })

  it.for([429, 500, 502, 503])(
    'leaves open with %i whether it took effect',
    async (status, { expect }) => {
      const fault = { status }
      expect(await fails([fault, fault, fault])).toBeInstanceOf(PaymentUnavailable)
    },
  )

  it.for(['reset', 'hang', 'accept-then-cut', 'accept-then-hang'] as const)(
    'heals by itself after one %s',
    async (fault, { expect }) => {
      expect(await fails([fault])).toBe('session')
      expect(await account.sessions()).toHaveLength(1)
    },
  )

  it.for(['reset', 'hang', 'accept-then-cut', 'accept-then-hang'] as const)(
    'leaves open with two of %s whether it took effect',
    async (fault, { expect }) => {
      expect(await fails([fault, fault])).toBeInstanceOf(PaymentUnavailable)
      await open().startCheckout({ ...REQUEST, discount: null })
      expect(await account.sessions()).toHaveLength(1)
    },
  )

  it('is no page of somebody in between', async ({ expect }) => {
    vi.stubGlobal('fetch', async () => new Response('<html>', { status: 200 }))
    await expect(open().startCheckout(REQUEST)).rejects.toBeInstanceOf(PaymentUnavailable)
    vi.stubGlobal('fetch', async () => Response.json({ id: 'cs_1', url: null }))
    await expect(open().startCheckout(REQUEST)).rejects.toBeInstanceOf(PaymentUnavailable)
    vi.unstubAllGlobals()
  })

  it('does not bring the order token into the log', async ({ expect }) => {
    const message = `Not a valid URL: ${REQUEST.successUrl}`
    vi.stubGlobal('fetch', async () =>
      Response.json({ error: { type: 'invalid_request_error', message } }, { status: 400 }),
    )
    await expect(open().startCheckout(REQUEST)).rejects.toBeInstanceOf(PaymentRefused)
    expect(JSON.stringify(logs)).not.toContain('token=x')
    vi.unstubAllGlobals()
  })
})

describe('ending a session', () => {
  it('ends it, and says how one stands that is over', async ({ expect }) => {
    const payments = open()
    const { id } = await payments.startCheckout(REQUEST)
    expect(await payments.endCheckout(id)).toBe('ended')
    expect(await payments.endCheckout(id)).toBe('gone')
    expect(await payments.endCheckout('cs_test_nobody')).toBe('gone')
    const paid = await payments.startCheckout({ ...REQUEST, orderId: `${ORDER}2` })
    await account.plan({ complete: [paid.id] })
    expect(await payments.endCheckout(paid.id)).toBe('paid')
  })

  it('says so when nobody knows', async ({ expect }) => {
    const { id } = await open().startCheckout(REQUEST)
    hurry()
    await account.plan({ faults: [{ status: 500 }, { status: 500 }] })
    await expect(open().endCheckout(id)).rejects.toBeInstanceOf(PaymentUnavailable)
    await account.plan({ faults: [{ status: 401 }] })
    await expect(open().endCheckout(id)).rejects.toBeInstanceOf(PaymentUnavailable)
    vi.unstubAllGlobals()
    expect(await open().endCheckout(id)).toBe('ended')
  })
})
