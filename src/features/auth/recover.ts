import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { signedIn } from '../../core/actor.ts'
import { digest } from '../../core/crypto.ts'
import { stamp } from '../../core/time.ts'
import { isTaken } from '../../db/errors.ts'
import { auditEntry } from '../audit/service.ts'
import { release } from '../limits/service.ts'
import { mailStatement, type PreparedMail, prepareMail, wakeMailer } from '../mail/service.ts'
import { findAccount, searchOf } from '../users/service.ts'
import { type Audience, digestFor, OWN } from './audience.ts'
import { deleteDevices } from './device-repo.ts'
import { deleteChallenges } from './factor-repo.ts'
import { CODES_PER_ADDRESS, RESETS_PER_ADDRESS } from './limits.ts'
import { openToStrangers } from './lockout.ts'
import { checkPassword, hashPassword } from './password.ts'
import { mailToAddress } from './register.ts'
import { deleteSecrets, deleteUnproven, findByEmail, findSecret, updateBySecret } from './repo.ts'
import {
  ACCEPTED,
  type Accepted,
  type ChangeEmail,
  type EmailOnly,
  type ResetPassword,
  type SecretOnly,
} from './schemas.ts'
import { badSecret, type Mailing, newMailedSecret } from './secrets.ts'
import { deleteSessions } from './session-repo.ts'
import { banned } from './sign-in.ts'

/** How another API mails the link to choose a new password. */
export type Recovery = {
  mailing: Mailing
  admitsUnproven: boolean
  letter: (to: string, link: string) => Promise<PreparedMail>
}

/** Mails a link to choose a new password, where the address has an account that may sign in. */
export async function forgotPassword(
  ctx: Context,
  input: EmailOnly,
  recovery?: Recovery,
): Promise<Accepted> {
  const emailKey = input.email.toLowerCase()
  const [account] = await findByEmail(ctx.db, emailKey)
  // Asked again by the statement itself: what was read before may have changed since.
  const isProven = recovery?.admitsUnproven ? sql`true` : sql`verified_at is not null`
  const owner = sql`(select id from users where uid = ${account?.uid ?? ''} and email_key = ${emailKey}
    and is_active = 1 and ${isProven})`
  const secret = newMailedSecret(ctx, 'reset', owner, recovery && { mailing: recovery.mailing })
  const to = account?.email ?? input.email
  const mail = recovery
    ? await recovery.letter(to, secret.link)
    : await prepareMail(ctx, 'auth.reset', { to, model: { link: secret.link } })
  await ctx.db.batch([
    ...mailToAddress(ctx, emailKey, mail, secret, {
      limits: RESETS_PER_ADDRESS,
      condition: sql`exists ${owner}`,
    }),
    auditEntry(ctx, 'auth.password_forgot', { entity: 'user', id: account?.uid ?? null }),
  ])
  await wakeMailer(ctx, [mail.uid])
  return ACCEPTED
}

/**
 * Signs the account out everywhere and lets unknown devices try again. A second factor stays as it
 * is, and every browser is asked for it. Whoever opens the link has proven the mailbox. Throws
 * `forbidden` for a banned account where the audience tells it.
 */
export async function resetPassword(
  ctx: Context,
  input: ResetPassword,
  audience: Audience = OWN,
): Promise<void> {
  const now = Date.now()
  const hash = digestFor(audience, input.token)
  const [found] = await findSecret(ctx.db, 'reset', hash, now)
  if (!found) throw badSecret()
  const { user } = found
  if (!user.isActive && audience.tellsBan) throw banned()
  const { adminPassword } = audience
  await checkPassword(ctx, input.new_password, user, { path: 'new_password', adminPassword })
  const passwordHash = hashPassword(ctx.settings, input.new_password)
  const reset = sql`exists (select 1 from users where id = ${user.id} and password_hash = ${passwordHash})`
  const notice = await prepareMail(ctx, 'auth.password_changed', {
    to: user.email ?? '',
    model: { at: stamp(now) },
  })
  const [saved] = await ctx.db.batch([
    updateBySecret(
      ctx.db,
      'reset',
      hash,
      now,
      { passwordHash, verifiedAt: user.verifiedAt ?? now },
      sql`is_active = 1`,
    ),
    auditEntry(ctx, 'auth.password_reset', { entity: 'user', id: user.uid, actor: user.uid }),
    deleteSessions(ctx.db, user.id, null, reset),
    deleteDevices(ctx.db, user.id, null, reset),
    deleteChallenges(ctx.db, user.id, reset),
    openToStrangers(ctx, user, reset),
    // Whoever knew the old password may have asked for all codes of the day.
    release(ctx, CODES_PER_ADDRESS, user.uid, reset),
    deleteSecrets(ctx.db, user.id, ['reset', 'email_change', 'unlock'], reset),
    mailStatement(ctx, notice, reset),
  ])
  if (saved.length === 0) throw badSecret()
  await wakeMailer(ctx, [notice.uid])
}

/** Mails a link to the new address. What the caller is told does not say whether it is taken. */
export async function changeEmail(ctx: Context, input: ChangeEmail): Promise<Accepted> {
  const user = await findAccount(ctx, signedIn(ctx).uid)
  const emailKey = input.new_email.toLowerCase()
  const [holder] = await findByEmail(ctx.db, emailKey)
  // An account that never proved the address does not hold it: whoever opens the link does.
  const taken = holder && holder.verifiedAt !== null ? holder : null
  const secret = newMailedSecret(ctx, 'email_change', user.id, { email: input.new_email })
  const mail = taken
    ? await prepareMail(ctx, 'auth.already_registered', { to: taken.email ?? '', model: {} })
    : await prepareMail(ctx, 'auth.email_confirm', {
        to: input.new_email,
        model: { link: secret.link },
      })
  // A reset that came while the body was on its way has ended this session.
  const stillSignedIn = sql`exists (select 1 from sessions where uid = ${signedIn(ctx).sessionUid})`
  await ctx.db.batch([
    ...mailToAddress(ctx, emailKey, mail, taken ? null : secret, { condition: stillSignedIn }),
    auditEntry(ctx, 'auth.email_change_request', { entity: 'user', id: user.uid }, sql`true`),
  ])
  await wakeMailer(ctx, [mail.uid])
  return ACCEPTED
}

/** Swaps the address for the one that the link was mailed to, and ends the links to the old one. */
export async function confirmEmail(ctx: Context, input: SecretOnly): Promise<void> {
  const now = Date.now()
  const hash = digest(input.token)
  const [found] = await findSecret(ctx.db, 'email_change', hash, now)
  const email = found?.secretEmail
  if (!found || !email) throw badSecret()
  const { user } = found
  const [squatter] = await findByEmail(ctx.db, email.toLowerCase())
  const model = { at: stamp(now), new_email: email }
  const notices = await Promise.all(
    [user.email, email]
      .filter((to) => to !== null)
      .map((to) => prepareMail(ctx, 'auth.email_changed', { to, model })),
  )
  const change = {
    email,
    emailKey: email.toLowerCase(),
    search: searchOf({ email, username: user.username, full_name: user.fullName }),
  }
  const unchanged = sql`version = ${user.version} and is_active = 1`
  const swapped = sql`exists (select 1 from users where id = ${user.id} and version = ${user.version + 1} and email = ${email})`
  // Whoever comes second finds the address swapped, but the secret gone.
  const swappedHere = sql`${swapped} and exists (select 1 from mailed_secrets where hash = ${hash})`
  try {
    const [, , saved] = await ctx.db.batch([
      deleteUnproven(ctx.db, email.toLowerCase(), hash, now, unchanged),
      auditEntry(ctx, 'user.delete', {
        entity: 'user',
        id: squatter?.uid ?? null,
        actor: user.uid,
      }),
      updateBySecret(ctx.db, 'email_change', hash, now, change, unchanged),
      auditEntry(ctx, 'auth.email_change', {
        entity: 'user',
        id: user.uid,
        actor: user.uid,
        before: { email: user.email },
        after: { email },
      }),
      ...notices.map((notice) => mailStatement(ctx, notice, swappedHere)),
      deleteSecrets(ctx.db, user.id, ['email_change', 'reset', 'verify'], swapped),
    ])
    if (saved.length === 0) throw badSecret()
  } catch (error) {
    if (isTaken(error, 'users.email_key')) throw badSecret()
    throw error
  }
  await wakeMailer(
    ctx,
    notices.map((notice) => notice.uid),
  )
}
