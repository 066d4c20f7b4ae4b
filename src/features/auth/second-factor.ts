import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { unseal } from '../../core/crypto.ts'
import { AppError } from '../../core/errors.ts'
import { MINUTE, stamp } from '../../core/time.ts'
import type { Statement } from '../../db/client.ts'
import { auditEntry } from '../audit/service.ts'
import { takeEach } from '../limits/service.ts'
import { mailStatement, prepareMail, wakeMailer } from '../mail/service.ts'
import type { UserRow } from '../users/service.ts'
import { digestEmailCode, digestsOfCode, newEmailCode } from './codes.ts'
import { acceptStep, keepEmailCode, spendEmailCode, spendRecoveryCode } from './factor-repo.ts'
import type { FactorMethod } from './kinds.ts'
import { CODES_PER_ADDRESS } from './limits.ts'
import { attemptStatement } from './lockout.ts'
import { matchStep } from './totp.ts'

const CODE_MS = 10 * MINUTE

/** What a TOTP secret is sealed to: it opens for no other account. */
export const totpBinding = (user: Pick<UserRow, 'uid'>): string => `totp/${user.uid}`

/** How the account may prove its second factor; a code by mail is no way for an admin. */
export function methodsOf(user: UserRow): FactorMethod[] {
  return [
    ...(user.totpEnabledAt !== null ? (['totp'] as const) : []),
    ...(user.emailCodesEnabledAt !== null ? (['email'] as const) : []),
    'recovery_code',
  ]
}

/** Which method a code is of, where nobody says: what the app shows, six digits by mail, or any other. */
export async function methodOf(
  ctx: Context,
  { user, secret }: { user: UserRow; secret: string | null },
  code: string,
): Promise<FactorMethod> {
  if (!/^[0-9]{6}$/.test(code)) return 'recovery_code'
  const takesMails = methodsOf(user).includes('email')
  if (!secret || user.totpEnabledAt === null) return takesMails ? 'email' : 'totp'
  const plain = await unseal(ctx.settings.keys, totpBinding(user), secret)
  return (await matchStep(plain, code, Date.now())) === null && takesMails ? 'email' : 'totp'
}

type Spent = {
  /** Changes and returns a row where the code was right and nobody has used it before. */
  statement: Statement & PromiseLike<unknown[]>
  notices(condition: SQL): Statement[]
  wake(): Promise<void>
}

/** What a code is for: the challenge or the session that one by mail was sent for, and that it must find. */
type Purpose = { boundTo: string; condition: SQL }

/**
 * The statement that uses a code up, only where what it is for still stands; null when the code is
 * wrong already.
 */
export async function spendFactor(
  ctx: Context,
  { user, secret }: { user: UserRow; secret: string | null },
  { method, code }: { method: FactorMethod; code: string },
  { boundTo, condition }: Purpose,
): Promise<Spent | null> {
  const now = Date.now()
  switch (method) {
    case 'totp': {
      const plain =
        secret && user.totpEnabledAt !== null
          ? await unseal(ctx.settings.keys, totpBinding(user), secret)
          : null
      const step = plain === null ? null : await matchStep(plain, code, now)
      return step === null ? null : quiet(acceptStep(ctx.db, user.id, step, condition))
    }
    case 'email': {
      if (user.role === 'admin') return null
      const hash = digestEmailCode(ctx, user.uid, boundTo, code)
      return quiet(spendEmailCode(ctx.db, user.id, hash, now, condition))
    }
    case 'recovery_code':
      return await spendRecovery(ctx, user, code, condition)
  }
}

const quiet = (statement: Spent['statement']): Spent => ({
  statement,
  notices: () => [],
  wake: async () => {},
})

/** A recovery code is for emergencies: the owner is told that one was used. */
async function spendRecovery(
  ctx: Context,
  user: UserRow,
  code: string,
  condition: SQL,
): Promise<Spent> {
  const mail = await prepareMail(ctx, 'auth.factor_changed', {
    to: user.email ?? ctx.settings.OWNER_EMAIL,
    model: { at: stamp(Date.now()), recovery_used: true },
  })
  return {
    statement: spendRecoveryCode(ctx.db, user.id, digestsOfCode(ctx, user.uid, code), condition),
    notices: (used) => (user.email ? [mailStatement(ctx, mail, used)] : []),
    wake: () => wakeMailer(ctx, [mail.uid]),
  }
}

/** Notes a wrong code, and gives the refusal of it. */
export async function refuseCode(ctx: Context, user: UserRow): Promise<AppError> {
  await ctx.db.batch([
    auditEntry(ctx, 'auth.factor_failed', { entity: 'user', id: user.uid }, sql`true`),
    attemptStatement(ctx, user, 'wrong_code'),
  ])
  return new AppError('invalid_code', 'This code is wrong, used or too old.')
}

/** Mails a code that is good for ten minutes and for `boundTo` alone; it ends an older one. */
export async function mailCode(ctx: Context, user: UserRow, boundTo: string): Promise<void> {
  const code = newEmailCode()
  const takesCodes =
    user.emailCodesEnabledAt !== null && user.role !== 'admin' && user.email !== null
  const mail = await prepareMail(ctx, 'auth.email_code', {
    to: user.email ?? ctx.settings.OWNER_EMAIL,
    model: { code },
  })
  const row = {
    userId: user.id,
    hash: digestEmailCode(ctx, user.uid, boundTo, code),
    expiresAt: Date.now() + CODE_MS,
  }
  const [first, ...rest] = takeEach(
    ctx,
    CODES_PER_ADDRESS,
    user.uid,
    takesCodes ? sql`true` : sql`false`,
  )
  if (!first) throw new Error('Codes need a limit')
  await ctx.db.batch([
    first,
    ...rest,
    mailStatement(ctx, mail, sql`changes() > 0`),
    keepEmailCode(ctx.db, row, sql`changes() > 0`),
  ])
  await wakeMailer(ctx, [mail.uid])
}
