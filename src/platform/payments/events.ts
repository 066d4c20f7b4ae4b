import * as z from 'zod/mini'
import { lazily } from '../../core/lazily.ts'
import { SECOND } from '../../core/time.ts'
import type { PaymentEvent } from './payments.ts'

/** So far may the time of a signature lie from ours, before and after. */
export const TOLERANCE_SECONDS = 300

const Event = lazily(() =>
  z.object({
    id: z.string().check(z.minLength(1), z.maxLength(255)),
    type: z.string().check(z.minLength(1), z.maxLength(255)),
    created: z.int().check(z.gte(0)),
    livemode: z.boolean(),
    account: z.nullish(z.string()),
    data: z.object({ object: z.record(z.string(), z.unknown()) }),
  }),
)

/**
 * Reads an event that is signed with one of `secrets` in Stripe's scheme; null for every other.
 * https://docs.stripe.com/webhooks/signature
 */
export async function readSigned(
  secrets: string[],
  body: string,
  signature: string | undefined,
): Promise<PaymentEvent | null> {
  // The library refuses what is too old, and takes what comes from the future.
  if (signature === undefined || !isTimely(signature)) return null
  const { Stripe } = await import('#stripe')
  for (const secret of secrets) {
    try {
      const event = await Stripe.webhooks.constructEventAsync(
        body,
        signature,
        secret,
        TOLERANCE_SECONDS,
      )
      return toEvent(event)
    } catch {
      // Not this secret, too old, or no JSON.
    }
  }
  return null
}

function isTimely(signature: string): boolean {
  const times = signature.split(',').flatMap((part) => /^t=(.*)$/.exec(part)?.[1] ?? [])
  const [time = ''] = times
  if (times.length !== 1 || !/^[0-9]{1,12}$/.test(time)) return false
  return Number(time) - Math.floor(Date.now() / SECOND) <= TOLERANCE_SECONDS
}

function toEvent(json: unknown): PaymentEvent | null {
  const { success, data: event } = Event().safeParse(json)
  if (!success) return null
  return {
    id: event.id,
    type: event.type,
    createdAt: event.created * SECOND,
    isLive: event.livemode,
    account: event.account ?? null,
    object: event.data.object,
  }
}
