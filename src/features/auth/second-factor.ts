import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { unseal } from '../../core/crypto.ts'
import { MINUTE, stamp } from '../../core/time.ts'
import type { Statement } from '../../db/client.ts'
import { takeEach } from '../limits/service.ts'
import { mailStatement, prepareMail, wakeMailer } from '../mail/service.ts'
import type { UserRow } from '../users/service.ts'
import { digestEmailCode, digestRecoveryCode, newEmailCode } from './codes.ts'
import { acceptStep, keepEmailCode, spendEmailCode, spendRecoveryCode } from './factor-repo.ts'
import type { FactorMethod } from './kinds.ts'
import { CODES_PER_ADDRESS } from './limits.ts'
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

type Spent = {
  /** Changes and returns a row where the code was right and nobody has used it before. */
  statement: Statement & PromiseLike<unknown[]>
  notices(condition: SQL): Statement[]
  wake(): Promise<void>
}

/**
 * The statement that uses a code up; null when it is wrong already. `boundTo` is the challenge or the
 * session that a code by mail was sent for.
 */
export async function spendFactor(
  ctx: Context,
  { user, secret }: { user: UserRow; secret: string | null },
  { method, code }: { method: FactorMethod; code: string },
  boundTo: string,
): Promise<Spent | null> {
  const now = Date.now()
  switch (method) {
    case 'totp': {
      const plain =
        secret && user.totpEnabledAt !== null
          ? await unseal(ctx.settings.keys, totpBinding(user), secret)
          : null
      const step = plain === null ? null : matchStep(plain, code, now)
      return step === null ? null : quiet(acceptStep(ctx.db, user.id, step))
    }
    case 'email': {
      if (user.role === 'admin') return null
      const hash = digestEmailCode(ctx, user.uid, boundTo, code)
      return quiet(spendEmailCode(ctx.db, user.id, hash, now))
    }
    case 'recovery_code':
      return await spendRecovery(ctx, user, code)
  }
}

const quiet = (statement: Spent['statement']): Spent => ({
  statement,
  notices: () => [],
  wake: async () => {},
})

/** A recovery code is for emergencies: the owner is told that one was used. */
async function spendRecovery(ctx: Context, user: UserRow, code: string): Promise<Spent> {
  const mail = await prepareMail(ctx, 'auth.factor_changed', {
    to: user.email ?? ctx.settings.OWNER_EMAIL,
    model: { at: stamp(Date.now()), recovery_used: true },
  })
  return {
    statement: spendRecoveryCode(ctx.db, user.id, digestRecoveryCode(code)),
    notices: (condition) => (user.email ? [mailStatement(ctx, mail, condition)] : []),
    wake: () => wakeMailer(ctx, [mail.uid]),
  }
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
