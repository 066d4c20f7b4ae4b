import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { requireStepUp } from '../../core/actor.ts'
import { AppError, conflict } from '../../core/errors.ts'
import { newUid } from '../../core/ids.ts'
import { auditEntry } from '../audit/service.ts'
import { keepAnswer } from '../idempotency/service.ts'
import { mailStatement, prepareMail, wakeMailer } from '../mail/service.ts'
import { type InviteUser, mayStill, searchOf, toUserView, type UserView } from '../users/service.ts'
import { findByEmail, insertUser, updateUserById } from './repo.ts'
import { newMailedSecret } from './secrets.ts'

/**
 * Makes an account for somebody and mails a link to choose its password; for somebody who has not
 * accepted yet, once more. Making an admin needs a step-up. Throws `conflict` when the address has an account that is in use.
 */
export async function inviteUser(ctx: Context, input: InviteUser): Promise<UserView> {
  const emailKey = input.email.toLowerCase()
  const [waiting] = await findByEmail(ctx.db, emailKey)
  if (waiting && waiting.verifiedAt !== null) throw conflict('This address has an account.')
  const names = {
    fullName: input.full_name ?? waiting?.fullName ?? null,
    role: input.role ?? waiting?.role ?? ('user' as const),
  }
  if (names.role !== (waiting?.role ?? 'user')) requireStepUp(ctx.actor)
  const row = {
    uid: waiting?.uid ?? newUid(),
    email: waiting?.email ?? input.email,
    emailKey,
    username: null,
    usernameKey: null,
    ...names,
    passwordHash: null,
    totpEnabledAt: null,
    emailCodesEnabledAt: null,
    isActive: waiting?.isActive ?? true,
    verifiedAt: null,
    lastLoginAt: null,
    search: searchOf({ email: input.email, full_name: names.fullName }),
    createdAt: waiting?.createdAt ?? Date.now(),
  }
  const unproven = sql`exists (select 1 from users where uid = ${row.uid} and verified_at is null)`
  // Of an admin who was signed out or demoted while the body was on its way, nothing is taken.
  const allowed = mayStill(ctx.actor)
  const invited = sql`${unproven} and ${allowed}`
  const secret = newMailedSecret(ctx, 'invite', sql`(select id from users where uid = ${row.uid})`)
  const mail = await prepareMail(ctx, 'auth.invite', {
    to: row.email,
    model: {
      link: secret.link,
      ...(row.role === 'admin' && { role_admin: true as const }),
      ...(row.fullName && { full_name: row.fullName }),
    },
  })
  const view = toUserView(row)
  const [changed] = await ctx.db.batch([
    waiting
      ? updateUserById(
          ctx.db,
          waiting.id,
          { ...names, search: row.search },
          sql`verified_at is null and ${allowed}`,
        )
      : insertUser(ctx.db, row, allowed),
    auditEntry(ctx, 'user.invite', {
      entity: 'user',
      id: row.uid,
      after: { email: row.email, role: row.role },
    }),
    secret.keep(invited),
    mailStatement(ctx, mail, invited),
    ...(await keepAnswer(ctx, view, invited)),
  ])
  if (changed.length === 0) {
    const [holder] = await findByEmail(ctx.db, emailKey)
    throw holder && (!waiting || holder.verifiedAt !== null)
      ? conflict('This address has an account.')
      : new AppError('unauthorized', 'This session has ended. Sign in again.')
  }
  await wakeMailer(ctx, [mail.uid])
  return view
}
