import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { digest } from '../../core/crypto.ts'
import { conflict } from '../../core/errors.ts'
import { newUid } from '../../core/ids.ts'
import type { LimitPolicy } from '../../core/limits.ts'
import { isTaken } from '../../db/errors.ts'
import { auditEntry } from '../audit/service.ts'
import { takeEach } from '../limits/service.ts'
import { mailStatement, type PreparedMail, prepareMail, wakeMailer } from '../mail/service.ts'
import { searchOf, type UserRow } from '../users/service.ts'
import { MAILS_PER_ADDRESS } from './limits.ts'
import { fingerprintOf, openSession, type SignedIn } from './open-session.ts'
import { checkPassword, hashPassword } from './password.ts'
import {
  deleteSecrets,
  findByEmail,
  findByUsername,
  findSecret,
  hasNoFactor,
  insertUser,
  rememberPlace,
  type SecretKind,
  updateBySecret,
} from './repo.ts'
import {
  ACCEPTED,
  type Accepted,
  type AcceptInvite,
  type EmailOnly,
  type Register,
  type VerifyEmail,
} from './schemas.ts'
import { badSecret, type MailedSecret, newMailedSecret, Wish } from './secrets.ts'
import { deleteSessions } from './session-repo.ts'

/**
 * Makes an account that nobody can use before its mailbox is proven. The answer is the same whoever
 * has the address; what differs is told by mail.
 */
export async function register(ctx: Context, input: Register): Promise<Accepted> {
  await checkPassword(ctx, input.password, {
    ...input,
    username: input.username ?? null,
    role: 'user',
  })
  const passwordHash = hashPassword(ctx.settings, input.password)
  const emailKey = input.email.toLowerCase()
  const [[account], [namesake]] = await ctx.db.batch([
    findByEmail(ctx.db, emailKey),
    findByUsername(ctx.db, input.username?.toLowerCase() ?? ''),
  ])
  const row = {
    uid: newUid(),
    email: input.email,
    emailKey,
    role: 'user' as const,
    passwordHash,
    search: searchOf({ email: input.email }),
    createdAt: Date.now(),
  }
  const wish = {
    ...(input.username && !namesake && { username: input.username }),
    ...(input.full_name && { full_name: input.full_name }),
  }
  const { mail, secret } = await letterFor(ctx, account, input.email, wish, Boolean(namesake))
  await ctx.db.batch([
    insertUser(ctx.db, row),
    auditEntry(ctx, 'auth.register', { entity: 'user', id: row.uid }),
    ...mailToAddress(ctx, emailKey, mail, secret),
  ])
  await wakeMailer(ctx, [mail.uid])
  return ACCEPTED
}

/** Mails the link to prove an address once more; nothing to an address that is proven or unknown. */
export async function resendVerification(ctx: Context, input: EmailOnly): Promise<Accepted> {
  const emailKey = input.email.toLowerCase()
  const [account] = await findByEmail(ctx.db, emailKey)
  const { mail, secret } = await letterFor(ctx, account, input.email, null, false)
  const waits = account?.verifiedAt === null ? sql`true` : sql`false`
  await ctx.db.batch([
    ...mailToAddress(ctx, emailKey, mail, secret, { condition: waits }),
    auditEntry(ctx, 'auth.verify_resend', { entity: 'user', id: account?.uid ?? null }),
  ])
  await wakeMailer(ctx, [mail.uid])
  return ACCEPTED
}

/** The link to prove the address, or word that it has been proven already. */
async function letterFor(
  ctx: Context,
  account: UserRow | undefined,
  email: string,
  wish: Wish | null,
  usernameTaken: boolean,
): Promise<{ mail: PreparedMail; secret: MailedSecret | null }> {
  if (account && account.verifiedAt !== null) {
    const to = account.email ?? email
    return {
      mail: await prepareMail(ctx, 'auth.already_registered', { to, model: {} }),
      secret: null,
    }
  }
  const owner = sql`(select id from users where email_key = ${email.toLowerCase()} and verified_at is null)`
  const secret = newMailedSecret(ctx, 'verify', owner, wish ? { wish } : {})
  const model = { link: secret.link, ...(usernameTaken && { username_taken: true as const }) }
  return {
    mail: await prepareMail(ctx, 'auth.verify', { to: account?.email ?? email, model }),
    secret,
  }
}

/**
 * Mails as often as an address may be mailed, where `condition` holds. The address is counted in
 * any case, so that D1 has something to write for every caller. The secret follows its mail: one
 * that is not sent does not end the link that was.
 */
export function mailToAddress(
  ctx: Context,
  emailKey: string,
  mail: PreparedMail,
  secret: MailedSecret | null,
  {
    limits = MAILS_PER_ADDRESS,
    condition = sql`true`,
  }: { limits?: LimitPolicy[]; condition?: SQL } = {},
) {
  const [first, ...rest] = takeEach(ctx, limits, emailKey, sql`true`)
  if (!first) throw new Error('An address needs a limit')
  const moved = sql`changes() > 0`
  return [
    first,
    ...rest,
    mailStatement(ctx, mail, sql`${moved} and ${condition}`),
    ...(secret ? [secret.keep(moved)] : []),
  ] as const
}

/**
 * The password that comes with the proof is the account's; whatever was set before it is dropped.
 * A username that was taken in the meantime is left out.
 */
export async function verifyEmail(ctx: Context, input: VerifyEmail): Promise<SignedIn> {
  try {
    return await proveMailbox(ctx, 'verify', input)
  } catch (error) {
    if (!isTaken(error, 'users.username_key')) throw error
    return await proveMailbox(ctx, 'verify', input, false)
  }
}

/** Throws `conflict` when the username is taken. */
export async function acceptInvite(ctx: Context, input: AcceptInvite): Promise<SignedIn> {
  try {
    return await proveMailbox(ctx, 'invite', input)
  } catch (error) {
    if (isTaken(error, 'users.username_key')) throw conflict('This username is taken.')
    throw error
  }
}

async function proveMailbox(
  ctx: Context,
  kind: SecretKind,
  input: VerifyEmail | AcceptInvite,
  withUsername = true,
): Promise<SignedIn> {
  const now = Date.now()
  const hash = digest(input.token)
  const [found] = await findSecret(ctx.db, kind, hash, now)
  if (!found) throw badSecret()
  const wish = Wish().parse(kind === 'invite' ? input : JSON.parse(found.wish ?? '{}'))
  const username = (withUsername && wish.username) || null
  const fullName = wish.full_name ?? found.user.fullName
  const user = { ...found.user, username, fullName }
  await checkPassword(ctx, input.password, user)
  const passwordHash = hashPassword(ctx.settings, input.password)
  const session = await openSession(ctx, user)
  const proven = {
    username,
    usernameKey: username?.toLowerCase() ?? null,
    fullName,
    passwordHash,
    verifiedAt: now,
    lastLoginAt: now,
    search: searchOf({ email: user.email, username, full_name: fullName }),
  }
  const [[saved]] = await ctx.db.batch([
    updateBySecret(
      ctx.db,
      kind,
      hash,
      now,
      proven,
      sql`is_active = 1 and verified_at is null and role = ${user.role} and ${hasNoFactor}`,
    ),
    auditEntry(ctx, kind === 'invite' ? 'auth.invite_accept' : 'auth.verify', {
      entity: 'user',
      id: user.uid,
      actor: user.uid,
    }),
    ...session.statements,
    deleteSessions(ctx.db, user.id, session.uid, session.opened),
    deleteSecrets(ctx.db, user.id, ['verify', 'invite', 'reset', 'email_change'], session.opened),
    rememberPlace(ctx.db, user.id, fingerprintOf(ctx), now, session.opened),
  ])
  if (!saved) throw badSecret()
  return await session.toSignedIn(saved)
}
