import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { requireStepUp, STEP_UP_MS, signedIn } from '../../core/actor.ts'
import { AppError, invalid } from '../../core/errors.ts'
import { SECOND, stamp } from '../../core/time.ts'
import { auditEntry } from '../audit/service.ts'
import { mailStatement, prepareMail, wakeMailer } from '../mail/service.ts'
import { findAccount, type UserRow } from '../users/service.ts'
import { type Audience, OWN } from './audience.ts'
import { deleteDevices } from './device-repo.ts'
import { deleteChallenges, findTotp } from './factor-repo.ts'
import type { FactorMethod } from './kinds.ts'
import { claimFactor, claimPassword, noteFailure } from './lockout.ts'
import { checkPassword, hashPassword, verifyPassword } from './password.ts'
import { deleteSecrets, updateUserById } from './repo.ts'
import type { ChangePassword, SteppedUp, StepUp } from './schemas.ts'
import { mailCode, methodsOf, refuseCode, spendFactor } from './second-factor.ts'
import { deleteSessions, stepUpSession } from './session-repo.ts'

/**
 * Proves the password once more, and the second factor where there is one. Throws
 * `invalid_credentials` for a wrong password, `second_factor_required` when the code is missing (it
 * has been mailed to an account that takes codes by mail only) and `invalid_code` for a wrong one.
 */
export async function stepUp(ctx: Context, input: StepUp, cookies: string[]): Promise<SteppedUp> {
  const actor = signedIn(ctx)
  const user = await provePassword(ctx, input.password, cookies)
  const methods = hasFactor(user) ? methodsOf(user) : []
  const factor =
    methods.length > 0 ? await proveFactor(ctx, user, methods, input.code, cookies) : null
  const stepped = stepUpSession(
    ctx.db,
    actor.sessionId,
    Date.now(),
    factor ? sql`changes() > 0` : sql`true`,
  )
  const entry = auditEntry(ctx, 'auth.step_up', { entity: 'session', id: actor.sessionUid })
  if (!factor) {
    const [done] = await ctx.db.batch([stepped, entry])
    if (done.length === 0) throw new AppError('unauthorized', 'This session has ended.')
  } else {
    // Each stands where the one before it has changed something: a wrong code leaves nothing.
    const [, done] = await ctx.db.batch([
      factor.statement,
      stepped,
      entry,
      ...factor.notices(sql`changes() > 0`),
      factor.forgive(sql`changes() > 0`),
    ])
    if (done.length === 0) throw await refuseCode(ctx, user)
    await factor.wake()
  }
  return { expires_in: STEP_UP_MS / SECOND }
}

const hasFactor = (user: UserRow): boolean =>
  user.totpEnabledAt !== null || user.emailCodesEnabledAt !== null

async function proveFactor(
  ctx: Context,
  user: UserRow,
  methods: FactorMethod[],
  code: string | undefined,
  cookies: string[],
) {
  const boundTo = signedIn(ctx).sessionUid
  if (code === undefined) {
    if (methods[0] === 'email') await mailCode(ctx, user, boundTo)
    throw new AppError('second_factor_required', `Send a code too: ${methods.join(' or ')}.`)
  }
  const attempt = await claimFactor(ctx, user, cookies)
  const [totp] = await findTotp(ctx.db, user.id)
  const method = /^[0-9]{6}$/.test(code) ? (methods[0] ?? 'totp') : 'recovery_code'
  const secret = totp?.secret ?? null
  const factor = await spendFactor(
    ctx,
    { user, secret },
    { method, code },
    { boundTo, condition: sql`exists (select 1 from sessions where uid = ${boundTo})` },
  )
  if (!factor || !attempt.isOpen) throw await refuseCode(ctx, user)
  return { ...factor, forgive: attempt.forgive }
}

/**
 * Ends every other session, what other browsers are trusted with, and every link to reset it. Throws
 * `step_up_required` where a second factor is enrolled and was not proven in the last minutes.
 */
export async function changePassword(
  ctx: Context,
  input: ChangePassword,
  cookies: string[],
  { name, adminPassword }: Audience = OWN,
): Promise<void> {
  const { sessionUid } = signedIn(ctx)
  // Front ends of other APIs know no step-up: there the password that comes along is enough.
  if (name === OWN.name && hasFactor(await findAccount(ctx, signedIn(ctx).uid))) {
    requireStepUp(ctx.actor)
  }
  const user = await provePassword(ctx, input.current_password, cookies, 'current_password')
  if (input.new_password === input.current_password) {
    throw invalid([
      { path: 'new_password', code: 'unchanged', message: 'This is the password you have.' },
    ])
  }
  await checkPassword(ctx, input.new_password, user, { path: 'new_password', adminPassword })
  const passwordHash = hashPassword(ctx.settings, input.new_password)
  const notice = user.email
    ? await prepareMail(ctx, 'auth.password_changed', {
        to: user.email,
        model: { at: stamp(Date.now()) },
      })
    : null
  const stillSignedIn = sql`exists (select 1 from sessions where uid = ${sessionUid})`
  const unchanged = sql`password_hash is ${user.passwordHash} and ${stillSignedIn}`
  const changed = sql`exists (select 1 from users where id = ${user.id} and password_hash = ${passwordHash})`
  const [saved] = await ctx.db.batch([
    updateUserById(ctx.db, user.id, { passwordHash }, unchanged),
    auditEntry(ctx, 'auth.password_change', { entity: 'user', id: user.uid }),
    deleteDevices(ctx.db, user.id, sessionUid, changed),
    deleteSessions(ctx.db, user.id, sessionUid, changed),
    deleteChallenges(ctx.db, user.id, changed),
    deleteSecrets(ctx.db, user.id, ['reset', 'email_change'], changed),
    ...(notice ? [mailStatement(ctx, notice, changed)] : []),
  ])
  if (saved.length === 0) throw wrongPassword('current_password')
  if (notice) await wakeMailer(ctx, [notice.uid])
}

/** Compares the caller's own password, counted like a sign-in. Throws `invalid_credentials`. */
export async function provePassword(
  ctx: Context,
  password: string,
  cookies: string[],
  path = 'password',
) {
  const user = await findAccount(ctx, signedIn(ctx).uid)
  const attempt = await claimPassword(ctx, user, cookies)
  const compared = attempt.isOpen ? user.passwordHash : null
  if (!verifyPassword(ctx.settings, password, compared)) {
    await noteFailure(ctx, user, attempt.isOpen ? 'wrong_password' : 'locked')
    throw wrongPassword(path)
  }
  // A device is forgiven behind the second factor only, or a right password would buy ten codes.
  const isDone = !attempt.device || !hasFactor(user)
  await ctx.db.batch([attempt.forgive(isDone ? sql`true` : sql`false`)])
  return user
}

const wrongPassword = (path: string) =>
  new AppError('invalid_credentials', 'The password is wrong.', {
    errors: [{ path, code: 'wrong', message: 'The password is wrong.' }],
  })
