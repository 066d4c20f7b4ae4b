import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { conflict } from '../../core/errors.ts'
import { auditEntry } from '../audit/service.ts'
import { type PreparedMail, wakeMailer } from '../mail/service.ts'
import { toUserView, type UserView } from '../users/service.ts'
import { type Audience, digestFor } from './audience.ts'
import { mailToAddress } from './register.ts'
import { findByEmail, findSecret, updateBySecret } from './repo.ts'
import type { EmailOnly, SecretOnly } from './schemas.ts'
import { badSecret, type Mailing, newMailedSecret } from './secrets.ts'

// For front ends of other back ends, in which an account has its password before its address is proven.

/** How another API mails the link to prove an address. */
export type Verification = {
  mailing: Mailing
  letter: (to: string, link: string) => Promise<PreparedMail>
}

/** An admin's account waits for its invitation, which sets the password anew. */
const WAITS = sql`verified_at is null and is_active = 1 and role = 'user' and password_hash is not null`

/** Mails a link to prove an address, where it has an account that only lacks the proof. */
export async function requestVerification(
  ctx: Context,
  input: EmailOnly,
  { mailing, letter }: Verification,
): Promise<void> {
  const emailKey = input.email.toLowerCase()
  const [account] = await findByEmail(ctx.db, emailKey)
  const owner = sql`(select id from users where uid = ${account?.uid ?? ''} and email_key = ${emailKey} and ${WAITS})`
  const secret = newMailedSecret(ctx, 'verify', owner, { mailing })
  const mail = await letter(account?.email ?? input.email, secret.link)
  await ctx.db.batch([
    ...mailToAddress(ctx, emailKey, mail, secret, { condition: sql`exists ${owner}` }),
    auditEntry(ctx, 'auth.verify_resend', { entity: 'user', id: account?.uid ?? null }),
  ])
  await wakeMailer(ctx, [mail.uid])
}

/**
 * Proves the address that the link was mailed to; the account stays as it is otherwise. The link is kept
 * until it is over, so that whoever opens it again is told. Throws `conflict` when the address is proven.
 */
export async function proveAddress(
  ctx: Context,
  { token }: SecretOnly,
  audience: Audience,
): Promise<UserView> {
  const now = Date.now()
  const hash = digestFor(audience, token)
  const [found] = await findSecret(ctx.db, 'verify', hash, now)
  if (!found) throw badSecret()
  const { uid } = found.user
  const [[saved], , [after]] = await ctx.db.batch([
    updateBySecret(ctx.db, 'verify', hash, now, { verifiedAt: now }, WAITS),
    auditEntry(ctx, 'auth.verify', { entity: 'user', id: uid, actor: uid }),
    findSecret(ctx.db, 'verify', hash, now),
  ])
  if (saved) return toUserView(saved)
  throw after && after.user.verifiedAt !== null
    ? conflict('This address is proven already.')
    : badSecret()
}
