import type { SQL } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { stamp } from '../../core/time.ts'
import { auditEntry } from '../audit/service.ts'
import { mailStatement, prepareMail, wakeMailer } from '../mail/service.ts'
import type { UserRow } from '../users/service.ts'
import type { Audience } from './audience.ts'
import { attemptStatement } from './lockout.ts'
import { fingerprintOf, openSession, type SignedIn } from './open-session.ts'
import { rememberPlace, touchLogin } from './repo.ts'
import type { DeviceRow } from './table.ts'

type How = {
  audience: Audience
  /** What must hold of the second factor at that moment. */
  gate: SQL
  passwordHash?: string | undefined
  device: DeviceRow | null
  remember?: boolean
  knowsPlace: boolean
  method?: string
}

/**
 * What every full sign-in consists of: the account is noted, a session opened, the browser kept, and
 * the owner told of a place that is new. The first statement gives the account's row, or nothing.
 */
export async function signInStatements(ctx: Context, user: UserRow, how: How) {
  const { audience, gate, passwordHash, device, remember = false, knowsPlace, method } = how
  const now = Date.now()
  const session = await openSession(ctx, user, { audience, known: device, remember })
  const isNewPlace = !device && !knowsPlace && user.lastLoginAt !== null
  const notice =
    isNewPlace && user.email
      ? await prepareMail(ctx, 'auth.new_device', {
          to: user.email,
          model: { at: stamp(now), user_agent: ctx.userAgent, network: ctx.network },
        })
      : null
  const record = { entity: 'session', id: session.uid, actor: user.uid } as const
  return {
    opened: session.opened,
    statements: [
      touchLogin(ctx.db, user, now, { gate, passwordHash }),
      ...session.statements,
      auditEntry(
        ctx,
        'auth.login',
        { ...record, ...(method && { after: { method } }) },
        session.opened,
      ),
      attemptStatement(ctx, user, 'signed_in', session.opened),
      rememberPlace(ctx.db, user.id, fingerprintOf(ctx), now, session.opened),
      ...(notice ? [mailStatement(ctx, notice, session.opened)] : []),
    ] as const,
    finish: async (saved: UserRow): Promise<SignedIn> => {
      if (notice) await wakeMailer(ctx, [notice.uid])
      return await session.toSignedIn(saved)
    },
  }
}
