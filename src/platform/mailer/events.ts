import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import * as z from 'zod/mini'
import { fromBase64Url, sameSecret, toBase64 } from '../../core/crypto.ts'
import { lazily } from '../../core/lazily.ts'
import { nodeCrypto } from '../../core/node.ts'
import { DAY, MINUTE, SECOND } from '../../core/time.ts'
import { toUtf8 } from '../../core/utf8.ts'
import { parseAddress } from './mailer.ts'

/** An address that a provider found to be dead, or whose owner calls our mail spam. */
export type MailEvent = { email: string; reason: 'bounce' | 'complaint' }

export type SignedEvents = { headers: Headers; body: Uint8Array }

/** What a provider reports; null where the signature is not its own or too old. Throws SyntaxError for a body that is no JSON. */
export type ReadEvents = (secret: string, signed: SignedEvents) => MailEvent[] | null

const RESEND_TOLERANCE_MS = 5 * MINUTE

/** Svix: https://docs.svix.com/receiving/verifying-payloads/how-manual */
export const readResendEvents: ReadEvents = (secret, { headers, body }) => {
  const id = headers.get('svix-id') ?? ''
  const timestamp = headers.get('svix-timestamp') ?? ''
  if (id === '' || !isRecent(timestamp, RESEND_TOLERANCE_MS)) return null
  const key = fromBase64Url(secret.replace(/^whsec_/, ''))
  const signed = hmac
    .create(sha256, key)
    .update(toUtf8(`${id}.${timestamp}.`))
    .update(body)
  const expected = `v1,${toBase64(signed.digest())}`
  // One for each secret that is in use while they rotate it.
  const given = (headers.get('svix-signature') ?? '').split(' ')
  if (!given.some((one) => sameSecret(one, expected))) return null
  return toResendEvents(parse(body))
}

const ResendEvent = lazily(() =>
  z.object({
    type: z.enum(['email.bounced', 'email.complained']),
    data: z.object({
      to: z.array(z.string()),
      bounce: z.optional(z.object({ type: z.optional(z.string()) })),
    }),
  }),
)

function toResendEvents(json: unknown): MailEvent[] {
  const { success, data: event } = ResendEvent().safeParse(json)
  if (!success) return []
  const { to, bounce } = event.data
  if (event.type === 'email.complained') return to.flatMap((one) => toEvent(one, 'complaint'))
  const isHard = (bounce?.type ?? 'Permanent') === 'Permanent'
  return isHard ? to.flatMap((one) => toEvent(one, 'bounce')) : []
}

// It repeats what was not taken for a day, and does not say whether it signs it anew. What is
// repeated changes nothing.
const SENDGRID_TOLERANCE_MS = DAY

/** https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features */
export const readSendgridEvents: ReadEvents = (secret, { headers, body }) => {
  const timestamp = headers.get('x-twilio-email-event-webhook-timestamp') ?? ''
  const signature = headers.get('x-twilio-email-event-webhook-signature') ?? ''
  if (!isRecent(timestamp, SENDGRID_TOLERANCE_MS)) return null
  const signed = new Uint8Array(timestamp.length + body.length)
  signed.set(toUtf8(timestamp))
  signed.set(body, timestamp.length)
  if (!isSignedBy(secret, signed, signature)) return null
  const events = z.array(z.unknown()).safeParse(parse(body))
  return (events.data ?? []).flatMap(toSendgridEvents)
}

function isSignedBy(publicKey: string, signed: Uint8Array, signature: string): boolean {
  if (!/^[A-Za-z0-9+/]{80,200}={0,2}$/.test(signature)) return false
  try {
    const { createPublicKey, verify } = nodeCrypto()
    const key = createPublicKey({
      key: Buffer.from(publicKey, 'base64'),
      format: 'der',
      type: 'spki',
    })
    return verify('sha256', signed, key, Buffer.from(signature, 'base64'))
  } catch {
    // Not even in the form of a signature.
    return false
  }
}

const SendgridEvent = lazily(() =>
  z.object({
    email: z.string(),
    event: z.enum(['bounce', 'spamreport']),
    /** A block is for a while. */
    type: z.optional(z.string()),
  }),
)

function toSendgridEvents(json: unknown): MailEvent[] {
  const { success, data: event } = SendgridEvent().safeParse(json)
  if (!success) return []
  if (event.event === 'spamreport') return toEvent(event.email, 'complaint')
  return event.type === 'blocked' ? [] : toEvent(event.email, 'bounce')
}

function toEvent(address: string, reason: MailEvent['reason']): MailEvent[] {
  const { email } = parseAddress(address)
  return /^[^\s@]+@[^\s@]+$/.test(email) && email.length <= 254 ? [{ email, reason }] : []
}

// Lenient: one bad byte in a subject must not keep an address from being suppressed.
const parse = (body: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(body))

/** Both ways: a clock may be wrong, and nobody signs for the future. */
const isRecent = (seconds: string, tolerance: number): boolean =>
  /^[0-9]{1,12}$/.test(seconds) && Math.abs(Number(seconds) * SECOND - Date.now()) <= tolerance
