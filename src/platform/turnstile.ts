import * as z from 'zod/mini'
import { invalid, unavailable } from '../core/errors.ts'
import { lazily, type Made } from '../core/lazily.ts'
import type { Settings } from '../env.ts'

const VERIFY = 'https://challenges.cloudflare.com/turnstile/v0/siteverify'
const TIMEOUT_MS = 5000
const OUR_FAULT = /-input-secret$|^internal-error$/

const Answer = lazily(() =>
  z.object({
    success: z.boolean(),
    hostname: z.optional(z.string()),
    action: z.optional(z.string()),
    'error-codes': z._default(z.array(z.string()), []),
  }),
)

/**
 * Lets a person pass where the studio has switched Turnstile on; does nothing where it has not.
 * Throws `validation` for a missing, used, foreign or wrong token, `unavailable` when nobody can
 * tell. https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
 */
export async function checkTurnstile(
  settings: Settings,
  token: string | undefined,
  action: string,
): Promise<void> {
  if (!settings.TURNSTILE_SECRET) return
  if (!token) throw refused('required', 'Required.')
  const answer = await ask(settings.TURNSTILE_SECRET, token)
  const isOurs =
    answer.success &&
    answer.action === action &&
    settings.TURNSTILE_HOSTNAMES.includes(answer.hostname ?? '')
  if (!isOurs) throw refused('turnstile', 'The check for robots failed. Load the form again.')
}

async function ask(secret: string, token: string): Promise<Made<typeof Answer>> {
  try {
    const response = await fetch(VERIFY, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ secret, response: token }),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const answer = Answer().parse(await response.json())
    // Ours to mend, not the visitor's: a wrong secret, or trouble at Cloudflare.
    const fault = answer['error-codes'].find((code) => OUR_FAULT.test(code))
    if (fault) throw new Error(`Turnstile says ${fault}`)
    return answer
  } catch (error) {
    throw unavailable('The check for robots does not answer. Try again in a moment.', 5, error)
  }
}

const refused = (code: string, message: string) =>
  invalid([{ path: 'turnstile_token', code, message }])
