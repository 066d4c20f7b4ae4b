import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { digest } from '../../core/crypto.ts'
import { notFound } from '../../core/errors.ts'
import { mailboxOf } from '../../core/mailbox.ts'
import { DAY } from '../../core/time.ts'
import { badSecret, newToken } from '../auth/secrets.ts'
import { takeEach } from '../limits/service.ts'
import { mailStatement, prepareMail, wakeMailer } from '../mail/service.ts'
import { isSuppressed, withdrawMailAbout } from '../mail/suppress.ts'
import type { SubscriberStatus } from './kinds.ts'
import { LINKS_PER_ADDRESS } from './limits.ts'
import { ABOUT, confirmPage, readUnsubscribeToken } from './links.ts'
import {
  askAnew,
  confirmByHash,
  findByEmail,
  findConfirmed,
  hasLeftBy,
  idOf,
  leaveById,
  unsubscribeById,
} from './repo.ts'
import {
  ACCEPTED,
  type Accepted,
  type SecretOnly,
  type Subscribe,
  type Unsubscribe,
} from './schemas.ts'

export const LINK_LIFETIME = 2 * DAY

/**
 * Mails a link to confirm, unless the address is confirmed, suppressed, or was sent enough of them.
 * The answer and its cost are the same in any case.
 */
export async function subscribe(ctx: Context, { email }: Subscribe): Promise<Accepted> {
  await ask(ctx, email, (token) => confirmPage(ctx, token))
  return ACCEPTED
}

/** Where the link leads that carries a secret. */
type LinkTo = (token: string) => string

/** Does it, and gives what the address was until then; undefined for one that nobody knew. */
async function ask(
  ctx: Context,
  email: string,
  linkTo: LinkTo,
): Promise<SubscriberStatus | undefined> {
  const emailKey = email.toLowerCase()
  const token = newToken()
  const now = Date.now()
  const row = {
    email,
    emailKey,
    status: 'pending' as const,
    confirmHash: digest(token),
    confirmExpiresAt: now + LINK_LIFETIME,
    createdAt: now,
  }
  const mail = await prepareMail(ctx, 'newsletter.confirm', {
    to: email,
    model: { link: linkTo(token) },
  })
  const about = sql`${ABOUT} || ${idOf(emailKey)}`
  const mayBeMailed = sql`changes() > 0 and not ${isSuppressed(sql`${emailKey}`)}`
  const [[before]] = await ctx.db.batch([
    findByEmail(ctx.db, emailKey),
    ...takeEach(ctx, LINKS_PER_ADDRESS, mailboxOf(email), sql`true`),
    askAnew(ctx.db, row, mayBeMailed),
    mailStatement(ctx, { ...mail, about }, sql`changes() > 0`),
  ])
  await wakeMailer(ctx, [mail.uid])
  return before?.status
}

/** Throws `invalid_secret` for a link that is wrong, spent or too old. */
export async function confirm(ctx: Context, { token }: SecretOnly): Promise<void> {
  const guard = sql`not ${isSuppressed(sql`subscribers.email_key`)}`
  const confirmed = await confirmByHash(ctx.db, digest(token), Date.now(), guard)
  if (confirmed.length === 0) throw badSecret()
}

/** Done as often as it is asked for; what waits to be sent is not sent. */
export async function unsubscribe(ctx: Context, { token }: Unsubscribe): Promise<void> {
  const id = readUnsubscribeToken(ctx.settings, token)
  if (id === null) throw badSecret()
  await ctx.db.batch([
    unsubscribeById(ctx.db, id, Date.now()),
    withdrawMailAbout(ctx, ABOUT + id, 'Unsubscribed before it was sent'),
  ])
}

// For front ends that are told how an address stands, and that know people by nothing else.

/** Says what the address was before; undefined for one that nobody knew. Mails as subscribe() does. */
export const subscribeOpenly = (
  ctx: Context,
  { email }: Subscribe,
  linkTo: LinkTo,
): Promise<SubscriberStatus | undefined> => ask(ctx, email, linkTo)

/** Says whether the link has just been used, or was before by a subscriber who is still there. */
export async function confirmOnceMore(ctx: Context, input: SecretOnly): Promise<'now' | 'before'> {
  try {
    await confirm(ctx, input)
    return 'now'
  } catch (error) {
    const [known] = await findConfirmed(ctx.db, digest(input.token))
    if (known) return 'before'
    throw error
  }
}

/**
 * Unsubscribes whoever has the address. Nobody has proven that it is theirs, so it is told by a mail with
 * a link that leads back. Throws `not_found`; gives false for one that has left already.
 */
export async function leaveByAddress(
  ctx: Context,
  { email }: Subscribe,
  linkTo: LinkTo,
): Promise<boolean> {
  const [found] = await findByEmail(ctx.db, email.toLowerCase())
  if (!found) throw notFound('Subscriber')
  const token = newToken()
  const now = Date.now()
  const mail = await prepareMail(ctx, 'newsletter.left', {
    to: found.email,
    model: { link: linkTo(token) },
  })
  const link = { confirmHash: digest(token), confirmExpiresAt: now + LINK_LIFETIME }
  const about = ABOUT + found.id
  const [left] = await ctx.db.batch([
    leaveById(ctx.db, found.id, { ...link, unsubscribedAt: now }),
    withdrawMailAbout(ctx, about, 'Unsubscribed before it was sent'),
    mailStatement(ctx, { ...mail, about }, hasLeftBy(found.id, link.confirmHash)),
  ])
  if (left.length > 0) await wakeMailer(ctx, [mail.uid])
  return left.length > 0
}
