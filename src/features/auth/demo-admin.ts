import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { deriveKey, seal, toBase64Url } from '../../core/crypto.ts'
import { newUid } from '../../core/ids.ts'
import { searchOf } from '../users/service.ts'
import { confirmTotp, keepPending } from './factor-repo.ts'
import { hashPassword } from './password.ts'
import { findByEmail, insertUser } from './repo.ts'
import { totpBinding } from './second-factor.ts'
import { totpSecretFrom } from './totp.ts'

export type DemoAdmin = { email: string; password: string; totp_secret: string }

/** Follows from SECRET_KEY, which is random on each machine: so it can be shown at every start. */
export async function describeDemoAdmin(ctx: Context): Promise<DemoAdmin> {
  const bytes = deriveKey(ctx.settings.SECRET_KEY, 'demo')
  return {
    email: ctx.settings.OWNER_EMAIL,
    password: toBase64Url(bytes.subarray(20)),
    totp_secret: await totpSecretFrom(bytes),
  }
}

/**
 * Makes an administrator with a second factor for local development, unless the address has an
 * account. Gives the id of the account.
 */
export async function makeDemoAdmin(ctx: Context): Promise<string> {
  const { email, password, totp_secret } = await describeDemoAdmin(ctx)
  const emailKey = email.toLowerCase()
  const now = Date.now()
  const row = {
    uid: newUid(),
    email,
    emailKey,
    username: 'mara',
    usernameKey: 'mara',
    fullName: 'Mara Linden',
    role: 'admin' as const,
    passwordHash: hashPassword(ctx.settings, password),
    verifiedAt: now,
    totpEnabledAt: now,
    search: searchOf({ email, username: 'mara', full_name: 'Mara Linden' }),
    createdAt: now,
  }
  await insertUser(ctx.db, row)
  const [user] = await findByEmail(ctx.db, emailKey)
  if (!user) throw new Error('The demo needs its administrator')
  if (user.uid !== row.uid) return user.uid
  const sealed = await seal(ctx.settings.keys, totpBinding(user), totp_secret)
  await ctx.db.batch([
    keepPending(ctx.db, user.id, sealed, sql`true`),
    confirmTotp(
      ctx.db,
      { userId: user.id, pending: sealed, secret: sealed, lastStep: 0 },
      sql`true`,
    ),
  ])
  return user.uid
}
