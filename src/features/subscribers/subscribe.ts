import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { digest } from '../../core/crypto.ts'
import { mailboxOf } from '../../core/mailbox.ts'
import { DAY } from '../../core/time.ts'
import { batchBehind } from '../../db/batch.ts'
import { badSecret, newToken } from '../auth/secrets.ts'
import { takeEach } from '../limits/service.ts'
import { mailStatement, prepareMail, wakeMailer } from '../mail/service.ts'
import { isSuppressed, withdrawMailAbout } from '../mail/suppress.ts'
import { LINKS_PER_ADDRESS } from './limits.ts'
import { ABOUT, confirmPage, readUnsubscribeToken } from './links.ts'
import { askAnew, confirmByHash, idOf, unsubscribeById } from './repo.ts'
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
  const model = { link: confirmPage(ctx, token) }
  const mail = await prepareMail(ctx, 'newsletter.confirm', { to: email, model })
  const about = sql`${ABOUT} || ${idOf(emailKey)}`
  const mayBeMailed = sql`changes() > 0 and not ${isSuppressed(sql`${emailKey}`)}`
  await batchBehind(
    ctx.db,
    [
      ...takeEach(ctx, LINKS_PER_ADDRESS, mailboxOf(email), sql`true`),
      askAnew(ctx.db, row, mayBeMailed),
    ],
    [mailStatement(ctx, { ...mail, about }, sql`changes() > 0`)],
  )
  await wakeMailer(ctx, [mail.uid])
  return ACCEPTED
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
