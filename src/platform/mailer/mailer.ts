/** A finished mail to one recipient. Addresses may carry a name: `Ann <ann@studio.dev>`. */
export type OutgoingMail = {
  /** The outbox row's id: the provider's idempotency key where it has one. */
  id: string
  from: string
  to: string
  replyTo: string | null
  subject: string
  /** Headers beside these, by name. */
  headers: Record<string, string>
  html: string
  text: string
  createdAt: number
}

export type Mailer = {
  /** Resolves when the provider has accepted the mail. Throws MailRefused or MailUnavailable. */
  send(mail: OutgoingMail): Promise<void>
}

/** The provider will never take this mail as it is. */
export class MailRefused extends Error {}

/** The provider may take it later. */
export class MailUnavailable extends Error {
  /** Seconds that the provider asked to wait, if it did. */
  readonly retryAfter: number | null

  constructor(message: string, retryAfter: number | null = null) {
    super(message)
    this.retryAfter = retryAfter
  }
}

const TIMEOUT_MS = 10_000
// These say "later" although they are in the 400 class. Resend answers 409 while the first request
// under the same idempotency key is still running.
const LATER = new Set([408, 409, 425, 429])

/**
 * Posts JSON to a provider's fixed address and sorts its answer into accepted, refused and later.
 * `isAccepted` may know an error of the provider's that means that it has the mail already.
 */
export async function post(
  url: string,
  headers: Record<string, string>,
  body: object,
  isAccepted?: (response: Response) => Promise<boolean>,
): Promise<void> {
  let response: Response
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (response.ok || (await isAccepted?.(response))) return
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError'
    throw new MailUnavailable(
      isLate ? 'The provider did not answer in time' : 'The connection broke',
    )
  }
  const message = `The provider answered ${response.status}`
  if (response.status >= 400 && response.status < 500 && !LATER.has(response.status)) {
    throw new MailRefused(message)
  }
  throw new MailUnavailable(message, retryAfterOf(response))
}

/** Retry-After in seconds, from either of its forms (RFC 9110, 10.2.3). */
function retryAfterOf(response: Response): number | null {
  const value = response.headers.get('retry-after')
  if (!value) return null
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : null
}

/** Where a body names further headers: both providers take an object of that name. */
export const furtherHeaders = ({ headers }: OutgoingMail) =>
  Object.keys(headers).length > 0 ? { headers } : {}

/** Splits `Ann <ann@studio.dev>` into its parts. */
export function parseAddress(address: string): { email: string; name?: string } {
  const match = /^(.+) <(.+)>$/.exec(address)
  return match?.[1] && match[2] ? { name: match[1], email: match[2] } : { email: address }
}
