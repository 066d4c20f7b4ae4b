import { Stripe } from 'stripe'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { type Bindings, readSettings } from '../../../src/env.ts'
import { openPayments } from '../../../src/platform/payments/index.ts'
import { signLocalEvent } from '../../../src/platform/payments/local.ts'
import { TEST_SETTINGS } from '../../support/settings.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const [FIRST, SECOND, THIRD] = ['one', 'two', 'three'].map((name) => `whsec_${name.repeat(8)}`)
const BODY = JSON.stringify({
  id: 'evt_1',
  object: 'event',
  type: 'checkout.session.completed',
  created: NOW / 1000 - 5,
  livemode: false,
  data: { object: { id: 'cs_1', amount_total: 1250 } },
})

beforeEach(() => {
  vi.stubGlobal('__DEV__', true)
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] })
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const settingsOf = (given: Record<string, string> = {}) =>
  readSettings({ ...TEST_SETTINGS, ...given } as unknown as Bindings)

function open(given: Record<string, string> = {}) {
  const payments = openPayments(settingsOf(given), () => undefined)
  if (!payments) throw new Error('No provider')
  return payments
}

const stripe = () =>
  open({
    STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef',
    STRIPE_WEBHOOK_SECRET: `${FIRST},${SECOND}`,
  })

const sign = (secret = '', { payload = BODY, age = 0 } = {}) =>
  Stripe.webhooks.generateTestHeaderStringAsync({ payload, secret, timestamp: NOW / 1000 - age })

describe('a signed event', () => {
  it('is read with either of two secrets', async ({ expect }) => {
    for (const secret of [FIRST, SECOND]) {
      expect(await stripe().readEvent(BODY, await sign(secret))).toEqual({
        id: 'evt_1',
        type: 'checkout.session.completed',
        createdAt: NOW - 5000,
        isLive: false,
        account: null,
        object: { id: 'cs_1', amount_total: 1250 },
      })
    }
    expect(await stripe().readEvent(BODY, await sign(THIRD))).toBeNull()
  })

  it.for([
    [299, true],
    [300, true],
    [301, false],
    [-299, true],
    [-300, true],
    [-301, false],
  ] as const)('that is %i seconds old is taken: %s', async ([age, isTaken], { expect }) => {
    const event = await stripe().readEvent(BODY, await sign(FIRST, { age }))
    expect(event !== null).toBe(isTaken)
  })

  it('is refused when a letter of it or of its signature differs', async ({ expect }) => {
    const good = await sign(FIRST)
    const spoilt = [
      undefined,
      '',
      'v1=',
      good.replace('v1=', 'v0='),
      good.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      good.replace(/t=\d+/, 't='),
      good.replace(/t=\d+/, 't=NaN'),
      good.replace(/t=\d+/, (time) => `${time}0`),
      `${good},t=${NOW / 1000}`,
      good.replace(/t=\d+,/, ''),
      good.replace('v1=', 'v1= '),
    ]
    for (const signature of spoilt) {
      expect(await stripe().readEvent(BODY, signature), String(signature)).toBeNull()
    }
    expect(await stripe().readEvent(`${BODY} `, good)).toBeNull()
  })

  it('is refused when it is true and says nothing that can be understood', async ({ expect }) => {
    for (const payload of ['no json', '[]', '{"id":"evt_1"}', BODY.replace('"data"', '"date"')]) {
      expect(await stripe().readEvent(payload, await sign(FIRST, { payload }))).toBeNull()
    }
  })

  it('of the test payment page is read where that is in use', async ({ expect }) => {
    const local = open()
    expect(local.provider).toBe('local')
    const signature = await signLocalEvent(settingsOf(), BODY)
    expect(await local.readEvent(BODY, signature)).toMatchObject({ id: 'evt_1' })
    expect(await stripe().readEvent(BODY, signature)).toBeNull()
    const other = open({ SECRET_KEY: 'w3Fz8QpL1vXk6TgB0nRy5JcD9hMs2AeU' })
    expect(await other.readEvent(BODY, signature)).toBeNull()
  })
})

describe('the provider', () => {
  const deployed = {
    API_ORIGIN: 'https://api.linden.studio',
    SITE_ORIGIN: 'https://www.linden.studio',
    ENVIRONMENT: 'production',
    PASSWORD_COST: 'strong',
  }

  it('is Stripe with a key, the test payment page in development, else none', ({ expect }) => {
    expect(stripe()).toMatchObject({ provider: 'stripe', isLive: false })
    expect(open()).toMatchObject({ provider: 'local', isLive: false })
    expect(openPayments(settingsOf(deployed), () => undefined)).toBeNull()
    const keys = {
      STRIPE_SECRET_KEY: 'sk_live_0123456789abcdef',
      STRIPE_WEBHOOK_SECRET: `${FIRST}`,
    }
    expect(open({ ...deployed, ...keys })).toMatchObject({ provider: 'stripe', isLive: true })
  })
})
