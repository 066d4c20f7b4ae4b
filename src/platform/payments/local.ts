import { mac } from '../../core/crypto.ts'
import { SECOND } from '../../core/time.ts'
import type { Settings } from '../../env.ts'
import { readSigned } from './events.ts'
import type { Payments } from './payments.ts'

/**
 * The test payment page of development, /dev/pay. It keeps nothing: what it asks for is read from the
 * order, and what the buyer does there comes back as a signed event, as from Stripe.
 */
export const localPayments = (settings: Settings): Payments => ({
  provider: 'local',
  isLive: false,
  startCheckout: async ({ orderId }) => ({
    id: `cs_local_${orderId}`,
    url: `${settings.API_ORIGIN}/dev/pay/${orderId}`,
  }),
  endCheckout: async () => 'ended',
  refund: async ({ refundId }) => ({ id: `re_local_${refundId}`, status: 'succeeded' }),
  readEvent: (body, signature) => readSigned([secretOf(settings)], body, signature),
})

/** The header `stripe-signature` for an event of the test payment page. */
export async function signLocalEvent(settings: Settings, body: string): Promise<string> {
  const { Stripe } = await import('#stripe')
  return await Stripe.webhooks.generateTestHeaderStringAsync({
    payload: body,
    secret: secretOf(settings),
    timestamp: Math.floor(Date.now() / SECOND),
  })
}

const secretOf = ({ SECRET_KEY }: Settings): string =>
  `whsec_${mac(SECRET_KEY, 'local payments', 'events')}`
