import { inject, vi } from 'vitest'
import { realFetch } from './outside.ts'
import type {
  StripeCall,
  StripeFault,
  StripePlan,
  StripeRefund,
  StripeSession,
} from './stripe-server.ts'

/** One account at the stand-in for Stripe, and the settings that lead there. */
export class StripeAccount {
  readonly settings = {
    STRIPE_API_BASE: inject('stripe'),
    STRIPE_SECRET_KEY: `sk_test_${crypto.randomUUID().replaceAll('-', '')}`,
    STRIPE_WEBHOOK_SECRET: 'whsec_0123456789abcdef0123456789abcdef',
  }

  plan(plan: StripePlan): Promise<unknown> {
    return this.#ask('_plan', plan)
  }

  /** Every call that reached it, those too that were left without an answer. */
  calls(): Promise<StripeCall[]> {
    return this.#ask('_calls')
  }

  sessions(): Promise<StripeSession[]> {
    return this.#ask('_sessions')
  }

  refunds(): Promise<StripeRefund[]> {
    return this.#ask('_refunds')
  }

  async #ask<Answer>(path: string, body?: StripePlan): Promise<Answer> {
    const { STRIPE_API_BASE: base, STRIPE_SECRET_KEY: key } = this.settings
    const response = await realFetch(`${base}/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      ...(body && { body: JSON.stringify(body) }),
    })
    return await response.json<Answer>()
  }
}

const realWait = globalThis.setTimeout
/** Longer than a busy machine stands still. */
const SHORT = 700

/**
 * Waits of Stripe's library end at once; D1's patience does not. `silent`: the library's patience ends
 * soon too, in so many calls, for who waits for a provider that says nothing; without it a machine that
 * stands still for a moment breaks no call.
 */
export function hurry({ silent = false, calls = Number.POSITIVE_INFINITY } = {}): void {
  let left = silent ? calls : 0
  const hurried = (ms: number) => {
    if (ms >= 10_000) return left-- > 0 ? SHORT : ms
    return ms >= 500 && ms < 3000 ? 1 : ms
  }
  vi.stubGlobal('setTimeout', (run: () => void, ms = 0, ...given: []) =>
    realWait(run, hurried(ms), ...given),
  )
}

/** Whether one of these faults leaves a call without an answer. */
export const isSilent = (faults: readonly StripeFault[]): boolean =>
  faults.some((fault) => fault === 'hang' || fault === 'accept-then-hang')
