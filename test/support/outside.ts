import type { Faults } from './faults.ts'

export type SentMail = {
  key: string | null
  to: string
  replyTo: string | null
  subject: string
  html: string
  text: string
  headers: Headers
  /** What stands in the mail beside the headers that every mail has. */
  further: Record<string, string>
}

/** How a provider behaves towards one call. */
export type Behaviour =
  | 'accept'
  | 'accept-without-body'
  | 'accept-then-cut'
  | 'cut'
  | 'timeout'
  | 'hang'
  | { status: number; headers?: Record<string, string>; body?: string }

type Further = { headers?: Record<string, string> }
type ResendBody = Further & {
  to: [string]
  reply_to?: string
  subject: string
  html: string
  text: string
}
type SendGridBody = Further & {
  personalizations: [{ to: [{ email: string }] }]
  reply_to?: { email: string }
  subject: string
  content: [{ value: string }, { value: string }]
}

// Taken before any test puts its own in the place of the real one.
export const realFetch = globalThis.fetch

/** Everything beyond the Worker: stands in for globalThis.fetch and answers as the providers do. */
export class Outside {
  /** Mails that a provider accepted; one idempotency key counts once, as at Resend. */
  mails: SentMail[] = []
  /** Each address that was called. */
  calls: string[] = []
  turnstile: Record<string, unknown> = { success: true, hostname: 'localhost', action: 'contact' }
  #plan: Behaviour[] = []
  readonly #faults: Faults

  constructor(faults: Faults) {
    this.#faults = faults
  }

  /** What the mail provider does with the next calls; it accepts all others. */
  plan(...behaviours: Behaviour[]): void {
    this.#plan = behaviours
  }

  to(address: string): SentMail[] {
    return this.mails.filter((mail) => mail.to === address)
  }

  fetch = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> =>
    this.#faults.around('fetch', () => this.#answer(new Request(input, init)))

  async #answer(request: Request): Promise<Response> {
    this.calls.push(request.url)
    // The stand-in for Stripe is a server of its own.
    if (new URL(request.url).hostname === '127.0.0.1') return await realFetch(request)
    if (request.url.startsWith('https://challenges.cloudflare.com/'))
      return Response.json(this.turnstile)
    const behaviour = this.#plan.shift() ?? 'accept'
    if (behaviour === 'cut') throw new TypeError('Network connection lost.')
    if (behaviour === 'timeout') throw new DOMException('The operation timed out', 'TimeoutError')
    if (behaviour === 'hang') return await untilAborted(request.signal)
    if (typeof behaviour === 'object') return new Response(behaviour.body ?? '{}', behaviour)
    this.#accept(request, await request.json())
    if (behaviour === 'accept-then-cut') throw new TypeError('Network connection lost.')
    return behaviour === 'accept' ? Response.json({ id: 'provider-id' }) : new Response(null)
  }

  #accept(request: Request, body: ResendBody | SendGridBody): void {
    const key = request.headers.get('idempotency-key')
    if (key !== null && this.mails.some((mail) => mail.key === key)) return
    const { headers } = request
    const further = body.headers ?? {}
    this.mails.push(
      'personalizations' in body
        ? {
            key,
            headers,
            further,
            to: body.personalizations[0].to[0].email,
            replyTo: body.reply_to?.email ?? null,
            subject: body.subject,
            text: body.content[0].value,
            html: body.content[1].value,
          }
        : {
            key,
            headers,
            further,
            to: body.to[0],
            replyTo: body.reply_to ?? null,
            subject: body.subject,
            text: body.text,
            html: body.html,
          },
    )
  }
}

/** A host that accepts the connection and never says a word. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}
