import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { STEP_UP_MS } from '../../core/actor.ts'
import { AppError, invalid } from '../../core/errors.ts'
import { SECOND, stamp } from '../../core/time.ts'
import { auditEntry } from '../audit/service.ts'
import { mailStatement, prepareMail, wakeMailer } from '../mail/service.ts'
import { findAccount } from '../users/service.ts'
import { checkPassword, hashPassword, isOutdated, verifyPassword } from './password.ts'
import {
  deleteSecrets,
  deleteSessions,
  findForLogin,
  rememberDevice,
  stepUpSession,
  touchLogin,
  updateUserById,
} from './repo.ts'
import type { ChangePassword, Login, SteppedUp, StepUp } from './schemas.ts'
import { fingerprintOf, openSession, type SignedIn, signedIn } from './sessions.ts'

/**
 * Opens a session. Throws `invalid_credentials` alike for a wrong password, an unknown, an unverified
 * and a banned account, after one hash run each.
 */
export async function login(ctx: Context, input: Login): Promise<SignedIn> {
  const { settings } = ctx
  const fingerprint = fingerprintOf(ctx)
  const [found] = await findForLogin(ctx.db, keyOf(input.identifier), fingerprint)
  const user = found?.user
  const isRight = await verifyPassword(settings, input.password, user?.passwordHash ?? null)
  if (!user || !isRight || !user.isActive || user.verifiedAt === null) {
    await auditEntry(ctx, 'auth.login_failed', { entity: 'user', id: user?.uid ?? null }, sql`true`)
    throw wrongPair()
  }
  const outdated = isOutdated(settings, user.passwordHash ?? '')
  const rehashed = outdated ? await hashPassword(settings, input.password) : undefined
  const session = await openSession(ctx, user)
  const isNewDevice = !found.knowsDevice && user.lastLoginAt !== null
  const notice =
    isNewDevice && user.email
      ? await prepareMail(ctx, 'auth.new_device', {
          to: user.email,
          model: { at: stamp(Date.now()), user_agent: ctx.userAgent, network: ctx.network },
        })
      : null
  const [[saved]] = await ctx.db.batch([
    touchLogin(ctx.db, user, Date.now(), rehashed),
    ...session.statements,
    auditEntry(
      ctx,
      'auth.login',
      { entity: 'session', id: session.uid, actor: user.uid },
      session.opened,
    ),
    rememberDevice(ctx.db, user.id, fingerprint, Date.now(), session.opened),
    ...(notice ? [mailStatement(ctx, notice, session.opened)] : []),
  ])
  if (!saved) throw wrongPair()
  if (notice) await wakeMailer(ctx, [notice.uid])
  return session.toSignedIn(saved)
}

const wrongPair = () =>
  new AppError('invalid_credentials', 'This name and password do not belong together.')

/** Letters beyond ASCII are nobody's: some of them become ASCII letters in lower case. */
const keyOf = (identifier: string): string =>
  /^[\x21-\x7e]+$/.test(identifier) ? identifier.toLowerCase() : ''

/** Proves the password once more. Throws `invalid_credentials` for a wrong one. */
export async function stepUp(ctx: Context, input: StepUp): Promise<SteppedUp> {
  const actor = signedIn(ctx)
  await provePassword(ctx, input.password)
  await ctx.db.batch([
    stepUpSession(ctx.db, actor.sessionId, Date.now()),
    auditEntry(ctx, 'auth.step_up', { entity: 'session', id: actor.sessionUid }),
  ])
  return { expires_in: STEP_UP_MS / SECOND }
}

/** Ends every other session and every link that was mailed to reset it. */
export async function changePassword(ctx: Context, input: ChangePassword): Promise<void> {
  const actor = signedIn(ctx)
  const user = await provePassword(ctx, input.current_password, 'current_password')
  if (input.new_password === input.current_password) {
    throw invalid([
      { path: 'new_password', code: 'unchanged', message: 'This is the password you have.' },
    ])
  }
  await checkPassword(ctx, input.new_password, user, 'new_password')
  const passwordHash = await hashPassword(ctx.settings, input.new_password)
  const notice = user.email
    ? await prepareMail(ctx, 'auth.password_changed', {
        to: user.email,
        model: { at: stamp(Date.now()) },
      })
    : null
  const unchanged = sql`password_hash is ${user.passwordHash}`
  const changed = sql`exists (select 1 from users where id = ${user.id} and password_hash = ${passwordHash})`
  const [saved] = await ctx.db.batch([
    updateUserById(ctx.db, user.id, { passwordHash }, unchanged),
    auditEntry(ctx, 'auth.password_change', { entity: 'user', id: user.uid }),
    deleteSessions(ctx.db, user.id, actor.sessionUid, changed),
    deleteSecrets(ctx.db, user.id, ['reset', 'email_change'], changed),
    ...(notice ? [mailStatement(ctx, notice, changed)] : []),
  ])
  if (saved.length === 0) throw wrongPassword('current_password')
  if (notice) await wakeMailer(ctx, [notice.uid])
}

async function provePassword(ctx: Context, password: string, path = 'password') {
  const user = await findAccount(ctx, signedIn(ctx).uid)
  if (await verifyPassword(ctx.settings, password, user.passwordHash)) return user
  await auditEntry(ctx, 'auth.login_failed', { entity: 'user', id: user.uid }, sql`true`)
  throw wrongPassword(path)
}

const wrongPassword = (path: string) =>
  new AppError('invalid_credentials', 'The password is wrong.', {
    errors: [{ path, code: 'wrong', message: 'The password is wrong.' }],
  })
