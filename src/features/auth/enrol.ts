import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { signedIn } from '../../core/actor.ts'
import { seal, unseal } from '../../core/crypto.ts'
import { AppError, conflict } from '../../core/errors.ts'
import { stamp } from '../../core/time.ts'
import { type Action, auditEntry } from '../audit/service.ts'
import { type MailModel, mailStatement, prepareMail, wakeMailer } from '../mail/service.ts'
import { findAccount, type UserRow } from '../users/service.ts'
import { digestsOfCode, newRecoveryCodes, newShortCodes } from './codes.ts'
import { distrustDevices } from './device-repo.ts'
import {
  confirmTotp,
  deleteChallenges,
  deleteRecoveryCodes,
  deleteTotp,
  findTotp,
  insertRecoveryCodes,
  keepPending,
} from './factor-repo.ts'
import { updateUserById } from './repo.ts'
import type { CodeOnly, RecoveryCodes, TotpEnrolment } from './schemas.ts'
import { totpBinding } from './second-factor.ts'
import { deleteSessions } from './session-repo.ts'
import { describeTotp, matchStep, newTotpSecret } from './totp.ts'

/** Shows a new secret for an authenticator app; one in use stays so until a code confirms the new one. */
export const enrolTotp = (ctx: Context): Promise<TotpEnrolment> => enrol(ctx, [])

/** The same for front ends that show the recovery codes with the secret; they work once a code confirms it. */
export async function enrolWithCodes(ctx: Context): Promise<TotpEnrolment & RecoveryCodes> {
  const codes = newShortCodes()
  return { ...(await enrol(ctx, codes)), recovery_codes: codes }
}

async function enrol(ctx: Context, codes: string[]): Promise<TotpEnrolment> {
  const user = await findAccount(ctx, signedIn(ctx).uid)
  const secret = await newTotpSecret()
  const pending = [secret, ...codes].join(' ')
  const sealed = await seal(ctx.settings.keys, totpBinding(user), pending)
  const [kept] = await keepPending(ctx.db, user.id, sealed, stillSignedIn(ctx))
  if (!kept) throw sessionOver()
  return describeTotp(ctx, user.email ?? user.username ?? user.uid, secret)
}

/** The app has shown the right code: from now on it is asked for. Gives ten recovery codes. */
export async function confirmEnrolment(ctx: Context, input: CodeOnly): Promise<RecoveryCodes> {
  const user = await findAccount(ctx, signedIn(ctx).uid)
  const [totp] = await findTotp(ctx.db, user.id)
  if (!totp?.pending) throw conflict('Ask for a secret first: POST /api/v1/auth/2fa/totp.')
  const pending = await unseal(ctx.settings.keys, totpBinding(user), totp.pending)
  const [secret = '', ...promised] = pending.split(' ')
  const step = await matchStep(secret, input.code, Date.now())
  if (step === null) throw new AppError('invalid_code', 'This code is wrong or too old.')
  const codes = promised.length > 0 ? promised : newRecoveryCodes()
  const now = Date.now()
  // Sealed anew, so that of two who confirm at once only one finds its own.
  const sealed = await seal(ctx.settings.keys, totpBinding(user), secret)
  const confirmed = sql`exists (select 1 from totp_secrets where user_id = ${user.id} and secret = ${sealed})`
  const change = await factorChange(ctx, user, 'auth.totp_enable', { totp_on: true }, confirmed)
  const [done] = await ctx.db.batch([
    confirmTotp(
      ctx.db,
      { userId: user.id, pending: totp.pending, secret: sealed, lastStep: step },
      stillSignedIn(ctx),
    ),
    updateUserById(ctx.db, user.id, { totpEnabledAt: now }, sql`changes() > 0`),
    ...change.statements,
    deleteRecoveryCodes(ctx.db, user.id, confirmed),
    insertRecoveryCodes(ctx.db, user.id, digestAll(ctx, user, codes), confirmed),
  ])
  if (done.length === 0) throw sessionOver()
  await change.wake()
  return { recovery_codes: codes }
}

/** Throws `conflict` for an admin, who keeps a second factor and may only replace it. */
export async function removeTotp(ctx: Context): Promise<void> {
  const user = await findAccount(ctx, signedIn(ctx).uid)
  if (user.role === 'admin') {
    throw conflict('An admin keeps a second factor. Enrol a new one in its place.')
  }
  if (user.totpEnabledAt === null) throw conflict('No authenticator app is enrolled.')
  const removed = sql`exists (select 1 from users where id = ${user.id} and totp_enabled_at is null)`
  const change = await factorChange(ctx, user, 'auth.totp_disable', { totp_off: true }, removed)
  const [done] = await ctx.db.batch([
    updateUserById(
      ctx.db,
      user.id,
      { totpEnabledAt: null },
      sql`totp_enabled_at is not null and role = 'user' and ${stillSignedIn(ctx)}`,
    ),
    ...change.statements,
    deleteTotp(ctx.db, user.id, removed),
    deleteRecoveryCodes(ctx.db, user.id, sql`${removed} and ${withoutEmailCodes(user)}`),
  ])
  if (done.length === 0) throw sessionOver()
  await change.wake()
}

/** Switches codes by mail on or off. Throws `conflict` for an admin: a mailbox is no second factor for one. */
export async function setEmailCodes(ctx: Context, on: boolean): Promise<void> {
  const user = await findAccount(ctx, signedIn(ctx).uid)
  if (on && user.role === 'admin') throw conflict('An admin needs an authenticator app.')
  if (on && user.email === null) throw conflict('This account has no address.')
  if (on === (user.emailCodesEnabledAt !== null)) return
  const action = on ? 'auth.email_codes_enable' : 'auth.email_codes_disable'
  const now = Date.now()
  const changed = sql`exists (select 1 from users where id = ${user.id}
    and email_codes_enabled_at is ${on ? now : null})`
  const model = on ? { email_on: true as const } : { email_off: true as const }
  const change = await factorChange(ctx, user, action, model, changed)
  const [done] = await ctx.db.batch([
    updateUserById(
      ctx.db,
      user.id,
      { emailCodesEnabledAt: on ? now : null },
      sql`email_codes_enabled_at is ${user.emailCodesEnabledAt} and role = ${user.role} and ${stillSignedIn(ctx)}`,
    ),
    ...change.statements,
    ...(on ? [] : [deleteRecoveryCodes(ctx.db, user.id, sql`${changed} and ${withoutTotp(user)}`)]),
  ])
  if (done.length === 0) throw sessionOver()
  await change.wake()
}

/** A new set of ten; the old ones are worth nothing any more. Throws `conflict` without a second factor. */
export async function renewRecoveryCodes(ctx: Context): Promise<RecoveryCodes> {
  const user = await findAccount(ctx, signedIn(ctx).uid)
  if (user.totpEnabledAt === null && user.emailCodesEnabledAt === null) {
    throw conflict('Enrol a second factor first.')
  }
  const codes = newRecoveryCodes()
  const condition = stillSignedIn(ctx)
  const change = await factorChange(
    ctx,
    user,
    'auth.recovery_codes',
    { recovery_new: true },
    condition,
  )
  const [, made] = await ctx.db.batch([
    deleteRecoveryCodes(ctx.db, user.id, condition),
    insertRecoveryCodes(ctx.db, user.id, digestAll(ctx, user, codes), condition),
    ...change.statements,
  ])
  if (made.length === 0) throw sessionOver()
  await change.wake()
  return { recovery_codes: codes }
}

/**
 * What every change of a factor brings with it: a record, the end of all other sessions and of what
 * browsers are trusted with, and word to the owner. The record must follow the change directly.
 */
async function factorChange(
  ctx: Context,
  user: UserRow,
  action: Action,
  model: Omit<MailModel<'auth.factor_changed'>, 'at'>,
  changed: SQL,
) {
  const notice = user.email
    ? await prepareMail(ctx, 'auth.factor_changed', {
        to: user.email,
        model: { ...model, at: stamp(Date.now()) },
      })
    : null
  return {
    statements: [
      auditEntry(ctx, action, { entity: 'user', id: user.uid }),
      ...(notice ? [mailStatement(ctx, notice, sql`changes() > 0`)] : []),
      deleteSessions(ctx.db, user.id, signedIn(ctx).sessionUid, changed),
      deleteChallenges(ctx.db, user.id, changed),
      distrustDevices(ctx.db, user.id, changed),
    ] as const,
    wake: async () => {
      if (notice) await wakeMailer(ctx, [notice.uid])
    },
  }
}

const digestAll = (ctx: Context, { uid }: UserRow, codes: string[]): string[] =>
  codes.map((code) => digestsOfCode(ctx, uid, code)[0])

const withoutEmailCodes = (user: UserRow): SQL =>
  sql`exists (select 1 from users where id = ${user.id} and email_codes_enabled_at is null)`
const withoutTotp = (user: UserRow): SQL =>
  sql`exists (select 1 from users where id = ${user.id} and totp_enabled_at is null)`

/** A reset that came while the request was on its way has ended this session. */
const stillSignedIn = (ctx: Context): SQL =>
  sql`exists (select 1 from sessions where uid = ${signedIn(ctx).sessionUid})`

const sessionOver = () => new AppError('unauthorized', 'This session has ended. Sign in again.')
